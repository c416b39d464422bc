"""What closing a backfill or taking it back would do to bills. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import ResourceOwnership
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.queries.due import calendars
from billing.whatif.operations.correction_effects import PriceEffect, price_effects
from billing.whatif.queries.backfills import BackfillDetail
from core.money import Money, sums_by_currency
from usage.models import Backfill
from usage.queries.backfills import in_range

EVENTS_PREVIEWED = 5_000
"""Beyond so many events a preview would take longer than anybody waits."""
PERIODS_PREVIEWED = 200

_NOTHING = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BackfillEffect:
    """What a step would do: events that change, and the bills that come to something else.

    The largest difference first. `same_count` bills only change in quantities. `effects` is None
    where there are too many to work out while somebody waits.
    """

    event_count: int
    effects: Sequence[PriceEffect] | None
    same_count: int = 0

    @property
    def deltas(self) -> list[Money]:
        """What all bills come to more, or less, by currency."""
        return sums_by_currency(each.delta for each in self.effects or () if not each.problem)


def effect(
    backfill: Backfill, found: BackfillDetail, step: Callable[[], object], *, at: datetime
) -> BackfillEffect:
    """What `step`, closing the backfill or taking it back, would do. Nothing is kept.

    Raises: what the step raises.
    """
    is_open = backfill.closed_at is None
    count = found.replaced_count if is_open else found.sent_count + found.replaced_count
    scopes = _scopes(backfill, at)
    if count > EVENTS_PREVIEWED or len(scopes) > PERIODS_PREVIEWED:
        return BackfillEffect(count, None)
    touched = [each for each in price_effects(scopes, step) if each.lines or each.problem]
    moved = [each for each in touched if each.delta.minor or each.problem]
    moved.sort(key=lambda each: -abs(each.delta.minor))
    return BackfillEffect(count, moved, len(touched) - len(moved))


def _scopes(backfill: Backfill, at: datetime) -> list[AccountPeriod]:
    """The billing periods of everybody who owned a resource with events in the range then."""
    owners = ResourceOwnership.objects.filter(
        Q(owned_until__isnull=True) | Q(owned_until__gt=backfill.occurred_from),
        owned_from__lt=backfill.occurred_until,
        resource_id__in=in_range(backfill).values("resource_id"),
    )
    found = calendars(set(owners.values_list("account_id", flat=True)))
    scopes = []
    for account_id, calendar in sorted(found.items()):
        first = calendar.number_at(backfill.occurred_from)
        for number in range(first, calendar.number_at(backfill.occurred_until - _NOTHING) + 1):
            period = calendar.period(number)
            until = at if period.contains(at) else None
            scopes.append(AccountPeriod(account_id, period, calendar.zone_of(number), until=until))
    return scopes
