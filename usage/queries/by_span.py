"""How much of its meters an account used in spans of its days: the figures of the bill, for doors.

A span is a day, a month of the calendar as far as it was asked for, or all of the days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from accounts.models import Resource
from accounts.queries.profiles import zones_of
from core.periods import Period
from usage.days import period_of
from usage.models import Meter
from usage.queries.quantities import MeteredQuantity, UsageWindow, metered_quantities

_DAY = timedelta(days=1)


class UsageSpan(StrEnum):
    """What days are put together to."""

    DAY = "day"
    MONTH = "month"
    ALL = "all"

    @property
    def days_max(self) -> int:
        """Over how many days it is told at once."""
        return 62 if self is UsageSpan.DAY else 400


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """Local days [first, until) of accounts, in spans; resources told apart or as one."""

    first: date
    until: date
    every: UsageSpan = UsageSpan.ALL
    is_by_resource: bool = False
    meter: str = ""


@dataclass(frozen=True, slots=True)
class SpanFigure:
    """What one meter measured in a span; `platform_id` is empty where resources are one."""

    meter: str
    unit: str
    platform_id: str
    dimensions: Mapping[str, str]
    period: Period
    quantity: Decimal


def figures_by_span(
    account_ids: Sequence[int], asked: SpanQuestion, *, until: datetime
) -> dict[int, list[SpanFigure]]:
    """By account, in the order of time; states that hold count up to `until`.

    As many statements for any number of accounts and spans. Figures are read as built last.
    """
    spans = list(_spans(asked))
    by_resource = None if asked.is_by_resource else ()
    windows = [
        UsageWindow(account_id, start, end, until=until, by_resource=by_resource)
        for account_id in account_ids
        for start, end in spans
    ]
    found = [
        each
        for each in metered_quantities(windows, settled=False)
        if not asked.meter or each.meter_code == asked.meter
    ]
    return _told(found, windows)


def _spans(asked: SpanQuestion) -> Iterator[tuple[date, date]]:
    if asked.every is UsageSpan.ALL:
        yield asked.first, asked.until
        return
    days = [asked.first + _DAY * number for number in range((asked.until - asked.first).days)]
    is_first = (lambda _: True) if asked.every is UsageSpan.DAY else (lambda day: day.day == 1)
    starts = [each for each in days if each == asked.first or is_first(each)]
    yield from pairwise([*starts, asked.until])


def _told(
    found: Sequence[MeteredQuantity], windows: Sequence[UsageWindow]
) -> dict[int, list[SpanFigure]]:
    units = dict(Meter.objects.values_list("pk", "unit"))
    wanted = {each.resource_id for each in found if each.resource_id is not None}
    names = dict(Resource.objects.filter(pk__in=wanted).values_list("pk", "platform_id"))
    zones = zones_of({each.account_id for each in windows})
    told: dict[int, list[SpanFigure]] = defaultdict(list)
    for each in sorted(found, key=lambda each: each.window):
        window = windows[each.window]
        period = period_of(zones[each.account_id], window.day_from, window.day_until)
        assert period is not None  # days that were skipped measure nothing
        told[each.account_id].append(
            SpanFigure(
                each.meter_code,
                units[each.meter_id],
                names.get(each.resource_id or 0, ""),
                dict(each.dimensions),
                period,
                each.quantity,
            )
        )
    return told
