"""How much of its meters an account used on each of some days: what a bill is spread over.

The plain way asks for every day as a bill would; `usage.queries.fast_daily` reads what adds up,
which there may be thousands of resources of.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from usage.meter_rules import rules_by_meter
from usage.queries.fast_daily import adds_up_by_day, fast_daily_quantities
from usage.queries.quantities import DailyQuantities, UsageWindow, metered_quantities

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DailyQuestion:
    """Local days of an account, and the meters whose resources are `as_one` or told apart; a meter
    in both is told apart.

    States that still hold count up to `until`; None is the end of the last day.
    """

    account_id: int
    days: Sequence[date]
    until: datetime | None
    as_one: Set[int] = frozenset()
    by_resource: Set[int] = frozenset()

    @property
    def meters(self) -> Set[int]:
        """All that are asked about."""
        return self.as_one | self.by_resource

    def without(self, meters: Set[int]) -> DailyQuestion:
        """The same question about the others."""
        return replace(self, as_one=self.as_one - meters, by_resource=self.by_resource - meters)

    @property
    def windows(self) -> list[UsageWindow]:
        """A window of each day."""
        return [
            UsageWindow(self.account_id, day, day + _DAY, self.until, by_resource=self.by_resource)
            for day in self.days
        ]


def daily_quantities(question: DailyQuestion) -> list[DailyQuantities]:
    """What was measured on each day, read as it was built last; days without usage are absent."""
    rules = [versions[-1] for versions in rules_by_meter().values()]
    fast = [rule for rule in rules if rule.meter_id in question.meters and adds_up_by_day(rule)]
    rest = question.without({rule.meter_id for rule in fast})
    return [*plain_daily_quantities(rest), *fast_daily_quantities(question.windows, fast)]


def plain_daily_quantities(question: DailyQuestion) -> list[DailyQuantities]:
    """The same by the quantities of the days, one by one."""
    wanted = question.meters
    if not wanted:
        return []
    found: dict[tuple[object, ...], DailyQuantities] = {}
    for used in metered_quantities(question.windows, settled=False):
        if used.meter_id in wanted:
            key = used.meter_id, used.resource_id, tuple(sorted(used.dimensions.items()))
            if key not in found:
                found[key] = DailyQuantities(used.meter_id, used.resource_id, used.dimensions, {})
            found[key].by_day[question.days[used.window]] = used.quantity
    return list(found.values())
