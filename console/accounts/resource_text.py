"""A resource's period as a picture: a row a state, the height of a bar is how many were on.

Positions across are per cent and heights are pixels, so marks keep their shape at any width. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from billing.overview.queries.resource_months import MonthCost, ResourceMonth, StateOn
from console.shell import formats
from core.money import Money
from core.periods import Period

HEIGHT = 20
BARS = 96


@dataclass(frozen=True, slots=True)
class StateBar:
    """A stretch of a state; `is_other` where it is billed to somebody else."""

    x: str
    width: str
    y: str
    height: str
    text: str
    is_other: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant at which something happened: a state began, an event was corrected."""

    x: str
    text: str
    event: UUID | None = None


@dataclass(frozen=True, slots=True)
class StateLine:
    """A line of the bill that a row of the picture became: its position, and what it comes to."""

    position: int
    description: str
    amount: Money


@dataclass(frozen=True, slots=True)
class StateTold:
    """One stretch of the picture in words, for the table below it; what opened it, its lines."""

    at: datetime
    until: datetime
    what: str
    event: UUID | None
    whose: str
    lines: Sequence[StateLine]


@dataclass(slots=True)
class StateRow:
    """One state of one resource over the period, and the lines it became."""

    name: str
    says: str
    bars: list[StateBar] = field(default_factory=list)
    began: list[Mark] = field(default_factory=list)
    corrected: list[Mark] = field(default_factory=list)
    owners: list[Mark] = field(default_factory=list)
    lines: Sequence[StateLine] = ()


@dataclass(frozen=True, slots=True)
class MonthBar:
    """What one invoice charged, with the height of its bar and a day that opens its period."""

    cost: MonthCost
    label: str
    opens: str
    y: str
    height: str


def timeline(month: ResourceMonth) -> list[StateRow]:
    """The rows of the picture, by resource and state."""
    grouped: dict[tuple[str, str], list[StateOn]] = defaultdict(list)
    for state in month.states:
        grouped[state.platform_id, state.label].append(state)
    rows = [_row(month, name, states) for (name, _), states in grouped.items()]
    by_name = {row.name: row for row in reversed(rows)}
    for change in month.owner_changes:
        text = f"{_at(change.at, month)}: came to {change.owner.name}"
        if change.platform_id in by_name:
            by_name[change.platform_id].owners.append(Mark(_x(change.at, month), text))
    for each in month.corrections:
        text = f"{_at(each.occurred_at, month)}: {each.did} by {each.by}"
        if each.platform_id in by_name:
            by_name[each.platform_id].corrected.append(
                Mark(_x(each.occurred_at, month), text, each.key)
            )
    return rows


def told(month: ResourceMonth) -> list[StateTold]:
    """The same as a table: every stretch, the first to begin first."""
    lines = _by_position(month)
    return [
        StateTold(
            at=each.held.start,
            until=each.held.end,
            what=f"{each.platform_id}: {formats.decimal_text(each.quantity)} × {each.label}",
            event=each.opened_by,
            whose="" if each.owner.public_id == month.of.owner.public_id else each.owner.name,
            lines=[lines[position] for position in each.lines],
        )
        for each in sorted(month.states, key=lambda each: (each.held.start, each.platform_id))
    ]


def _by_position(month: ResourceMonth) -> dict[int, StateLine]:
    return {
        line.position: StateLine(line.position, line.description, line.amount)
        for line in month.lines
    }


def month_bars(costs: Sequence[MonthCost], zone: str) -> list[MonthBar]:
    """A bar for each month that was billed; credits have none below the line."""
    most = max((each.amount.minor for each in costs), default=0)
    found = []
    for each in costs:
        share = Fraction(max(each.amount.minor, 0), most) if most > 0 else Fraction(0)
        size = round(share * BARS)
        day = each.starts_at.astimezone(ZoneInfo(zone)).date()
        label = formats.date_text(day).split(" ", 1)[1]
        found.append(MonthBar(each, label, day.isoformat(), str(BARS - size), str(size)))
    return found


def _row(month: ResourceMonth, name: str, states: Sequence[StateOn]) -> StateRow:
    amounts = sorted({state.quantity for state in states})
    many = " to ".join(
        formats.decimal_text(each) for each in dict.fromkeys(amounts[:: len(amounts) - 1 or 1])
    )
    lines = _by_position(month)
    on = sorted({position for state in states for position in state.lines})
    row = StateRow(name, f"{states[0].label}, {many}", lines=[lines[each] for each in on])
    for state in states:
        row.bars.append(_bar(month, state, amounts[-1]))
        if state.opened_by is not None:
            text = f"{_at(state.held.start, month)}: {formats.decimal_text(state.quantity)}"
            mark = Mark(_x(state.held.start, month), f"{text} × {state.label}", state.opened_by)
            row.began.append(mark)
    return row


def _bar(month: ResourceMonth, state: StateOn, most: Decimal) -> StateBar:
    height = max(round(HEIGHT * Fraction(state.quantity) / Fraction(most)), 3)
    is_other = state.owner.public_id != month.of.owner.public_id
    whose = f", billed to {state.owner.name}" if is_other else ""
    span = formats.period_text(state.held, month.of.zone)
    return StateBar(
        x=_x(state.held.start, month),
        width=_percent(Fraction(state.held.microseconds, month.of.period.microseconds)),
        y=str(HEIGHT - height),
        height=str(height),
        text=f"{formats.decimal_text(state.quantity)} × {state.label}, {span}{whose}",
        is_other=is_other,
    )


def _x(at: datetime, month: ResourceMonth) -> str:
    start = month.of.period.start
    if at <= start:
        return "0%"
    return _percent(Fraction(Period(start, at).microseconds, month.of.period.microseconds))


def _percent(share: Fraction) -> str:
    hundredths = round(share * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def _at(at: datetime, month: ResourceMonth) -> str:
    return formats.instant_text(at, month.of.zone)
