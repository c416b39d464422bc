"""What each aggregation makes of the same events, with the numbers other systems publish.

Worked cases of area A are named by their id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import Period
from usage.aggregate.exact import plain
from usage.aggregate.facts import MeterFact
from usage.aggregate.figures import figure_of, quantity_of
from usage.aggregate.order import Arrival
from usage.aggregate.rules import Aggregation, Bucket, Rule

MARCH = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def fact(at: str, value: str = "1", **more: Any) -> MeterFact:
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return MeterFact(when, more.pop("id", at), "00", Decimal(value), "[{},{}]", **more)


def rule(aggregation: Aggregation, **terms: Any) -> Rule:
    return Rule(1, "m", 1, "t", aggregation, **terms)


def quantity(
    aggregation: Aggregation, facts: Sequence[MeterFact], opening: str = "0", **terms: Any
) -> Decimal:
    """The quantity of March when every day's figure is made by itself and then merged."""
    read = rule(aggregation, **terms)
    days: dict[Any, list[MeterFact]] = {}
    for each in facts:
        days.setdefault(each.at.date(), []).append(each)
    figures = [figure_of(read, found, zone="UTC") for found in days.values()]
    return plain(
        quantity_of(read, figures, window=MARCH, until=MARCH.end, opening=Decimal(opening))
    )


class TestPublishedCases:
    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [
            (Aggregation.COUNT, "2"),
            (Aggregation.SUM, "30"),
            (Aggregation.MAX, "20"),
            (Aggregation.UNIQUE, "1"),
        ],
    )
    def test_wA1_two_page_views_of_one_user(self, aggregation: Aggregation, expected: str):
        views = [
            fact("2026-03-16T10:00", "10", member="u-1"),
            fact("2026-03-16T11:00", "20", member="u-1"),
        ]
        if aggregation in (Aggregation.COUNT, Aggregation.UNIQUE):
            views = [fact("2026-03-16T10:00", member="u-1"), fact("2026-03-16T11:00", member="u-1")]
        assert quantity(aggregation, views) == Decimal(expected)

    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [(Aggregation.LATEST, "10"), (Aggregation.MAX, "20"), (Aggregation.SUM, "30")],
    )
    def test_wA2_requests_on_two_days(self, aggregation: Aggregation, expected: str):
        requests = [fact("2026-03-16", "20"), fact("2026-03-17", "10")]
        assert quantity(aggregation, requests) == Decimal(expected)

    def test_wA4_a_mean_counts_zeros_and_negatives(self):
        values = ["10", "20", "30", "40", "-1", "0"]
        times = [fact(f"2026-03-0{n}", value) for n, value in enumerate(values, start=1)]
        assert quantity(Aggregation.MEAN, times) == Decimal("16.5")

    @pytest.mark.parametrize(("grouped", "expected"), [(True, "45"), (False, "35")])
    def test_wA7_a_bucketed_maximum_with_and_without_groups(self, grouped: bool, expected: str):
        samples = [("10:05", "10", "a"), ("10:40", "20", "b"), ("11:10", "15", "a")]
        facts = [
            fact(f"2026-03-16T{at}", value, group=group if grouped else "")
            for at, value, group in samples
        ]
        found = quantity(Aggregation.BUCKETED_MAX, facts, bucket=Bucket.HOUR)
        assert found == Decimal(expected)

    def test_wA8_a_running_total_is_weighted_by_the_seconds_it_was_held(self):
        changes = [fact("2026-03-16", "20"), fact("2026-03-17", "10")]
        found = quantity(Aggregation.TIME_WEIGHTED_SUM, changes)
        assert found.quantize(Decimal("0.000001")) == Decimal("15.161290")

    def test_a_95th_percentile_leaves_out_the_highest_twentieth(self):
        samples = [
            fact((MARCH.start + timedelta(minutes=5 * n)).isoformat(), str(n + 1))
            for n in range(100)
        ]
        found = quantity(Aggregation.PERCENTILE, samples, percentile=95, sample_seconds=300)
        assert found == 95

    def test_samples_within_one_slot_are_one_sample(self):
        samples = [fact("2026-03-01T00:01", "3"), fact("2026-03-01T00:04", "4")]
        found = quantity(Aggregation.PERCENTILE, samples, percentile=95, sample_seconds=300)
        assert found == 7


class TestCarryingOver:
    def test_a_total_continues_with_its_opening_balance(self):
        found = quantity(Aggregation.SUM, [fact("2026-03-16", "2")], opening="5", carries_over=True)
        assert found == 7

    def test_an_opening_balance_weighs_for_the_whole_period(self):
        found = quantity(
            Aggregation.TIME_WEIGHTED_SUM,
            [fact("2026-03-16T12:00", "10")],
            opening="5",
            carries_over=True,
        )
        assert found == 10  # 5 all month, 10 more for the second half of its 31 days


class TestDaylightSaving:
    def test_T17_an_hour_that_is_repeated_is_two_buckets(self):
        """flexprice collapsed the repeated hour to its first."""
        read = rule(Aggregation.BUCKETED_MAX, bucket=Bucket.HOUR)
        twice = [fact("2026-11-01T05:30", "10"), fact("2026-11-01T06:30", "20")]
        assert figure_of(read, twice, zone="America/New_York").quantity == 30

    def test_an_hour_begins_with_the_wall_clock_of_a_half_hour_zone(self):
        read = rule(Aggregation.BUCKETED_MAX, bucket=Bucket.HOUR)
        # 10:10 and 11:05 in Kolkata; one UTC hour, two hours there.
        facts = [fact("2026-03-16T04:40", "1"), fact("2026-03-16T05:35", "1")]
        assert figure_of(read, facts, zone="Asia/Kolkata").quantity == 2
        assert figure_of(read, facts, zone="UTC").quantity == 2


AGGREGATIONS = [
    Aggregation.COUNT,
    Aggregation.SUM,
    Aggregation.MIN,
    Aggregation.MAX,
    Aggregation.MEAN,
    Aggregation.UNIQUE,
    Aggregation.LATEST,
    Aggregation.TIME_WEIGHTED_SUM,
    Aggregation.PERCENTILE,
]

facts_in_march = st.lists(
    st.builds(
        lambda second, value, member, number: MeterFact(
            MARCH.start + timedelta(seconds=second),
            f"e{number}",
            f"{number:032x}",
            value,
            "[{},{}]",
            member=member,
            report=Arrival(number),
        ),
        st.integers(0, 31 * 86_400 - 1),
        st.decimals(0, 10**12, places=6),
        st.sampled_from("abc"),
        st.integers(0, 10**9),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda each: each.key,
)


@given(facts=facts_in_march, seed=st.randoms(use_true_random=False))
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_merging_days_in_any_order_is_folding_all_facts(
    aggregation: Aggregation, facts: list[MeterFact], seed: Any
):
    shuffled = list(facts)
    seed.shuffle(shuffled)
    # Whole days as slots, so that no percentile sample spans two of them.
    terms: dict[str, Any] = (
        {"sample_seconds": 86_400} if aggregation is Aggregation.PERCENTILE else {}
    )
    read = rule(aggregation, **terms)
    at_once = quantity_of(
        read,
        [figure_of(read, facts, zone="UTC")],
        window=MARCH,
        until=MARCH.end,
        opening=Decimal(0),
    )
    assert quantity(aggregation, shuffled, **terms) == at_once
