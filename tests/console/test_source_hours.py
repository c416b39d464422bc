"""Where a source is silent, the inbox says so: by the hour that events tell of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from console.shell.hour_text import HEIGHT, SHOWN, HourChart, SourceRow, tell_hours
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.story import instant
from usage.queries import source_hours
from usage.queries.source_hours import ReportedHours, SourceHours, reported_hours

NOON = instant("2026-05-12T12:30")
MIDNIGHT = datetime(2026, 5, 12, tzinfo=UTC)


def counted(*, at: datetime = NOON) -> Sequence[int]:
    """What the only source told of each hour."""
    (source,) = reported_hours(at=at).sources
    return source.counts


@pytest.fixture
def reported(platform: Platform) -> Platform:
    """At 12:30, three events of 9 o'clock came, one of them held, one sent twice; one of 12."""
    platform.story.on("2026-05-12T12:30")
    for minute in ("00", "59"):
        platform.acme.uses("router.requests", "acme-web", f"2026-05-12T09:{minute}", quantity="1")
    platform.acme.uses("dyno.hibernated", "acme-web", "2026-05-12T09:30", quantity="1")
    event = {
        "type": "router.requests",
        "subject": "acme-web",
        "time": "2026-05-12T12:00:00+00:00",
        "data": {"quantity": "1"},
        "id": "twice",
    }
    platform.story.sends(event)
    platform.story.sends(event)
    return platform


def test_an_event_counts_once_in_the_hour_it_tells_of(reported: Platform) -> None:
    counts = counted()

    assert len(counts) == source_hours.HOURS
    assert (counts[-4], counts[-1], sum(counts)) == (3, 1, 4)


def test_an_event_that_comes_late_fills_its_hour(reported: Platform) -> None:
    reported.story.on("2026-05-12T12:45")
    reported.acme.uses("router.requests", "acme-web", "2026-05-12T10:10", quantity="1")

    assert counted()[-3] == 1


def test_events_of_long_ago_are_of_no_hour_shown(reported: Platform) -> None:
    assert sum(counted(at=NOON + timedelta(days=2))) == 0


def test_a_flood_of_requests_shortens_the_hours_and_not_the_truth(
    reported: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_hours, "RECEIPTS_MAX", 2)

    shown = reported_hours(at=NOON)

    assert (shown.hours, shown.first) == (1, instant("2026-05-12T12:00"))


def test_the_hours_cost_three_queries(
    reported: Platform,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    with django_assert_num_queries(3):
        reported_hours(at=NOON)


def test_the_inbox_shows_the_hours_to_support_and_to_operators(
    reported: Platform, support: Client, operator: Client
) -> None:
    pages = [client.get("/").content.decode() for client in (support, operator)]

    for page in pages:
        assert "Events an hour, by source" in words(page.encode())
        assert "hours__bar" in page
    assert "/usage/events/?source=" in pages[0]
    assert "/usage/events/?source=" not in pages[1]


# The words


def row_of(*counts: int) -> SourceRow:
    """A source whose last hour is not over; its first is midnight."""
    (row,) = chart_of(counts).rows
    return row


def chart_of(*sources: Sequence[int]) -> HourChart:
    told = [SourceHours(f"source-{number}", counts) for number, counts in enumerate(sources)]
    return tell_hours(ReportedHours(MIDNIGHT, len(sources[0]), told))


def kinds(row: SourceRow) -> str:
    return "".join(cell.kind[0] for cell in row.cells)


def test_a_source_that_reports_every_hour_has_nothing_to_say() -> None:
    row = row_of(5, 5, 5, 1)

    assert (row.said, row.is_silent, kinds(row)) == ("", False, "bbbn")


def test_an_hour_that_is_not_over_is_no_silence() -> None:
    row = row_of(5, 5, 5, 0)

    assert (row.said, row.is_silent) == ("The latest are of 02:00 to 03:00.", False)


def test_silence_longer_than_ever_before_is_said_and_drawn() -> None:
    row = row_of(5, 5, 5, 0, 0, 0)

    assert row.is_silent
    assert row.said == "Silent since 03:00; before that it told of every hour."
    assert kinds(row) == "bbbggg"


def test_silence_no_longer_than_before_is_none() -> None:
    assert not row_of(5, 0, 0, 5, 5, 0, 0, 0).is_silent
    assert row_of(5, 0, 0, 5, 5, 0, 0, 0, 0).said == (
        "Silent since 05:00; before that never for more than 2 hours."
    )


def test_a_gap_of_a_steady_source_is_said_and_drawn() -> None:
    row = row_of(5, 5, 5, 5, 5, 0, 5, 5, 5)

    assert (row.said, row.is_silent) == ("Nothing from 05:00 to 06:00.", False)
    assert kinds(row) == "bbbbbgbbn"


def test_empty_hours_of_a_source_that_reports_now_and_then_mean_nothing() -> None:
    row = row_of(5, 0, 0, 5, 0, 0, 0, 5, 0)

    assert (row.is_silent, kinds(row), row.empty_hours) == (False, "bbb", 5)


def test_hours_before_the_first_event_are_no_silence() -> None:
    row = row_of(0, 0, 0, 5, 5, 5)

    assert (row.is_silent, row.empty_hours, kinds(row)) == (False, 0, "bbn")


def test_a_source_seen_twice_is_not_called_silent() -> None:
    assert not row_of(5, 5, 0, 0, 0, 0).is_silent


def test_silent_sources_come_first_and_those_without_events_are_named() -> None:
    chart = chart_of([9, 9, 9, 9, 9, 9], [1, 1, 1, 0, 0, 0], [0] * 6)

    assert [row.name for row in chart.rows] == ["source-1", "source-0"]
    assert (chart.silent_count, list(chart.quiet)) == (1, ["source-2"])


def test_many_sources_are_counted_instead_of_drawn() -> None:
    chart = chart_of(*[[1, 1, 1]] * (SHOWN + 3))

    assert (len(chart.rows), chart.more_count) == (SHOWN, 3)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=24).filter(any))
def test_no_bar_leaves_its_row(counts: list[int]) -> None:
    for cell in row_of(*counts).cells:
        assert 0 <= float(cell.x) <= 100 - float(cell.width) + 0.02
        assert 0 <= float(cell.y) <= HEIGHT - float(cell.height) + 0.02
