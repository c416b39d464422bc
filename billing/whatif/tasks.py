"""Wake-ups for simulations. What there is to do is in the rows; losing a message loses nothing."""

import logging
from datetime import timedelta

from celery import shared_task

from billing.whatif.models import SimulationWork
from billing.whatif.operations import simulation_work
from billing.whatif.operations.examinations import examination_of
from core import leases
from core.clock import now
from core.tasks import ActingTask

logger = logging.getLogger(__name__)

WORK_AT_MOST = timedelta(seconds=60)
"""A task ends well before the broker would hand its message to somebody else."""


@shared_task(base=ActingTask)
def work_simulations() -> int:
    """Work simulation after simulation until none is due or the time is up; returns how many."""
    until = now() + WORK_AT_MOST
    count = 0
    while (at := now()) < until and (item := simulation_work.claim(at=at)) is not None:
        try:
            simulation_work.work_through(item, examination_of, clock=now, until=until)
        except leases.LeaseLost:
            logger.warning("simulation_lost", extra={"simulation": item.simulation_id})
        count += 1
    return count


@shared_task(base=ActingTask)
def ring_simulations() -> int:
    """Wake one worker if a simulation is due; bills go first, so it is never more than one."""
    due = leases.due(SimulationWork.objects.all(), at=now()).count()
    if due:
        work_simulations.delay()
    return due
