"""Days as spreadsheets write them: 7/1/25, 1.7.2025 0:00, 2025/7/1 1:30 PM.

Owns what such a text can mean, and what a row says about whether day or month comes first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import lru_cache

from billing.parallel_run.charges import billing_month
from billing.parallel_run.columns import INSTANTS

_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
_TIME = rf"(?:[T ]{_CLOCK}(?: ?(?P<half>[AaPp][Mm]))?)?(?: ?(?:Z|UTC))?"
_NUMBER, _YEAR = "[0-9]{1,2}", "[0-9]{4}"
_DAY = re.compile(
    rf"(?P<a>{_NUMBER})(?P<mark>[/.-])(?P<b>{_NUMBER})(?P=mark)(?P<year>{_YEAR}|[0-9]{{2}}){_TIME}",
    re.ASCII,
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>{_YEAR})(?P<mark>[/.-])(?P<b>{_NUMBER})(?P=mark)(?P<a>{_NUMBER}){_TIME}", re.ASCII
)
_STANDARD = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|[T ][0-9]{2}:)", re.ASCII)
_CENTURY = 2000
_NOON = 12


class DayOrder(Enum):
    """What comes first in a day."""

    MONTH = "the month"
    DAY = "the day"


def is_foreign(text: str) -> bool:
    """Whether it is a day as the specification does not write it."""
    return _STANDARD.match(text) is None and _match(text) is not None


def doubtful_days(values: Mapping[str, str]) -> dict[str, str]:
    """The days of a row of which either number could be the month."""
    return {
        column: values[column]
        for column in sorted(INSTANTS & values.keys())
        if (day := _DAY.fullmatch(values[column])) is not None and day["mark"] != "."
    }


def orders_of(values: Mapping[str, str], days: Mapping[str, str]) -> set[DayOrder]:
    """The orders in which these days of a row are days, and its billing period is one month."""
    return {order for order in DayOrder if _fits(values, days, order)}


def _fits(values: Mapping[str, str], days: Mapping[str, str], order: DayOrder) -> bool:
    if any(standard_day(text, order) is None for text in days.values()):
        return False
    start = standard_day(values.get("BillingPeriodStart", ""), order)
    end = standard_day(values.get("BillingPeriodEnd", ""), order)
    return start is None or end is None or _is_month(start, end)


@lru_cache(maxsize=4_096)
def _is_month(start: str, end: str) -> bool:
    return billing_month(*(datetime.fromisoformat(f"{at}Z") for at in (start, end))) is not None


@lru_cache(maxsize=65_536)
def standard_day(text: str, order: DayOrder | None) -> str | None:
    """The instant as the specification writes it; None where it is no day, or needs an order."""
    match = _match(text)
    if match is None:
        return None
    first, second = match["a"], match["b"]
    if match.re is _DAY and match["mark"] != "." and order is not DayOrder.DAY:
        if order is None:
            return None
        first, second = second, first
    year = int(match["year"]) + (_CENTURY if len(match["year"]) == len("25") else 0)
    hour, minute = _hour(int(match["hour"] or 0), match["half"]), int(match["minute"] or 0)
    if hour is None:
        return None
    try:
        # Without a zone, as it is written: that is UTC.
        at = datetime(year, int(second), int(first), hour, minute, int(match["second"] or 0))  # noqa: DTZ001
    except ValueError:
        return None
    return at.isoformat(" ")


def _match(text: str) -> re.Match[str] | None:
    return _YEAR_FIRST.fullmatch(text) or _DAY.fullmatch(text)


def _hour(hour: int, half: str | None) -> int | None:
    """The hour of the day; None where half a day has no such hour."""
    if half is None:
        return hour
    if not 1 <= hour <= _NOON:
        return None
    return hour % _NOON + (_NOON if half.lower() == "pm" else 0)
