"""The days of an account whose zone moves: west, east, over the date line, at a clock change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.operations import profiles, resources
from accounts.operations.profiles import ProfileTerms
from core.periods import local_day
from tests.cast import account
from tests.people import ADA
from tests.usage.world import WHY, World, dynos, instant, meter
from usage.days import ZoneSpan, day_at, day_starts, days_of, period_of
from usage.derivation import rebuild
from usage.derivation.refresh import refresh
from usage.models import UsageDay

pytestmark = pytest.mark.django_db

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Pacific/Chatham",
)
# Hypothesis wants naive bounds and puts the zone on itself. Samoa skipped 30 December 2011.
SAMOA = (datetime(2011, 12, 25), datetime(2012, 1, 5))  # noqa: DTZ001
CLOCKS = (datetime(2026, 10, 20), datetime(2026, 11, 8))  # noqa: DTZ001
OPENED = datetime(2000, 1, 1, tzinfo=UTC)


def moves(bounds: tuple[datetime, datetime]) -> st.SearchStrategy[list[ZoneSpan]]:
    """Up to five zones, each from some instant within the bounds on."""
    at = st.datetimes(*bounds, timezones=st.just(UTC))
    return st.builds(
        spans_of,
        st.lists(st.sampled_from(ZONES), min_size=5, max_size=5),
        st.lists(at, max_size=4, unique=True),
    )


def spans_of(zones: list[str], changes: list[datetime]) -> list[ZoneSpan]:
    starts = [OPENED, *sorted(changes)]
    return [
        ZoneSpan(zone, start, end)
        for zone, start, end in zip(zones, starts, [*starts[1:], None], strict=False)
    ]


@pytest.mark.parametrize("bounds", [SAMOA, CLOCKS])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_instant_belongs_to_one_day_whatever_the_moves(
    bounds: tuple[datetime, datetime], data: st.DataObject
) -> None:
    zones = data.draw(moves(bounds))
    first = bounds[0].date() - timedelta(days=3)
    days = [first + timedelta(days=offset) for offset in range(24)]
    starts = [day_starts(zones, day) for day in days]
    assert starts == sorted(starts)
    at = data.draw(st.datetimes(*bounds, timezones=st.just(UTC)))
    for instant_of in (at, *(start for start in starts[1:-1])):
        day = day_at(zones, instant_of)
        assert day_starts(zones, day) <= instant_of < day_starts(zones, day + timedelta(days=1))
    for (day, start), (_, end) in pairwise(zip(days, starts, strict=True)):
        period = period_of(zones, day, day + timedelta(days=1))
        assert (period is None) == (start == end)
        if period is not None:
            assert days_of(zones, period) == (day, day + timedelta(days=1))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.datetimes(*CLOCKS, timezones=st.just(UTC)), zone=st.sampled_from(ZONES))
def test_with_one_zone_the_day_is_that_of_its_clock(at: datetime, zone: str) -> None:
    assert day_at([ZoneSpan(zone, OPENED, None)], at) == local_day(at, zone)


def test_hours_that_come_again_in_the_west_stay_with_the_later_day() -> None:
    zones = spans_of(["Europe/Berlin", "America/New_York"], [instant("2026-10-01")])
    assert [day_at(zones, instant(f"2026-{at}")) for at in ("09-30T21:59", "09-30T22:00")] == [
        date(2026, 9, 30),
        date(2026, 10, 1),
    ]
    assert day_at(zones, instant("2026-10-01T01:00")) == date(2026, 10, 1)
    assert day_starts(zones, date(2026, 10, 2)) == instant("2026-10-02T04:00")


def test_a_day_that_the_move_skips_has_no_instants() -> None:
    """From Pago Pago to Kiritimati the date goes on by one and a day."""
    zones = spans_of(["Pacific/Pago_Pago", "Pacific/Kiritimati"], [instant("2026-10-01T11:00")])
    assert period_of(zones, date(2026, 10, 1), date(2026, 10, 2)) is None
    assert day_at(zones, instant("2026-10-01T11:00")) == date(2026, 10, 2)


def move(world: World, at: str, zone: str) -> None:
    terms = ProfileTerms(legal_name="Owner Ltd", zone=zone)
    profiles.revise(account=world.account, terms=terms, at=instant(at), by=ADA, reason=WHY)


def different(world: World) -> list[str]:
    (comparison,) = rebuild.compare([world.account.pk])
    assert comparison.examined
    return [str(each) for each in comparison.differences]


def test_a_day_that_comes_again_is_counted_once() -> None:
    world = World(zone="Europe/Berlin")
    meter("reads")
    world.uses(
        "reads",
        ("2026-05-10T21:30", "1"),
        ("2026-05-10T23:00", "1"),
        ("2026-05-11T01:00", "1"),
        ("2026-05-11T05:00", "1"),
    )
    move(world, "2026-05-11", "America/New_York")
    assert world.quantity("2026-05-10", "2026-05-11") == "1"
    assert world.quantity("2026-05-11", "2026-05-12") == "3"
    assert different(world) == []
    list(rebuild.rebuild([world.account.pk]))
    assert UsageDay.objects.count() == 2


def test_what_is_sent_after_the_move_is_added_to_the_same_days() -> None:
    world = World(zone="Europe/Berlin")
    meter("reads")
    move(world, "2026-05-11", "America/New_York")
    world.uses("reads", ("2026-05-10T23:00", "1"), ("2026-05-11T01:00", "1"))
    refresh([world.account.pk])
    world.uses("reads", ("2026-05-11T05:00", "1"), ("2026-05-12T03:59", "1"))
    assert world.quantity("2026-05-11", "2026-05-12") == "4"
    assert different(world) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
        ("Pacific/Pago_Pago", "Pacific/Kiritimati"),
        ("America/New_York", "Europe/Berlin"),
        ("Asia/Kathmandu", "America/New_York"),
    ],
)
@pytest.mark.parametrize("at", ["2026-05-11", "2026-05-11T10:30", "2026-05-31T20:00"])
def test_days_add_up_to_the_whole_over_a_move(before: str, after: str, at: str) -> None:
    world = World(zone=before)
    meter("reads")
    dynos()
    world.scales(("2026-05-07", "1", "1x"))
    hours = [
        (f"2026-05-{day:02}T{hour:02}:15", "1") for day in (10, 11, 12, 31) for hour in range(24)
    ]
    world.uses("reads", *hours)
    move(world, at, after)
    days = [date(2026, 5, 8) + timedelta(days=offset) for offset in range(26)]
    found = [
        each for first, until in pairwise(days) for each in world.metered(f"{first}", f"{until}")
    ]
    counted = sum(each.quantity for each in found if each.meter_code == "reads")
    held = sum(each.quantity for each in found if each.meter_code == "dyno_seconds")
    zones = spans_of([before, after], [instant(at)])
    start, end = day_starts(zones, days[0]), day_starts(zones, days[-1])
    assert counted == len(hours)
    assert held == int((end - start).total_seconds())
    assert different(world) == []


def test_an_app_that_comes_back_within_a_day_is_counted_once() -> None:
    """Two transfers in one day: the first owner has the morning and the evening."""
    world = World()
    meter("reads")
    other = account("Other")
    for at, to in (("2026-05-11T10:00", other), ("2026-05-11T14:00", world.account)):
        resources.transfer(resource=world.app, to=to, at=instant(at), by=ADA, reason=WHY)
    world.uses(
        "reads",
        ("2026-05-11T09:00", "1"),
        ("2026-05-11T12:00", "10"),
        ("2026-05-11T15:00", "100"),
    )
    list(rebuild.rebuild())
    assert world.quantity("2026-05-11", "2026-05-12") == "101"
    assert world.quantity("2026-05-11", "2026-05-12", of=other) == "10"
    assert different(world) == []
