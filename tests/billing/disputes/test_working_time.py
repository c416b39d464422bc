"""When a promise is due: in working time, under a calendar, without pauses."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.disputes.working_time import NeverOpen, OpenHours, PromiseClock, due_at, used

BERLIN = "Europe/Berlin"
WEEKDAYS = OpenHours(BERLIN, {day: [(time(9), time(17))] for day in range(5)})


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def test_td13_paused_time_is_working_time_that_did_not_go_by() -> None:
    clock = PromiseClock(
        berlin("2026-10-24T12:00"),
        timedelta(hours=8),
        [(berlin("2026-10-26T13:00"), berlin("2026-10-27T18:30"))],
    )
    assert due_at(clock, WEEKDAYS) == datetime(2026, 10, 28, 12, tzinfo=UTC)
    assert due_at(clock, WEEKDAYS) == berlin("2026-10-28T13:00")


def test_td13_a_pause_in_closed_hours_moves_nothing() -> None:
    night = [(berlin("2026-10-26T17:00"), berlin("2026-10-27T09:00"))]
    for pauses in ([], night):
        clock = PromiseClock(berlin("2026-10-26T09:00"), timedelta(hours=9), pauses)
        assert due_at(clock, WEEKDAYS) == berlin("2026-10-27T10:00")


def test_td14_a_week_of_one_day() -> None:
    tuesdays = OpenHours("UTC", {1: [(time(8), time(17))]})
    clock = PromiseClock(datetime(2026, 11, 2, 10, tzinfo=UTC), timedelta(hours=12))
    assert due_at(clock, tuesdays) == datetime(2026, 11, 10, 11, tzinfo=UTC)


def test_td14_hours_without_an_open_one_are_refused() -> None:
    with pytest.raises(NeverOpen):
        OpenHours("UTC", {})
    with pytest.raises(NeverOpen):
        OpenHours("UTC", {0: [(time(9), time(9))]})


def test_td14_a_search_ends_where_every_open_day_is_closed() -> None:
    first = date(2026, 11, 3)
    closed = frozenset(first + timedelta(days=7 * week) for week in range(200))
    tuesdays = OpenHours("UTC", {1: [(time(8), time(17))]}, closed)
    clock = PromiseClock(datetime(2026, 11, 2, 10, tzinfo=UTC), timedelta(hours=1))
    assert due_at(clock, tuesdays) is None


def test_a_paused_promise_is_not_due() -> None:
    clock = PromiseClock(
        berlin("2026-10-26T09:00"), timedelta(hours=8), [(berlin("2026-10-26T10:00"), None)]
    )
    assert due_at(clock, WEEKDAYS) is None
    assert used(clock, WEEKDAYS, at=berlin("2026-10-30T10:00")) == timedelta(hours=1)


@given(
    start=st.integers(0, 60 * 24 * 14),
    target=st.integers(1, 60 * 40),
    pauses=st.lists(st.integers(1, 60 * 24), max_size=6),
)
def test_what_has_gone_by_when_it_is_due_is_the_promise(
    start: int, target: int, pauses: list[int]
) -> None:
    begins = datetime(2026, 10, 19, tzinfo=UTC) + timedelta(minutes=start)
    at = begins
    spans: list[tuple[datetime, datetime]] = []
    for number, length in enumerate(pauses):
        at += timedelta(minutes=length)
        if number % 2:
            spans[-1] = (spans[-1][0], at)
        else:
            spans.append((at, at))
    ended = [(one, two) for one, two in spans if one < two]
    clock = PromiseClock(begins, timedelta(minutes=target), ended)
    due = due_at(clock, WEEKDAYS)
    assert due is not None
    assert used(clock, WEEKDAYS, at=due) == clock.target
    assert used(clock, WEEKDAYS, at=due - timedelta(minutes=1)) < clock.target
