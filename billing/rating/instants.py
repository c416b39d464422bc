"""Instants and periods as a document writes them.

Owns two ways to write an instant: a day (2026-03-01: its local midnight) and an RFC 3339 instant
with an offset. And two ways to write a billing period: its ends, or month n counted from an anchor.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from billing.rating.reading import Fields
from core.cycles import Cycle, CycleUnit
from core.periods import Period, PeriodError, billing_period, local_midnight

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_FALLBACK_ZONE = "UTC"


def read_period(fields: Fields) -> tuple[Period | None, str]:
    """Read {"from", "until", "zone"} or {"anchor", "number", "months" | "days", "zone"}, and
    the zone."""
    inner = fields.optional_object("period")
    if inner is None:
        return None, _FALLBACK_ZONE
    zone = _read_zone(inner)
    period = _read_cycle(inner, zone) if "anchor" in inner else _read_ends(inner, zone)
    inner.close()
    return period, zone


def read_span(fields: Fields, name: str, zone: str) -> Period | None:
    """Read a part of a period: {"from", "until"}."""
    inner = fields.optional_object(name)
    if inner is None:
        return None
    period = _read_ends(inner, zone)
    inner.close()
    return period


def read_gaps(fields: Fields, name: str, zone: str, *, within: Period | None) -> list[Period]:
    """Read the parts of a period in which something was not there: a list of {"from", "until"}, in
    order of time.
    """
    found: list[Period] = []
    for pointer, item in fields.items(name):
        inner = Fields(item, pointer, fields.problems)
        gap = _read_ends(inner, zone)
        inner.close()
        if gap is None:
            continue
        since = found[-1].end if found else gap.start
        is_inside = within is not None and within.start <= gap.start and gap.end <= within.end
        if gap.start < since or not is_inside:
            detail = "Gaps lie in the active time, one after the other."
            fields.problems.add(pointer, f"{name}_range", detail)
        found.append(gap)
    return found


def read_date(fields: Fields, name: str) -> date | None:
    """Read a day, YYYY-MM-DD, that may be absent."""
    value = fields.raw(name)
    if value is None:
        return None
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    fields.problem(name, f"{name}_format", f"{name} must be a day such as 2026-03-01.")
    return None


def _read_ends(fields: Fields, zone: str) -> Period | None:
    start, end = _read_instant(fields, "from", zone), _read_instant(fields, "until", zone)
    if start is None or end is None:
        return None
    try:
        return Period(start, end)
    except PeriodError as refused:
        fields.problem("until", refused.code, refused.message)
        return None


def _read_instant(fields: Fields, name: str, zone: str) -> datetime | None:
    value = fields.raw(name)
    if value is None:
        fields.required(name)
        return None
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return local_midnight(date.fromisoformat(value), zone)
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError, PeriodError):
        pass
    fields.problem(
        name,
        f"{name}_format",
        f"{name} must be a day (2026-03-01) or an instant with its offset (2026-03-01T00:00:00Z).",
    )
    return None


def _read_zone(fields: Fields) -> str:
    zone = fields.text("zone", default=_FALLBACK_ZONE)
    try:
        local_midnight(date(2000, 1, 1), zone)
    except PeriodError as unknown:
        fields.problem("zone", unknown.code, unknown.message)
        return _FALLBACK_ZONE
    return zone


def _read_cycle(fields: Fields, zone: str) -> Period | None:
    anchor = read_date(fields, "anchor")
    number = fields.integer("number", default=0, at_least=-12_000, at_most=12_000)
    months = fields.integer("months", default=1, at_least=1, at_most=120)
    days = fields.integer("days", default=0, at_least=1, at_most=3_660)
    if "days" in fields and "months" in fields:
        fields.problem("days", "choice", "A cycle is of months or of days, not both.")
    if anchor is None:
        return None
    try:
        if not days:
            return billing_period(anchor, zone, number, months=months)
        cycle = Cycle(CycleUnit.DAY, days)
        begin, end = (cycle.starts_on(anchor, each) for each in (number, number + 1))
        return Period(local_midnight(begin, zone), local_midnight(end, zone))
    except PeriodError as refused:
        fields.problem("number", refused.code, refused.message)
        return None
