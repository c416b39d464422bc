"""Changes of state become intervals. The event's instant decides, never its arrival.

Intervals are half-open. A change holds until the next change of the same state key; a change to the
same state again changes nothing; a change to quantity 0 ends the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from usage.aggregate.facts import MeterFact
from usage.aggregate.order import in_order


@dataclass(frozen=True, slots=True)
class StateSpan:
    """One state from one instant until another; `ended_at` None means it still holds."""

    state_key: str
    dimensions: str
    quantity: Decimal
    started_at: datetime
    ended_at: datetime | None
    opened_by: str
    closed_by: str | None


def spans_of(
    facts: Iterable[MeterFact],
    *,
    opening: Sequence[StateSpan] = (),
    ends_at: datetime | None = None,
) -> list[StateSpan]:
    """All intervals from `opening` on, ordered by state key and start.

    `opening` holds the states in force just before the first fact, at most one for a state key.
    Where the meter itself ends at `ends_at`, so do its states. Of two changes of one state at the
    same instant the later word holds, see usage.aggregate.order.
    """
    by_key: dict[str, list[MeterFact]] = {span.state_key: [] for span in opening}
    for fact in facts:
        by_key.setdefault(fact.state_key, []).append(fact)
    current = {span.state_key: span for span in opening}
    found: list[StateSpan] = []
    for state_key in sorted(by_key):
        found += _spans(by_key[state_key], current.get(state_key))
    return found if ends_at is None else _cut(found, ends_at)


def _spans(facts: list[MeterFact], state: StateSpan | None) -> list[StateSpan]:
    found: list[StateSpan] = []
    ordered = in_order(facts)
    for position, fact in enumerate(ordered):
        if position + 1 < len(ordered) and ordered[position + 1].at == fact.at:
            continue
        if state is not None:
            if (state.quantity, state.dimensions) == (fact.value, fact.dimensions):
                continue
            found.append(replace(state, ended_at=fact.at, closed_by=fact.key))
        state = _opened(fact) if fact.value > 0 else None
    if state is not None:
        found.append(state)
    return found


def _opened(fact: MeterFact) -> StateSpan:
    return StateSpan(fact.state_key, fact.dimensions, fact.value, fact.at, None, fact.key, None)


def _cut(spans: list[StateSpan], ends_at: datetime) -> list[StateSpan]:
    found: list[StateSpan] = []
    for span in spans:
        if span.started_at >= ends_at:
            continue
        is_longer = span.ended_at is None or span.ended_at > ends_at
        found.append(replace(span, ended_at=ends_at, closed_by=None) if is_longer else span)
    return found
