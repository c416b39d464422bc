"""What settling held events would do to bills. Nothing is kept.

Worked out for the first of them by the functions that settle and bill, in a transaction that is
undone, and said so where there are more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Account, Resource
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.queries.due import calendars
from billing.whatif.operations.correction_effects import PriceEffect, price_effects
from core.money import Money, sums_by_currency
from usage.models import QuarantinedEvent
from usage.operations.quarantine import SettledCounts
from usage.ownerships import Owned, owned_resources

EVENTS_PREVIEWED = 500
PERIODS_PREVIEWED = 50
"""More bills than this take longer to work out than anybody waits."""

Settle = Callable[[Sequence[int]], SettledCounts]


@dataclass(frozen=True, slots=True)
class HeldEffect:
    """What would become of the first `looked_at` of `total` events, and of the bills they are on.

    `passing` of them would count, the others stay held by `still`. The largest difference comes
    first; `same_count` bills come to the same.
    """

    total: int
    looked_at: int
    passing: int
    still: Mapping[str, int]
    effects: Sequence[PriceEffect]
    same_count: int

    @property
    def is_first(self) -> bool:
        """Whether it is worked out for the first of them only."""
        return self.looked_at < self.total

    @property
    def account_count(self) -> int:
        """Accounts whose bills come to something else."""
        return len({each.account.public_id for each in self.effects})

    @property
    def deltas(self) -> list[Money]:
        """What all these bills come to more, or less, by currency."""
        return sums_by_currency(each.delta for each in self.effects if not each.problem)


def held_effect(
    held: QuerySet[QuarantinedEvent], settle: Settle, *, at: datetime, owner: Account | None = None
) -> HeldEffect:
    """What `settle` would do with the first of these events. Nothing is kept.

    `owner` is whose they would be where nobody owns them yet. Raises: what `settle` raises.
    """
    ids, scopes = _first(held, owner, at)
    done: list[SettledCounts] = []
    found = price_effects(scopes, lambda: done.append(settle(ids)))
    touched = [each for each in found if each.lines or each.problem]
    moved = [each for each in touched if each.delta.minor or each.problem]
    (counts,) = done
    return HeldEffect(
        total=held.count(),
        looked_at=len(ids),
        passing=counts.released,
        still=Counter(counts.held),
        effects=sorted(moved, key=lambda each: -abs(each.delta.minor)),
        same_count=len(scopes) - len(moved),
    )


def only_owner(held: QuerySet[QuarantinedEvent]) -> Account | None:
    """The account whose these events all are; None where it is not one, or they are too many."""
    rows = list(held.order_by("pk").values_list("subject", "occurred_at")[: EVENTS_PREVIEWED + 1])
    if len(rows) > EVENTS_PREVIEWED:
        return None
    owned = _owned({subject for subject, _ in rows})
    owners = {_owner_at(owned.get(subject), occurred_at) for subject, occurred_at in rows}
    (owner,) = owners if len(owners) == 1 else (None,)
    return Account.objects.filter(pk=owner).first() if owner is not None else None


def _first(
    held: QuerySet[QuarantinedEvent], owner: Account | None, at: datetime
) -> tuple[list[int], list[AccountPeriod]]:
    """As many of the events as lie in so many billing periods, and those periods."""
    rows = list(held.order_by("pk").values_list("pk", "subject", "occurred_at")[:EVENTS_PREVIEWED])
    owned = _owned({subject for _, subject, _ in rows})
    whose = {
        pk: owner.pk if owner else _owner_at(owned.get(subject), occurred_at)
        for pk, subject, occurred_at in rows
    }
    known = calendars({account_id for account_id in whose.values() if account_id is not None})
    ids: list[int] = []
    scopes: dict[tuple[int, int], AccountPeriod] = {}
    for pk, _, occurred_at in rows:
        account_id = whose[pk]
        if account_id is not None and account_id in known:
            calendar = known[account_id]
            number = calendar.number_at(occurred_at)
            if (account_id, number) not in scopes and len(scopes) == PERIODS_PREVIEWED:
                break
            period = calendar.period(number)
            scopes[account_id, number] = AccountPeriod(
                account_id,
                period,
                calendar.zone_of(number),
                until=at if period.contains(at) else None,
            )
        ids.append(pk)
    return ids, list(scopes.values())


def _owned(platform_ids: set[str]) -> dict[str, Owned]:
    found = owned_resources(Resource.objects.filter(platform_id__in=sorted(platform_ids)))
    return {owned.platform_id: owned for owned in found.values()}


def _owner_at(owned: Owned | None, at: datetime) -> int | None:
    return owned.owner_at(at) if owned else None
