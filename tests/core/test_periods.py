"""Periods are half-open and tile: by the second, by local day, by month from an anchor."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import (
    EmptyPeriod,
    NotUtc,
    OutsideCalendar,
    OutsidePeriod,
    Period,
    UnknownZone,
    billing_period,
    billing_period_at,
    local_day,
    local_midnight,
)

# Zones whose clocks do what a careless conversion gets wrong: midnight skipped or repeated,
# half-hour and two-hour changes, a whole day left out, an hour set back across midnight.
ZONES = st.sampled_from(
    [
        "UTC", "Europe/Amsterdam", "America/New_York", "America/Los_Angeles", "Asia/Kathmandu",
        "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Africa/Cairo", "Asia/Gaza",
        "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kwajalein",
        "America/St_Johns", "Africa/Casablanca", "Europe/Dublin", "Pacific/Kiritimati",
        "America/Scoresbysund", "Atlantic/Azores",
    ]
)  # fmt: skip
DAYS = st.dates(date(1975, 1, 1), date(2060, 12, 31))
INSTANTS = st.datetimes(
    datetime(1975, 1, 1),  # noqa: DTZ001
    datetime(2060, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
PERIODS = (
    st.tuples(INSTANTS, INSTANTS).filter(lambda ends: ends[0] < ends[1]).map(lambda e: Period(*e))
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours_of(day: date, zone: str) -> Fraction:
    whole_day = Period(local_midnight(day, zone), local_midnight(day + timedelta(1), zone))
    return Fraction(whole_day.seconds, 3600)


def test_the_start_is_inside_and_the_end_is_not() -> None:
    january = Period(utc("2026-01-01"), utc("2026-02-01"))
    assert january.contains(utc("2026-01-01"))
    assert january.contains(utc("2026-01-31T23:59:59.999999"))
    assert not january.contains(utc("2026-02-01"))


def test_touching_periods_do_not_overlap() -> None:
    january = Period(utc("2026-01-01"), utc("2026-02-01"))
    february = Period(utc("2026-02-01"), utc("2026-03-01"))
    assert not january.overlaps(february)
    assert january.intersect(february) is None


def test_length_is_whole_seconds_or_an_exact_fraction() -> None:
    assert Period(utc("2026-01-01"), utc("2026-02-01")).seconds == 2_678_400
    assert isinstance(Period(utc("2026-01-01"), utc("2026-02-01")).seconds, int)
    third = Period(utc("2026-01-01"), utc("2026-01-01T00:00:00.333333"))
    assert third.seconds == Fraction(333_333, 1_000_000)


@pytest.mark.parametrize("end", ["2026-01-01", "2025-12-31"])
def test_a_period_has_a_length(end: str) -> None:
    with pytest.raises(EmptyPeriod):
        Period(utc("2026-01-01"), utc(end))


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=1))])
def test_a_period_is_made_of_utc_instants(zone: timezone | None) -> None:
    with pytest.raises(NotUtc):
        Period(datetime(2026, 1, 1, tzinfo=zone), utc("2026-02-01"))


@given(PERIODS, st.lists(INSTANTS, max_size=5))
def test_the_parts_of_a_split_are_the_whole(period: Period, cuts: list[datetime]) -> None:
    parts = period.split(*(cut for cut in cuts if period.start < cut < period.end))
    assert parts[0].start == period.start
    assert parts[-1].end == period.end
    assert all(left.end == right.start for left, right in pairwise(parts))
    assert sum(part.microseconds for part in parts) == period.microseconds


@pytest.mark.parametrize("cut", ["2026-01-01", "2026-02-01", "2027-01-01"])
def test_a_cut_lies_inside(cut: str) -> None:
    with pytest.raises(OutsidePeriod):
        Period(utc("2026-01-01"), utc("2026-02-01")).split(utc(cut))


@given(PERIODS, PERIODS, INSTANTS)
def test_the_intersection_holds_what_both_hold(a: Period, b: Period, at: datetime) -> None:
    shared = a.intersect(b)
    assert shared == b.intersect(a)
    assert (shared is not None) == a.overlaps(b) == b.overlaps(a)
    assert bool(shared and shared.contains(at)) == (a.contains(at) and b.contains(at))


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Amsterdam", 23),
        (date(2026, 10, 25), "Europe/Amsterdam", 25),
        (date(2026, 6, 1), "Europe/Amsterdam", 24),
        (date(2026, 3, 8), "America/Los_Angeles", 23),
        (date(2026, 4, 5), "Australia/Lord_Howe", Fraction(49, 2)),
        (date(2018, 11, 4), "America/Sao_Paulo", 23),  # 00:00 did not exist
        (date(2025, 11, 2), "America/Havana", 25),  # 00:00 to 01:00 happened twice
        (date(2006, 10, 28), "America/St_Johns", 24),  # 00:01 went back to 23:01
        (date(2006, 10, 29), "America/St_Johns", 25),
    ],
)
def test_days_last_as_long_as_the_zone_says(day: date, zone: str, hours: int | Fraction) -> None:
    assert hours_of(day, zone) == hours


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        (date(2026, 1, 1), "UTC", "2026-01-01T00:00"),
        (date(2026, 7, 1), "Europe/Amsterdam", "2026-06-30T22:00"),
        (
            date(2018, 11, 4),
            "America/Sao_Paulo",
            "2018-11-04T03:00",
        ),  # starts at 01:00 on the clock
        (date(2025, 11, 2), "America/Havana", "2025-11-02T04:00"),  # the first of two midnights
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00"),  # the day that never was
        (date(2011, 12, 31), "Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_a_day_starts_when_the_wall_clock_first_shows_it(
    day: date, zone: str, instant: str
) -> None:
    assert local_midnight(day, zone) == utc(instant)


def test_an_event_of_the_evening_belongs_to_the_local_day() -> None:
    """wI7: 06:30 UTC on 1 February is still January in Los Angeles."""
    assert local_day(utc("2024-02-01T06:30"), "America/Los_Angeles") == date(2024, 1, 31)


@given(DAYS, ZONES)
def test_days_never_start_before_the_one_before(day: date, zone: str) -> None:
    assert local_midnight(day, zone) <= local_midnight(day + timedelta(1), zone)


@given(INSTANTS, ZONES)
def test_an_instant_lies_inside_its_local_day(at: datetime, zone: str) -> None:
    day = local_day(at, zone)
    assert local_midnight(day, zone) <= at < local_midnight(day + timedelta(1), zone)


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), ZONES, st.sampled_from([1, 3, 12]))
def test_billing_periods_tile_for_decades(anchor: date, zone: str, months: int) -> None:
    periods = [billing_period(anchor, zone, n, months=months) for n in range(40)]
    assert all(left.end == right.start for left, right in pairwise(periods))


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), ZONES, INSTANTS, st.sampled_from([1, 3, 12]))
def test_every_instant_has_exactly_one_period(
    anchor: date, zone: str, at: datetime, months: int
) -> None:
    period = billing_period_at(anchor, zone, at, months=months)
    assert period.contains(at)
    assert period == next(
        candidate
        for n in range(-90 * 12, 90 * 12)
        if (candidate := billing_period(anchor, zone, n, months=months)).end > at
    )


@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_late_anchor_is_clamped_and_comes_back(day: int) -> None:
    starts = [billing_period(date(2023, 1, day), "UTC", n).start.date() for n in range(480)]
    assert starts[1] == date(2023, 2, 28)
    assert starts[13] == date(2024, 2, 29)
    assert starts[2] == date(2023, 3, day)
    assert [start.day for start in starts if start.month == 12] == [day] * 40


def test_a_leap_day_anchor_returns_to_the_leap_day() -> None:
    starts = [billing_period(date(2024, 2, 29), "UTC", n, months=12).start.date() for n in range(9)]
    assert [start.day for start in starts] == [29, 28, 28, 28, 29, 28, 28, 28, 29]


def test_periods_before_the_anchor_count_backwards() -> None:
    assert billing_period(date(2026, 3, 31), "UTC", -1).start == utc("2026-02-28")
    assert billing_period_at(date(2026, 3, 31), "UTC", utc("2025-11-30")).start == utc("2025-11-30")


@contextmanager
def process_time_zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


def test_the_zone_of_the_process_changes_nothing() -> None:
    expected = billing_period(date(2026, 3, 15), "Europe/Amsterdam", 0)
    with process_time_zone("Pacific/Apia"):
        assert billing_period(date(2026, 3, 15), "Europe/Amsterdam", 0) == expected
        assert local_day(utc("2026-03-28T23:30"), "Europe/Amsterdam") == date(2026, 3, 29)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "UTC\x00", "x" * 300]
)
def test_a_zone_that_does_not_exist_is_named(zone: str) -> None:
    with pytest.raises(UnknownZone):
        local_midnight(date(2026, 1, 1), zone)


def test_a_naive_instant_has_no_local_day() -> None:
    with pytest.raises(NotUtc):
        local_day(datetime(2026, 1, 1), "UTC")  # noqa: DTZ001


def test_the_calendar_has_ends() -> None:
    with pytest.raises(OutsideCalendar):
        billing_period(date(9999, 12, 1), "UTC", 0)
    with pytest.raises(OutsideCalendar):
        local_midnight(date(1, 1, 1), "Asia/Tokyo")
    with pytest.raises(OutsideCalendar):
        local_day(datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Tokyo")


def test_a_cycle_is_at_least_a_month() -> None:
    with pytest.raises(EmptyPeriod):
        billing_period(date(2026, 1, 1), "UTC", 0, months=0)


def test_accounts_opened_before_and_after_a_clock_change_share_their_periods() -> None:
    """wI8: the same usage falls in the same period, whenever the account was opened."""
    usage = utc("2026-04-01T04:00")
    before = billing_period_at(date(2026, 2, 15), "America/New_York", usage)
    after = billing_period_at(date(2026, 5, 15), "America/New_York", usage)
    assert before == after
    assert local_day(usage, "America/New_York") == date(2026, 4, 1)
