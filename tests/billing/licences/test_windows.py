"""Windows, what they are granted and what becomes of the rest, without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.licences.windows import (
    CutWindow,
    Pace,
    RampStep,
    Rollover,
    WindowLength,
    amended,
    close_window,
    windows,
)
from core.periods import Period, local_midnight, month_day

D = Decimal


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def term(start: str, end: str) -> Period:
    return Period(at(start), at(end))


def granted(pace: Pace, of: Period) -> list[Decimal]:
    return [each.granted for each in windows(pace, of, "UTC")]


def test_TD37_a_window_that_the_term_cuts_holds_its_part() -> None:
    of = term("2026-10-05", "2026-11-20")  # the second window has 15 of its 30 days
    assert granted(Pace(WindowLength.MONTH, D(600)), of) == [D(600), D(300)]
    whole = Pace(WindowLength.MONTH, D(600), cut=CutWindow.WHOLE)
    assert granted(whole, of) == [D(600), D(600)]
    half = term("2026-11-01", "2026-11-16")
    assert granted(Pace(WindowLength.MONTH, D(600)), half) == [D("300.00")]


def test_a_ramp_says_what_each_window_holds_from_then_on() -> None:
    pace = Pace(WindowLength.QUARTER, D(100), ramp=(RampStep(2, D(150)), RampStep(4, D(220))))
    assert granted(pace, term("2026-01-01", "2027-01-01")) == [D(100), D(150), D(150), D(220)]


def test_a_term_is_one_window() -> None:
    assert granted(Pace(WindowLength.TERM, D(4800)), term("2026-02-01", "2027-02-01")) == [D(4800)]


def test_TD38_more_from_the_16th_is_that_part_of_the_window_more() -> None:
    pace = Pace(WindowLength.MONTH, D(2000))
    (july,) = windows(pace, term("2026-07-01", "2026-08-01"), "UTC")
    assert amended(pace, D(2000), D(3000), july, at("2026-07-16")) == D("516.13")
    whole = Pace(WindowLength.MONTH, D(2000), cut=CutWindow.WHOLE)
    assert amended(whole, D(2000), D(3000), july, at("2026-07-16")) == 0
    assert amended(whole, D(2000), D(3000), july, at("2026-07-01")) == D(1000)


def rolled(pace: Pace, used: list[int]) -> tuple[list[Decimal], list[Decimal], Decimal]:
    """What each window begins with, what expires at its end, and what was over all of them."""
    begins, expires, over, carried = [], [], D(0), D(0)
    for position, units in enumerate(used):
        own = pace.quantity
        begins.append(own + carried)
        from_carried = min(D(units), carried)
        from_own = min(D(units) - from_carried, own)
        over += D(units) - from_carried - from_own
        left = close_window(
            pace,
            own=own - from_own,
            carried=carried - from_carried,
            next_granted=pace.quantity if position + 1 < len(used) else None,
        )
        expires.append(left.own_expires + left.carried_expires)
        carried = left.own_rolls + left.carried_rolls
    return begins, expires, over


def test_TD35_what_rolled_expires_before_the_own_units_roll() -> None:
    pace = Pace(WindowLength.MONTH, D(1000), rollover=Rollover.ONE_WINDOW)
    begins, expires, over = rolled(pace, [800, 150, 2100])
    assert begins == [D(1000), D(1200), D(2000)]
    assert expires == [D(0), D(50), D(0)]
    assert over == D(100)


def test_TD36_a_most_that_rolls_counts_all_that_a_window_begins_with() -> None:
    pace = Pace(WindowLength.MONTH, D(300), rollover=Rollover.TO_THE_END, cap=D(1080))
    begins, expires, _ = rolled(pace, [0] * 10)
    assert begins == [D(300), D(600), D(900), *[D(1080)] * 7]
    assert expires == [D(0), D(0), D(120), *[D(300)] * 6, D(1080)]
    assert sum(expires[:-1]) == D(1920)


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=12),
    st.sampled_from(list(Rollover)),
    st.none() | st.integers(0, 900),
)
def test_all_that_was_granted_was_drawn_or_expired(
    used: list[int], rollover: Rollover, cap: int | None
) -> None:
    cap = None if rollover is Rollover.NONE else cap
    pace = Pace(WindowLength.MONTH, D(300), rollover=rollover, cap=None if cap is None else D(cap))
    _, expires, over = rolled(pace, used)
    assert 300 * len(used) == sum(used) - over + sum(expires)


@pytest.mark.parametrize("window", list(WindowLength))
@given(st.dates(date(2020, 1, 1), date(2028, 1, 1)), st.integers(1, 96))
def test_windows_tile_a_term_for_eight_years_from_any_day(
    window: WindowLength, starts: date, months: int
) -> None:
    zone = "America/New_York"
    of = Period(local_midnight(starts, zone), local_midnight(month_day(starts, months), zone))
    found = windows(Pace(window, D(10)), of, zone)
    assert found[0].span.start == of.start
    assert found[-1].span.end == of.end
    assert all(a.span.end == b.span.start for a, b in pairwise(found))
    assert [each.number for each in found] == list(range(1, len(found) + 1))
