"""Billing periods of one account: counted from the anchor, tiling across zone changes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.queries.profiles import ZoneSpan
from billing.invoicing.drafting.calendar import SHORTEST_MONTH, BillingCalendar

OPENED = datetime(2024, 1, 1, tzinfo=UTC)
# Hypothesis wants naive bounds and puts the zone on itself.
NAIVE_FROM, NAIVE_UNTIL = datetime(2024, 6, 1), datetime(2027, 6, 1)  # noqa: DTZ001
ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")


def calendar(anchor: date, *zones: tuple[datetime, str]) -> BillingCalendar:
    return BillingCalendar(anchor, [ZoneSpan(zone, since, None) for since, zone in zones])


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_months_start_at_local_midnight_of_the_anchor_day() -> None:
    amsterdam = calendar(date(2026, 1, 15), (OPENED, "Europe/Amsterdam"))
    assert amsterdam.period(0).start == utc(2026, 1, 14, 23)
    assert amsterdam.period(3).start == utc(2026, 4, 14, 22)  # summer time


def test_an_anchor_on_the_31st_returns_to_the_31st_after_february() -> None:
    months = calendar(date(2026, 1, 31), (OPENED, "UTC"))
    assert [months.starts(n).date().isoformat() for n in range(4)] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


def test_the_end_of_a_period_belongs_to_the_next_one() -> None:
    months = calendar(date(2026, 1, 1), (OPENED, "UTC"))
    assert months.number_at(utc(2026, 2, 1)) == 1
    assert months.number_at(datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)) == 0


def test_a_new_zone_counts_from_the_next_boundary() -> None:
    moved = calendar(
        date(2026, 1, 1), (OPENED, "Europe/Amsterdam"), (utc(2026, 3, 10), "America/New_York")
    )
    assert moved.period(2).start == utc(2026, 2, 28, 23)  # March began in Amsterdam
    assert moved.period(2).end == utc(2026, 4, 1, 4)  # and ends in New York
    assert moved.zone_of(2) == "Europe/Amsterdam"
    assert moved.zone_of(3) == "America/New_York"


def test_a_zone_that_starts_exactly_at_a_boundary_leaves_that_boundary_alone() -> None:
    boundary = utc(2026, 2, 28, 23)
    moved = calendar(date(2026, 1, 1), (OPENED, "Europe/Amsterdam"), (boundary, "America/New_York"))
    assert moved.period(1).end == boundary
    assert moved.zone_of(2) == "America/New_York"


def test_a_zone_change_that_skips_the_midnight_begins_the_month_at_the_change() -> None:
    at = utc(2026, 3, 1, 2)  # 21:00 on 28 February in New York, 03:00 on 1 March in Amsterdam
    moved = calendar(date(2026, 1, 1), (OPENED, "America/New_York"), (at, "Europe/Amsterdam"))
    assert moved.period(1).end == at
    assert moved.period(2).start == at


@given(
    anchor=st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    moves=st.lists(
        st.tuples(
            st.datetimes(NAIVE_FROM, NAIVE_UNTIL, timezones=st.just(UTC)),
            st.sampled_from(["Pacific/Kiritimati", "Etc/GMT+12", *ZONES]),
        ),
        max_size=4,
    ),
    n=st.integers(1, 40),
)
def test_a_month_is_never_so_short_that_planning_passes_it_over(
    anchor: date, moves: list[tuple[datetime, str]], n: int
) -> None:
    """What was billed ends with a month, so nothing after it is due for as long as this."""
    months = calendar(anchor, (OPENED, "Etc/GMT+12"), *sorted(moves))
    assert months.starts(n + 1) - months.starts(n) >= SHORTEST_MONTH


def test_the_shortest_month_is_a_february_from_the_west_to_the_east() -> None:
    moved = calendar(
        date(2026, 1, 1), (OPENED, "Etc/GMT+12"), (utc(2026, 2, 10), "Pacific/Kiritimati")
    )
    february = moved.starts(2) - moved.starts(1)
    assert SHORTEST_MONTH <= february < SHORTEST_MONTH + timedelta(days=1)


@pytest.mark.parametrize(
    ("until", "numbers"),
    [
        (utc(2026, 2, 1), [0]),  # January ended exactly now
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), []),
        (utc(2026, 4, 15), [0, 1, 2]),
    ],
)
def test_only_ended_months_are_due(until: datetime, numbers: list[int]) -> None:
    months = calendar(date(2026, 1, 1), (OPENED, "UTC"))
    assert list(months.ended_between(utc(2026, 1, 20), until)) == numbers


@given(
    anchor=st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    first=st.sampled_from(ZONES),
    second=st.sampled_from(ZONES),
    changed=st.datetimes(NAIVE_FROM, NAIVE_UNTIL, timezones=st.just(UTC)),
)
def test_periods_tile_whatever_the_anchor_and_the_zones(
    anchor: date, first: str, second: str, changed: datetime
) -> None:
    months = calendar(anchor, (OPENED, first), (changed, second))
    for n in range(48):
        period = months.period(n)
        assert period.start < period.end
        assert months.period(n + 1).start == period.end
        assert months.number_at(period.start) == n
