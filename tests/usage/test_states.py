"""Time in a state, to the second, for whoever owned the resource in that second."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.operations import profiles, resources
from accounts.operations.profiles import ProfileTerms
from core.periods import Period
from tests.cast import account
from tests.people import PLATFORM
from tests.usage.world import (
    LATER,
    LONG_AGO,
    World,
    dynos,
    event,
    instant,
    meter,
    seconds,
    up_to_date,
)
from usage.aggregate.rules import Bucket
from usage.models import Interval, Meter
from usage.operations import meters
from usage.queries.evidence import EvidenceQuestion, evidence

BY: dict[str, Any] = {"by": PLATFORM, "reason": "As agreed"}


@pytest.fixture(autouse=True)
def _dynos(world: World) -> None:
    dynos()


def test_wA19_one_dyno_until_noon_and_two_after_are_36_dyno_hours(world: World):
    world.scales(("2026-05-01T00:00", "1", "1x"), ("2026-05-01T12:00", "2", "1x"))
    assert world.quantity("2026-05-01", "2026-05-02") == seconds(hours=36)


def test_wA20_five_seconds_and_seven_minutes_leave_the_rest_of_a_pool(world: World):
    world.scales(("2026-05-01T00:00:00", "1", "eco"), ("2026-05-01T00:00:05", "0", "eco"))
    world.scales(
        ("2026-05-02T00:00", "1", "eco"), ("2026-05-02T00:07", "0", "eco"), process="worker"
    )
    used = int(world.quantity("2026-05-01", "2026-06-01"))
    assert 1_000 * 3_600 - used == 3_599_575


def test_wH4_a_month_of_a_mixed_formation(world: World):
    formation = {"performance-m": "10", "standard-2x": "4", "basic": "6"}
    for size, quantity in formation.items():
        world.scales(("2026-04-20", quantity, size), process=size)
    month = int(seconds(days=31))
    assert world.by_size("2026-05-01", "2026-06-01") == {
        size: str(int(quantity) * month) for size, quantity in formation.items()
    }


def test_a_late_change_splits_the_days_it_falls_into(world: World):
    world.scales(("2026-05-01", "1", "1x"), ("2026-05-11", "0", "1x"))
    assert world.by_size("2026-05-01", "2026-06-01") == {"1x": seconds(days=10)}
    world.scales(("2026-05-05T06:00", "1", "2x"))
    assert world.by_size("2026-05-01", "2026-06-01") == {
        "1x": seconds(days=4, hours=6),
        "2x": seconds(days=5, hours=18),
    }


def test_an_interval_keeps_its_identity_while_it_says_the_same(world: World):
    world.scales(("2026-05-01", "1", "1x"), ("2026-05-11", "2", "1x"))
    world.metered("2026-05-01", "2026-06-01")
    first = Interval.objects.earliest("started_at").pk
    world.scales(("2026-05-20", "0", "1x"))
    world.metered("2026-05-01", "2026-06-01")
    assert Interval.objects.earliest("started_at").pk == first
    assert Interval.objects.count() == 2


def test_a_state_that_still_holds_counts_up_to_the_asked_instant(world: World):
    world.scales(("2026-05-01", "2", "1x"))
    assert world.quantity("2026-05-01", "2026-06-01") == seconds(days=62)
    until = "2026-05-02T06:00:00.5"
    assert world.quantity("2026-05-01", "2026-06-01", until=until) == "216001"


def test_a_state_reaches_across_months_until_it_ends(world: World):
    world.scales(("2026-04-20", "1", "1x"), ("2026-05-03", "0", "1x"))
    assert world.quantity("2026-04-01", "2026-05-01") == seconds(days=11)
    assert world.quantity("2026-05-01", "2026-06-01") == seconds(days=2)


def test_each_second_is_its_owners_in_that_second(world: World):
    other = account("Other", at=LONG_AGO)
    world.scales(("2026-05-01", "1", "1x"), ("2026-05-03", "0", "1x"))
    resources.transfer(resource=world.app, to=other, at=instant("2026-05-02T12:00:01"), **BY)
    first = world.quantity("2026-05-01", "2026-06-01")
    second = world.quantity("2026-05-01", "2026-06-01", of=other)
    assert (int(first), int(second)) == (36 * 3_600 + 1, 12 * 3_600 - 1)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_of_a_clock_change_has_its_own_length(world: World, day: str, hours: int):
    eastern = account("Eastern", zone="America/New_York", at=LONG_AGO)
    world.at = instant("2026-12-01")
    resources.transfer(resource=world.app, to=eastern, at=instant("2026-02-01"), **BY)
    meter_time = {"2026-03-08": "2026-02-20", "2026-11-01": "2026-10-20"}[day]
    world.at = instant(day)
    world.scales((meter_time, "1", "1x"))
    following = f"{day[:-1]}{int(day[-1]) + 1}"
    assert world.quantity(day, following, of=eastern) == seconds(hours=hours)


def test_days_add_up_to_the_month_across_a_change_of_zone(world: World):
    world.scales(("2026-04-20", "1", "1x"))
    profiles.revise(
        account=world.account,
        terms=ProfileTerms(legal_name="Owner", zone="Asia/Tokyo"),
        at=instant("2026-05-10T05:00"),
        **BY,
    )
    month = int(world.quantity("2026-05-01", "2026-06-01"))
    by_day = [
        int(world.quantity(f"2026-05-{day:02d}", f"2026-05-{day + 1:02d}")) for day in range(1, 31)
    ]
    assert sum(by_day) + int(world.quantity("2026-05-31", "2026-06-01")) == month
    assert month == int(seconds(days=31, hours=-9))


def test_states_end_when_their_meter_is_retired(world: World):
    world.scales(("2026-05-01", "1", "1x"))
    world.metered("2026-05-01", "2026-06-01")
    only = Meter.objects.get()
    meters.retire(meter=only, effective_until=instant("2026-05-06"), at=LATER, **BY)
    assert world.quantity("2026-05-01", "2026-06-01") == seconds(days=5)


def test_the_intervals_behind_a_figure_are_paged_and_add_up(world: World):
    world.scales(*[(f"2026-05-{day:02d}", str(day % 3), "1x") for day in range(1, 13)])
    question = EvidenceQuestion(
        account_id=world.account.pk,
        meter_id=Meter.objects.get().pk,
        period=Period(instant("2026-05-03T12:00"), instant("2026-05-11")),
        resource_id=world.app.pk,
        match={"size": "1x"},
    )
    up_to_date(world.account)
    first = evidence(question, limit=3)
    second = evidence(question, after=first.following, limit=3)
    found = [*first.intervals, *second.intervals]
    assert len(first.intervals) == 3
    assert second.following is None
    assert [(row.quantity, row.seconds) for row in found] == [
        (1, 86_400),
        (2, 86_400),
        (1, 86_400),
        (2, 86_400),
        (1, 86_400),
    ]


class TestMembers:
    """Distinct members with add and remove: a member is a state too."""

    @pytest.fixture(autouse=True)
    def _seats(self) -> None:
        shared: dict[str, Any] = {
            "event_type": "seat",
            "member_property": "user",
            "operation_property": "op",
        }
        meter("seats", "unique", **shared)
        meter("seat_days", "unique", bucket=Bucket.DAY, **shared)

    def told(self, world: World, *changes: tuple[str, str]) -> dict[str, str]:
        world.sends(
            *[
                event("seat", time, id=f"seat-{number}", user="u-1", op=operation)
                for number, (time, operation) in enumerate(changes)
            ]
        )
        found = world.metered("2026-05-01", "2026-06-01")
        return {each.meter_code: str(each.quantity) for each in found}

    def test_wA10_added_and_removed_twice_on_one_day_is_one_day_of_one_member(self, world: World):
        changes = [("10:00", "add"), ("11:00", "remove"), ("12:00", "add"), ("13:00", "remove")]
        found = self.told(world, *[(f"2026-05-07T{at}", what) for at, what in changes])
        assert found == {"seats": "1", "seat_days": "1"}

    def test_wA11_removed_and_added_again_on_one_day_is_continuous_use(self, world: World):
        """From the 27th on; the 28th counts once."""
        found = self.told(
            world,
            ("2026-05-27T09:00", "add"),
            ("2026-05-28T10:00", "remove"),
            ("2026-05-28T11:00", "add"),
        )
        assert found == {"seats": "1", "seat_days": "5"}

    def test_T14_removing_who_was_never_added_counts_nothing(self, world: World):
        """lago-api#5906: a negative state inflated the bill."""
        found = self.told(
            world,
            ("2026-05-01T09:00", "remove"),
            ("2026-05-02T09:00", "remove"),
            ("2026-05-03T00:00", "add"),
            ("2026-05-04T00:00", "remove"),
        )
        assert found == {"seats": "1", "seat_days": "1"}

    def test_a_member_stays_until_removed(self, world: World):
        found = self.told(world, ("2026-04-02T09:00", "add"))
        assert found == {"seats": "1", "seat_days": "31"}
