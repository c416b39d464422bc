"""A window that ends within a day: what was so far, to the microsecond, however it is counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.usage.world import World, dynos, instant, meter, used
from usage.models import Meter
from usage.queries.quantities import MeteredQuantity, UsageWindow

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
MAY_STARTS = datetime(2026, 5, 1, tzinfo=UTC)
SECONDS_OF_MAY = 31 * 86_400


def window(world: World, before: str | datetime | None = None) -> UsageWindow:
    at = instant(before) if isinstance(before, str) else before
    return UsageWindow(world.account.pk, MAY, JUNE, before=at)


def so_far(world: World, before: str | datetime | None) -> Decimal:
    found = used([window(world, before)])
    return found[0].quantity if found else Decimal(0)


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("sum", ["0", "5", "5", "14"]),
        ("count", ["0", "1", "1", "3"]),
        ("max", ["0", "5", "5", "7"]),
        ("min", ["0", "5", "5", "2"]),
        ("mean", ["0", "5", "5", "4.6666666667"]),
        ("latest", ["0", "5", "5", "2"]),
        ("percentile", ["0", "5", "5", "7"]),
    ],
)
def test_an_event_counts_before_a_cut_or_after_it(
    world: World, aggregation: str, expected: list[str]
):
    meter("reads", aggregation)
    world.uses(
        "reads",
        ("2026-05-16T09:59:59.999999", "5"),
        ("2026-05-16T10:00", "7"),
        ("2026-05-20", "2"),
    )
    cuts = ["2026-05-16T09:59:59.999999", "2026-05-16T10:00", "2026-05-16T10:00", None]
    assert [str(so_far(world, cut)) for cut in cuts] == expected


def test_a_time_weighted_sum_grows_with_the_time_it_was_held(world: World):
    meter("disk", "time_weighted_sum")
    world.uses("disk", ("2026-05-01", "31"))
    assert so_far(world, "2026-05-02T12:00") == Decimal("1.5")


def test_seconds_of_a_state_are_cut_at_the_instant(world: World):
    dynos()
    world.scales(("2026-05-16T06:00", "2", "1x"))
    assert so_far(world, "2026-05-16T09:30") == 2 * 3_600 * Decimal("3.5")


def test_dimensions_of_a_cut_day_meet_those_of_whole_days(world: World):
    meter("calls", "sum", dimensions=("region", "tier"))
    for time in ("2026-05-10", "2026-05-16T09:00"):
        world.uses("calls", (time, "3"), region="eu-wéßt", tier="a")
    (found,) = used([window(world, "2026-05-16T10:00")])
    assert (found.quantity, found.event_count) == (6, 2)


def test_a_cut_at_a_local_midnight_needs_no_raw_event(world: World):
    meter("reads")
    world.uses("reads", ("2026-05-15T23:59", "5"), ("2026-05-16T00:00", "7"))
    with CaptureQueriesContext(connection) as captured:
        assert so_far(world, "2026-05-16") == 5
    assert not [each for each in captured.captured_queries if "usage_event " in each["sql"]]


def test_any_number_of_cuts_costs_the_same_queries(world: World):
    meter("reads")
    world.uses("reads", ("2026-05-10T10:00", "5"), ("2026-05-20T10:00", "7"))
    counts = []
    for days in (1, 20):
        cuts = [MAY_STARTS + timedelta(days=day, hours=11) for day in range(9, 9 + days)]
        with CaptureQueriesContext(connection) as captured:
            used([window(world, cut) for cut in cuts])
        counts.append(len(captured))
    assert counts[0] == counts[1]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cuts=st.lists(st.integers(0, SECONDS_OF_MAY), max_size=6))
def test_what_lies_between_cuts_adds_up_to_the_whole(world: World, cuts: list[int]):
    _tell_once(world)
    bounds = [MAY_STARTS + timedelta(seconds=cut) for cut in sorted(cuts)]
    questions = [window(world, MAY_STARTS), *(window(world, at) for at in bounds), window(world)]
    found = used(questions)
    for code in ("reads", "dyno_seconds"):
        figures = [_of(found, code, position) for position in range(len(questions))]
        between = [later - earlier for earlier, later in pairwise(figures)]
        assert figures[0] == 0
        assert all(each >= 0 for each in between)
        assert sum(between) == figures[-1] > 0


def _of(found: list[MeteredQuantity], code: str, position: int) -> Decimal:
    mine = (each for each in found if each.meter_code == code and each.window == position)
    return sum((each.quantity for each in mine), Decimal(0))


def _tell_once(world: World) -> None:
    if Meter.objects.exists():
        return
    meter("reads")
    dynos()
    world.uses(
        "reads",
        *[(f"2026-05-{day:02d}T{day % 24:02d}:30", str(day)) for day in range(1, 32)],
    )
    world.scales(("2026-05-03T05:00", "2", "1x"), ("2026-05-19T17:00", "0", "1x"))
