"""What pools do by themselves: windows that ended are closed, thresholds that were reached told."""

from celery import shared_task

from billing.licences.operations import alerts, window_closing
from core.actor import current_actor
from core.clock import now
from core.tasks import ActingTask


@shared_task(base=ActingTask)
def close_ended_windows() -> int:
    """Roll on or expire what ended windows left over; returns how many pools were looked at."""
    return window_closing.close_ended(at=now(), by=current_actor())


@shared_task(base=ActingTask)
def tell_reached_thresholds() -> int:
    """Tell what was reached; returns how many windows were looked at."""
    return alerts.tell_reached(at=now())
