"""Keeps balances added up, so that reading the books costs what was booked since."""

from celery import shared_task

from billing.ledger.operations import balances
from core.clock import now
from core.tasks import ActingTask


@shared_task(base=ActingTask)
def add_up_balances() -> None:
    """Add up what was booked since the last time; beat runs it often."""
    balances.bring_up_to_date(at=now())
