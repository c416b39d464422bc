"""What becomes of grants by itself: what is left at their end expires, what recurs is granted anew.

Dated when it was due, not when the job ran. A grant expires only once the time it held in is
billed, as its invoices draw on it after that time is over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef, Q

from accounts.billed_time import billed_time
from accounts.models import Account
from accounts.queries.profiles import zones_of
from billing.contracts.models import Subscription
from billing.invoicing.billed_time import unbilled_parts
from billing.invoicing.models import CreditGrant, GrantMovement
from billing.invoicing.operations.grant_movements import Moved, movement_of, write_movements
from billing.invoicing.operations.grants import granted_fact
from billing.invoicing.queries.grants import left_of, with_something_left
from core.actor import Actor
from core.db.transactions import transaction
from core.isolating import made_or_wrong
from core.periods import Period, local_day, local_midnight, month_day
from eventing.publish import publish_all

logger = logging.getLogger(__name__)

_AT_ONCE = 500
EXPIRED = "The grant has come to its end."
RECURS = "The grant recurs."


def expire(*, at: datetime, by: Actor) -> int:
    """Let go of what is left of grants whose end is billed; returns how many."""
    rows = with_something_left(CreditGrant.objects.filter(expires_at__lte=at))
    grants = list(rows.order_by("expires_at", "pk")[:_AT_ONCE])
    return _each_by_itself(grants, lambda grant: _expire(grant, at=at, by=by))


def _expire(grant: CreditGrant, *, at: datetime, by: Actor) -> bool:
    with transaction():
        Account.objects.select_for_update(no_key=True).get(pk=grant.account_id)
        left = left_of(grant)
        if left <= 0 or not _is_billed(grant):
            return False
        moved = Moved(at, by.name, EXPIRED, effective_at=grant.expires_at)
        expiry = movement_of(grant, GrantMovement.Kind.EXPIRY, -left, moved)
        write_movements([expiry], at=at)
    return True


def _is_billed(grant: CreditGrant) -> bool:
    """Whether no time the grant held in is subscribed and still to be billed."""
    assert grant.expires_at is not None
    held = Period(grant.effective_from, grant.expires_at)
    billed = billed_time([grant.account_id]).get(grant.account_id, ())
    waiting = unbilled_parts(held, billed)
    subscribed = Subscription.objects.filter(account_id=grant.account_id)
    return not any(
        subscribed.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=part.start), started_at__lt=part.end
        ).exists()
        for part in waiting
    )


def recur(*, at: datetime, by: Actor) -> int:
    """Grant anew what recurs, each window that has begun by `at` once; returns how many."""
    revoked = GrantMovement.objects.filter(grant=OuterRef("pk"), kind=GrantMovement.Kind.REVOCATION)
    rows = CreditGrant.objects.filter(~Exists(revoked), recurs_months__gt=0)
    open_ended = Q(recurs_until__isnull=True) | Q(recurs_until__gt=at)
    due = list(rows.filter(open_ended).order_by("pk"))
    return _each_by_itself(due, lambda grant: _recur(grant, at=at, by=by))


def _each_by_itself(grants: Sequence[CreditGrant], work: Callable[[CreditGrant], int]) -> int:
    count = 0
    for grant in grants:
        made = made_or_wrong(partial(work, grant))
        if isinstance(made, Exception):
            logger.error("grant_sweep_failed", extra={"grant": grant.public_id}, exc_info=made)
        else:
            count += made
    return count


def _recur(first: CreditGrant, *, at: datetime, by: Actor) -> int:
    with transaction():
        Account.objects.select_for_update(no_key=True).get(pk=first.account_id)
        known = set(first.windows.values_list("effective_from", flat=True))
        made = [each for each in _windows(first, at=at) if each.effective_from not in known]
        for each in made:
            each.granted_by = by.name
            each.save(force_insert=True)
        publish_all([granted_fact(each) for each in made], at=at)
    return len(made)


def _windows(first: CreditGrant, *, at: datetime) -> list[CreditGrant]:
    """The windows after the first that have begun; each starts on the first one's local day."""
    found: list[CreditGrant] = []
    n = 1
    while (start := window_start(first, n)) <= at and (
        first.recurs_until is None or start < first.recurs_until
    ):
        found.append(
            CreditGrant(
                account=first.account,
                kind=first.kind,
                name=first.name,
                currency=first.currency,
                unit=first.unit,
                amount=first.amount,
                priority=first.priority,
                price_codes=first.price_codes,
                product_codes=first.product_codes,
                effective_from=start,
                expires_at=window_start(first, n + 1 + first.windows_kept),
                recurrence_of=first,
                reason_code=first.reason_code,
                ticket=first.ticket,
                reason=first.reason,
                granted_at=start,
            )
        )
        n += 1
    return found


def window_start(first: CreditGrant, n: int) -> datetime:
    """When the n-th window of a grant that recurs begins; the 0th is its own start."""
    if n == 0:
        return first.effective_from
    return window_of(first.account_id, first.effective_from, first.recurs_months * n)


def window_of(account_id: int, start: datetime, months: int) -> datetime:
    """So many months after an instant: local midnight of the same day of the month there."""
    spans = zones_of([account_id])[account_id]
    zone = next((span.zone for span in reversed(spans) if span.valid_from <= start), spans[0].zone)
    return local_midnight(month_day(local_day(start, zone), months), zone)
