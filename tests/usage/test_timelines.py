"""Changes of state become intervals by their own instants, in whatever order they arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from usage.aggregate.facts import MeterFact
from usage.aggregate.order import Arrival
from usage.aggregate.timelines import StateSpan, spans_of

START = datetime(2026, 3, 1, tzinfo=UTC)


def change(
    hour: int,
    quantity: str,
    *,
    size: str = "1x",
    id: str = "",
    state: str = "web",
    received: int = 0,
) -> MeterFact:
    """A change of state so many hours into March, the `received`th that came in."""
    id = id or f"e{hour:03d}"
    at = START + timedelta(hours=hour)
    return MeterFact(at, id, id, Decimal(quantity), size, state_key=state, report=Arrival(received))


def told(spans: list[StateSpan]) -> list[tuple[Any, ...]]:
    """Intervals as (from hour, until hour, quantity, size)."""
    return [
        (
            _hour(span.started_at),
            span.ended_at and _hour(span.ended_at),
            str(span.quantity),
            span.dimensions,
        )
        for span in spans
    ]


def _hour(at: datetime) -> int:
    return (at - START) // timedelta(hours=1)


def test_a_change_holds_until_the_next_one():
    assert told(spans_of([change(0, "3", size="2x"), change(5, "1")])) == [
        (0, 5, "3", "2x"),
        (5, None, "1", "1x"),
    ]


def test_quantity_zero_ends_the_state():
    assert told(spans_of([change(0, "3"), change(5, "0")])) == [(0, 5, "3", "1x")]


def test_a_late_change_splits_the_interval_it_falls_into():
    assert told(spans_of([change(0, "1"), change(10, "0"), change(4, "2")])) == [
        (0, 4, "1", "1x"),
        (4, 10, "2", "1x"),
    ]


def test_the_same_state_again_changes_nothing():
    restarted = [change(0, "1"), change(3, "1"), change(6, "0")]
    assert told(spans_of(restarted)) == [(0, 6, "1", "1x")]


def test_of_two_changes_at_one_instant_the_later_received_holds():
    both = [change(0, "5", id="a", received=2), change(0, "2", id="b", received=1)]
    assert told(spans_of(both)) == told(spans_of(both[::-1])) == [(0, None, "5", "1x")]


def test_states_with_different_keys_do_not_end_each_other():
    found = spans_of([change(0, "1"), change(2, "4", state="worker")])
    assert told(found) == [(0, None, "1", "1x"), (2, None, "4", "1x")]


def test_ending_what_never_began_is_nothing():
    assert spans_of([change(0, "0")]) == []


def test_a_replay_starts_from_the_state_that_was_in_force():
    (before,) = spans_of([change(0, "1")])
    assert told(spans_of([change(4, "0")], opening=[before])) == [(0, 4, "1", "1x")]


def test_a_state_ends_with_its_meter():
    until = START + timedelta(hours=3)
    facts = [change(0, "1"), change(5, "2")]
    assert told(spans_of(facts, ends_at=until)) == [(0, 3, "1", "1x")]


changes = st.lists(
    st.builds(
        change,
        st.integers(0, 50),
        st.sampled_from(["0", "1", "2", "3.5"]),
        size=st.sampled_from(["1x", "2x"]),
        received=st.integers(1, 1_000),
        state=st.sampled_from(["web", "worker"]),
    ),
    max_size=25,
    unique_by=lambda fact: fact.report,
)


@given(facts=changes, seed=st.randoms(use_true_random=False))
def test_order_of_arrival_changes_nothing(facts: list[MeterFact], seed: Any):
    shuffled = list(facts)
    seed.shuffle(shuffled)
    assert spans_of(facts) == spans_of(shuffled)


@given(facts=changes)
def test_intervals_of_one_state_never_overlap_and_are_never_empty(facts: list[MeterFact]):
    for state in ("web", "worker"):
        spans = [span for span in spans_of(facts) if span.state_key == state]
        ends = [span.ended_at for span in spans]
        assert all(span.ended_at is None or span.started_at < span.ended_at for span in spans)
        assert all(
            end is not None and end <= following.started_at
            for end, following in zip(ends, spans[1:], strict=False)
        )


@given(facts=changes, cut=st.integers(0, 50))
def test_replaying_from_any_instant_gives_what_replaying_all_gives(
    facts: list[MeterFact], cut: int
):
    since = START + timedelta(hours=cut)
    earlier = spans_of([fact for fact in facts if fact.at < since])
    running = [span for span in earlier if span.ended_at is None]
    ended = [span for span in earlier if span.ended_at is not None]
    again = spans_of([fact for fact in facts if fact.at >= since], opening=running)
    assert sorted(map(str, ended + again)) == sorted(map(str, spans_of(facts)))
