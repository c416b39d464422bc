"""A range of days in a query: `from`, and `until`, which is not part of it."""

from __future__ import annotations

from datetime import date

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from core.errors import Invalid
from core.instants import read_day

DAYS = [
    OpenApiParameter("from", OpenApiTypes.DATE, required=True, description="The first day."),
    OpenApiParameter("until", OpenApiTypes.DATE, required=True, description="Up to, not with."),
]


class DayMissing(Invalid):
    """A range of days needs both its ends."""

    code = "day_missing"
    title = "A day is missing"


class DayRangeReversed(Invalid):
    """A range of days ends before it begins."""

    code = "days_reversed"
    title = "The days are in the wrong order"


class DayRangeTooLong(Invalid):
    """A range of days is longer than one file may be."""

    code = "days_too_many"
    title = "Too many days"


def days_asked(request: Request, *, at_most: int) -> tuple[date, date]:
    """The days asked for. Raises: DateInvalid, DayMissing, DayRangeReversed, DayRangeTooLong."""
    first, until = (_day(request, name) for name in ("from", "until"))
    if first >= until:
        raise DayRangeReversed(
            "`until` is the first day after those that are wanted.", field="until"
        )
    if (until - first).days > at_most:
        raise DayRangeTooLong(f"{at_most} days at most are answered at once.", field="until")
    return first, until


def _day(request: Request, name: str) -> date:
    text = request.query_params.get(name, "")
    if not text:
        raise DayMissing(f"Say `{name}`, as 2026-10-31.", field=name)
    return read_day(text, field=name)
