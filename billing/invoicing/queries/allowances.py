"""What an account may, and how much of it is used where it is metered, as bills read it.

An allowance is of a billing period: what is used of it is the period's quantity of its meter, and
begins anew with the next one. Only what can be measured is asked for: a period to come has no use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Account
from accounts.queries.profiles import zones_of
from billing.contracts.queries.entitlements import (
    EntitlementAnswer,
    check,
    check_all,
    features_of,
)
from billing.invoicing.queries.month_to_date import scopes_at
from usage.days import days_of
from usage.queries.quantities import UsageWindow, metered_quantities

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class EntitlementUse:
    """An answer with what is used; `used` is None where nothing is metered."""

    answer: EntitlementAnswer
    used: Decimal | None
    until: datetime | None
    """When the answer ends by itself; a metered one at the latest with its period."""

    @property
    def kind(self) -> str:
        """none, boolean, static or metered."""
        if self.answer.value is None:
            return "none"
        if self.used is not None:
            return "metered"
        return "boolean" if self.answer.value.lower() in ("true", "false") else "static"

    @property
    def allowed(self) -> Decimal | None:
        """How much of a period is allowed; None where nothing is metered."""
        return None if self.used is None else Decimal(self.answer.value or 0)

    @property
    def remaining(self) -> Decimal | None:
        """What is left of it, from 0 up."""
        if self.used is None or self.allowed is None:
            return None
        return max(self.allowed - self.used, ZERO)

    @property
    def is_allowed(self) -> bool:
        """Whether the account may: where it is metered, whether anything is left."""
        return self.answer.is_allowed and self.remaining != 0


def check_use(account: Account, feature: str, *, at: datetime) -> EntitlementUse:
    """What an account may at an instant; one query, and more where it is metered."""
    return _with_use(account, [check(account.public_id, feature, at=at)], at=at)[0]


def uses_of(account: Account, *, at: datetime) -> list[EntitlementUse]:
    """Everything an account may or may not at an instant, by feature; two queries, and more where
    something is metered.
    """
    features = features_of(account)
    if not features:
        return []
    return _with_use(account, check_all(account.public_id, features, at=at), at=at)


def _with_use(
    account: Account, answers: Sequence[EntitlementAnswer], *, at: datetime
) -> list[EntitlementUse]:
    """The answers with what is used of the period; the figures of all meters are read at once."""
    if all(answer.meter_id is None for answer in answers):
        return [EntitlementUse(answer, None, answer.until) for answer in answers]
    scope = next(iter(scopes_at([account.pk], at)), None)
    if scope is None:
        return [_of(answer, {}, answer.until) for answer in answers]
    first, after = days_of(zones_of([account.pk])[account.pk], scope.period)
    window = UsageWindow(account.pk, first, after, at, at, frozenset[int]())
    used: dict[int, Decimal] = defaultdict(Decimal)
    for each in metered_quantities([window], settled=False):
        used[each.meter_id] += each.quantity
    return [_of(answer, used, scope.period.end) for answer in answers]


def _of(
    answer: EntitlementAnswer, used: Mapping[int, Decimal], period_end: datetime | None
) -> EntitlementUse:
    if answer.meter_id is None:
        return EntitlementUse(answer, None, answer.until)
    ends = [each for each in (answer.until, period_end) if each is not None]
    return EntitlementUse(answer, used.get(answer.meter_id, ZERO), min(ends, default=None))
