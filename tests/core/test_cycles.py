"""Cycles tile from every anchor, and agree with what other systems say of weeks and days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cycles import Cycle, CycleUnit
from core.periods import OutsideCalendar, local_midnight

D = date.fromisoformat
CYCLES = st.builds(Cycle, st.sampled_from(CycleUnit), st.integers(1, 5))
ZONES = st.sampled_from(
    ["UTC", "America/New_York", "Europe/Berlin", "Pacific/Apia", "Asia/Kolkata"]
)


@pytest.mark.parametrize(
    ("cycle", "anchor", "n", "day"),
    [
        # Kill Bill: cycles of thirty days, and of weeks.
        (Cycle(CycleUnit.DAY, 30), "2016-04-08", 1, "2016-05-08"),
        (Cycle(CycleUnit.DAY, 30), "2016-04-08", 2, "2016-06-07"),
        (Cycle(CycleUnit.DAY, 30), "2016-04-08", 7, "2016-11-04"),
        (Cycle(CycleUnit.WEEK), "2016-04-08", 1, "2016-04-15"),
        (Cycle(CycleUnit.WEEK), "2016-04-08", 7, "2016-05-27"),
        # Counted from the anchor, so the 31st and the 29th come back.
        (Cycle(CycleUnit.QUARTER), "2026-08-31", 2, "2027-02-28"),
        (Cycle(CycleUnit.QUARTER), "2026-08-31", 3, "2027-05-31"),
        (Cycle(CycleUnit.HALF_YEAR), "2026-08-31", 1, "2027-02-28"),
        (Cycle(CycleUnit.YEAR), "2024-02-29", 1, "2025-02-28"),
        (Cycle(CycleUnit.YEAR), "2024-02-29", 4, "2028-02-29"),
        (Cycle(CycleUnit.YEAR), "2024-02-29", -1, "2023-02-28"),
    ],
)
def test_a_cycle_begins_on_its_day(cycle: Cycle, anchor: str, n: int, day: str) -> None:
    assert cycle.starts_on(D(anchor), n) == D(day)


@pytest.mark.parametrize(
    ("anchor", "zone", "at", "start", "end"),
    [
        # Lago: weeks from an anchor, at local midnight.
        ("2021-02-02", "UTC", "2022-03-08", "2022-03-08T00:00", "2022-03-15T00:00"),
        ("2021-02-01", "America/New_York", "2022-02-22", "2022-02-21T05:00", "2022-02-28T05:00"),
    ],
)
def test_weeks_begin_at_local_midnight(
    anchor: str, zone: str, at: str, start: str, end: str
) -> None:
    week = Cycle(CycleUnit.WEEK)
    n = week.number_on(D(anchor), D(at))
    days = [week.starts_on(D(anchor), each) for each in (n, n + 1)]
    assert [f"{local_midnight(day, zone):%Y-%m-%dT%H:%M}" for day in days] == [start, end]


@given(CYCLES, st.dates(D("2020-01-01"), D("2028-12-31")), ZONES)
def test_cycles_tile_for_eight_years_from_every_anchor(
    cycle: Cycle, anchor: date, zone: str
) -> None:
    n, day, until = 0, anchor, anchor + timedelta(days=8 * 366)
    while day < until:
        following = cycle.starts_on(anchor, n + 1)
        assert local_midnight(day, zone) < local_midnight(following, zone)
        assert cycle.number_on(anchor, day) == n
        assert cycle.number_on(anchor, following - timedelta(days=1)) == n
        n, day = n + 1, following


@given(CYCLES, st.dates(D("2020-01-01"), D("2028-12-31")), st.integers(-3_000, 3_000))
def test_every_day_lies_in_the_cycle_it_is_said_to(cycle: Cycle, anchor: date, off: int) -> None:
    day = anchor + timedelta(days=off)
    n = cycle.number_on(anchor, day)
    assert cycle.starts_on(anchor, n) <= day < cycle.starts_on(anchor, n + 1)


def test_what_lies_outside_the_calendar_is_refused() -> None:
    with pytest.raises(OutsideCalendar):
        Cycle(CycleUnit.DAY).starts_on(D("2026-01-01"), 10**7)
    with pytest.raises(OutsideCalendar):
        Cycle(CycleUnit.YEAR).starts_on(D("2026-01-01"), 9_000)


def test_a_cycle_is_said_in_words() -> None:
    said = [str(Cycle(unit)) for unit in CycleUnit]
    assert said == ["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly"]
    assert str(Cycle(CycleUnit.WEEK, 2)) == "every 2 weeks"
