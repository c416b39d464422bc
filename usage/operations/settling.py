"""Have usage built again before it is read: for whoever looks, and for whoever bills.

Queries only read. Who looks calls `bring_up_to_date` before, and is told what is missing; who bills
reads inside `settled`, and gets figures of every event or none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final, TypeVar

from django.db import OperationalError

from core.db.transactions import transaction
from usage.derivation.refresh import BATCH, is_stale, refresh, refresh_alone
from usage.derivation.sweeping import sweep
from usage.queries.freshness import Staleness, behind
from usage.queries.quantities import UsageUnsettled

logger = logging.getLogger(__name__)

T = TypeVar("T")

MARKS_AT_ONCE: Final = 5 * BATCH
"""What somebody who looks waits for; the rest is left to the background."""
_ATTEMPTS = 5


def bring_up_to_date(account_ids: Collection[int], *, at: datetime) -> Staleness | None:
    """Build again what is stale for these accounts; says what could not be, None for nothing.

    In short transactions of its own, so nothing is locked while the figures are read. What fails
    keeps its mark and its figures, and fails nobody else. One query where nothing is stale.
    """
    if not is_stale(account_ids):
        return None
    try:
        sweep(at=at, limit=MARKS_AT_ONCE, account_ids=account_ids)
    except OperationalError:
        # A lock that was not to be had, say: there are figures to show all the same.
        logger.warning("figures_not_brought_up_to_date", exc_info=True)
    return behind(account_ids)


def settled(account_ids: Collection[int], read: Callable[[], T]) -> T:
    """What `read` finds while nothing of these accounts is stale.

    In their own transaction or the caller's, which then keeps bookings of these accounts waiting
    until it ends. Raises: UsageUnsettled (retryable), and what `read` raises.
    """
    for _ in range(_ATTEMPTS):
        try:
            return read()
        except UsageUnsettled:
            refresh(account_ids)
    # Somebody books faster than we read: for once, nobody books for these accounts until we have.
    with transaction():
        refresh_alone(account_ids)
        return read()
