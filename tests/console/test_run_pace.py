"""A run's progress over time: a line that only rises, and words for where it stood still."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from billing.invoicing.models import BillRunItem
from billing.invoicing.queries.run_pace import SLICES, PaceSlice, RunPace, run_pace
from billing.invoicing.queries.run_progress import RunProgress
from console.runs.pace_text import HEIGHT, WIDTH, PaceChart, tell_pace
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.story import instant

START = instant("2026-05-02T00:00")


def told(*settled: int, length: timedelta = timedelta(minutes=1)) -> PaceChart:
    total = sum(settled)
    progress = RunProgress(total, 0, total, 0, 0, 0, finished=True)
    chart = tell_pace(RunPace(START, length, [PaceSlice(each, 0) for each in settled]), progress)
    assert chart is not None
    return chart


def plain(chart: PaceChart) -> str:
    return chart.sentence.replace("\u00a0", " ")


def settle(platform: Platform, *instants: datetime) -> None:
    """The periods of the run were settled then."""
    items = BillRunItem.objects.filter(run=platform.run).order_by("pk")
    for item, at in zip(items, instants, strict=True):
        item.settled_at = at
        item.save()


def test_the_slices_of_a_run_hold_every_period_it_settled(platform: Platform) -> None:
    run = platform.run
    run.finished_at = run.started_at + timedelta(hours=1)
    settle(platform, run.started_at, run.finished_at)

    pace = run_pace(run, at=run.finished_at)

    assert (len(pace.slices), pace.length) == (SLICES, timedelta(minutes=1))
    assert (pace.slices[0].settled, pace.slices[-1].settled) == (1, 1)
    assert sum(each.parked for each in pace.slices) == 1


def test_what_is_tried_again_after_the_end_counts_at_the_end(platform: Platform) -> None:
    run = platform.run
    run.finished_at = run.started_at + timedelta(minutes=1)
    settle(platform, run.started_at, run.finished_at + timedelta(days=3))

    assert run_pace(run, at=run.finished_at).slices[-1].settled == 1


def test_a_run_page_draws_the_run_and_says_where_it_stood_still(
    platform: Platform, support: Client
) -> None:
    run = platform.run
    run.finished_at = run.started_at + timedelta(hours=1)
    run.save()
    settle(platform, run.started_at, run.finished_at)

    html = support.get(f"/runs/{run.public_id}/").content
    page = words(html)

    assert b"plot__line" in html
    assert "2 of 2 periods in 1 h. It stood still for 58 min from" in page


def test_a_run_that_was_over_in_a_moment_is_not_drawn(platform: Platform, support: Client) -> None:
    assert b"plot__line" not in support.get(f"/runs/{platform.run.public_id}/").content


def test_a_run_that_never_stood_still_says_so() -> None:
    assert plain(told(5, 5, 5)) == "15 of 15 periods in 3 min. It never stood still for a minute."


def test_the_longest_stretch_without_progress_is_the_one_that_is_said() -> None:
    chart = told(5, 0, 0, 5, 0, 0, 0, 5)

    assert "It stood still for 3 min from 2 May 2026, 00:04 UTC on." in plain(chart)


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=60).filter(any))
def test_the_line_only_rises_and_ends_at_the_top(settled: list[int]) -> None:
    chart = told(*settled)

    corners = [each.split(",") for each in chart.line.split()]
    across, down = ([float(corner[axis]) for corner in corners] for axis in (0, 1))
    assert (across, down) == (sorted(across), sorted(down, reverse=True))
    assert (across[-1], down[0], down[-1]) == (WIDTH, HEIGHT, 0)
    assert chart.rows[-1].settled == sum(settled)
