"""Wake-ups for what usage does in the background. What there is to do is in the rows."""

from datetime import timedelta

from celery import shared_task

from core.clock import now
from core.tasks import ActingTask
from usage.derivation.sweeping import sweep
from usage.operations.housekeeping import forget_reference_changes
from usage.partitions import ensure_ahead

MARKS_AT_MOST = 20_000
"""Of one wake-up; whoever reads a figure builds its own account's days again anyway."""

REFERENCE_CHANGES_KEPT = timedelta(days=2)


@shared_task(base=ActingTask)
def refresh_stale_usage() -> int:
    """Build again what is stale; returns how many marks were worked off."""
    return sweep(at=now(), limit=MARKS_AT_MOST)


@shared_task(base=ActingTask)
def make_partitions() -> int:
    """Make the event partitions of the coming days; returns how many were missing."""
    return len(ensure_ahead(at=now()))


@shared_task(base=ActingTask)
def tidy_reference_changes() -> int:
    """Forget changes every process has seen long ago; returns how many."""
    return forget_reference_changes(before=now() - REFERENCE_CHANGES_KEPT)
