"""What windows hold, grouped for the aggregation to finish.

The rows are read by usage.queries.kept_periods and, where nothing is kept, by
usage.queries.window_rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from usage.aggregate.exact import exactly
from usage.aggregate.figures import ZERO, DayFigure, last_value
from usage.aggregate.rules import Aggregation, Rule
from usage.queries.kept_periods import kept_rows
from usage.queries.part_days import PartDay, part_figures
from usage.queries.window_rows import RowKind, Window, rows_of

Total = tuple[int, int, int, int | None, str, Decimal, int]


class Group(NamedTuple):
    """What figures are collected for; `pricing` is the JSON of the pricing dimensions.

    `resource_id` is None where all resources of the meter were read as one.
    """

    window: int
    account_id: int
    meter_id: int
    resource_id: int | None
    pricing: str


@dataclass(slots=True)
class GroupFigures:
    """What was read for a group: day figures, the opening balance, time in states, members."""

    figures: list[DayFigure] = field(default_factory=list)
    opening: Decimal = ZERO
    event_count: int = 0
    state_seconds: Decimal = ZERO
    memberships: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    @property
    def members(self) -> int:
        """How many distinct members there were at some instant."""
        return len({member for member, _, _ in self.memberships})


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything some windows hold: finished totals, and by group what has to be finished.

    `totals` are those of meters that add up over whole days: window, account, meter, resource,
    JSON of the pricing dimensions, quantity without trailing zeros, count of events. There may be
    several of one group, to be added up.
    """

    totals: Sequence[Total]
    groups: Mapping[Group, GroupFigures]


def collect(
    windows: Sequence[Window], versions: Mapping[int, Sequence[Rule]], *, settled: bool
) -> Collected | None:
    """Everything the windows hold; None where it must be `settled` and something is stale.

    A query for what is kept, one for all else, and a few where a window is cut within a day. What
    is of one meter and window is read at one moment.
    """
    rules = {meter_id: each[-1] for meter_id, each in versions.items()}
    adding = {meter_id for meter_id, rule in rules.items() if adds_up(rule)}
    is_plain = len(adding) == len(rules)
    pooled = _pooled(windows, rules)
    kept = kept_rows(windows, is_plain=is_plain, pooled=pooled)
    if settled and kept.are_stale:
        return None
    others = rows_of(windows, rules, kept=kept.positions, is_plain=is_plain, pooled=pooled)
    if settled and others.are_stale:
        return None
    together, whole = others.together, RowKind.WHOLE
    totals: list[Total] = []
    found: dict[Group, GroupFigures] = {}
    with exactly():
        for row in chain(kept.rows, others.rows):
            kind, position, account_id, meter_id, resource_id, pricing, total, *values = row
            if position is None:
                position = together[account_id]
            if kind == whole and meter_id in adding:
                each = (position, account_id, meter_id, resource_id, pricing, total, values[2])
                totals.append(each)
                continue
            group = Group(position, account_id, meter_id, resource_id, pricing)
            _add(found.setdefault(group, GroupFigures()), kind, rules[meter_id], (total, *values))
        for part in part_figures(_cut_days(windows), versions):
            group = Group(
                part.position, part.account_id, part.meter_id, part.resource_id, part.pricing
            )
            one = found.setdefault(group, GroupFigures())
            one.figures.append(part.figure)
            one.event_count += part.figure.event_count
    return Collected(totals, found)


def adds_up(rule: Rule) -> bool:
    """Whether a window's quantity is the sum of its days' and nothing else."""
    return rule.aggregation in (Aggregation.SUM, Aggregation.COUNT) and not (
        rule.carries_over or rule.is_state
    )


def _pooled(windows: Sequence[Window], rules: Mapping[int, Rule]) -> set[int]:
    """The meters whose resources are added up as they are read: no window tells them apart, and
    all of them together measure what each of them does, added up.
    """
    return {
        meter_id
        for meter_id, rule in rules.items()
        if (adds_up(rule) or rule.aggregation is Aggregation.DURATION)
        and all(window.pools(meter_id) for window in windows)
    }


def _cut_days(windows: Sequence[Window]) -> list[PartDay]:
    return [
        PartDay(window.position, window.account_id, window.whole_days_until, part)
        for window in windows
        if (part := window.cut_day) is not None
    ]


def _add(found: GroupFigures, kind: int, rule: Rule, values: Sequence[Any]) -> None:
    total, least, most, events, moment, states_text = values
    states = json.loads(states_text) if states_text else []
    if kind == RowKind.OPENING:
        found.opening += last_value(states) if rule.aggregation is Aggregation.LATEST else total
    elif kind == RowKind.STATES:
        found.state_seconds += total
        found.event_count += events
        found.memberships += [_membership(*each) for each in states]
    else:
        found.event_count += events
        chosen = {Aggregation.MIN: least, Aggregation.MAX: most}.get(rule.aggregation, total)
        found.figures.append(DayFigure(chosen, events, moment))
        found.figures += [DayFigure(ZERO, 0, None, state) for state in states]


def _membership(state_key: str, start: str, end: str) -> tuple[str, datetime, datetime]:
    member: str = json.loads(state_key)[0]
    return member, datetime.fromisoformat(start), datetime.fromisoformat(end)
