"""Quantities of billing windows: local days, carried balances, and what is behind a figure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.operations import resources
from core.periods import Period
from tests.cast import account, resource
from tests.people import PLATFORM
from tests.usage.world import LATER, LONG_AGO, World, days, dynos, event, instant, meter, send, used
from usage.derivation.refresh import refresh
from usage.models import Meter, StaleUsage, UsageDay
from usage.queries.evidence import EvidenceQuestion, evidence
from usage.queries.quantities import UsageWindow

MAY = ("2026-05-01", "2026-06-01")
BY: dict[str, Any] = {"by": PLATFORM, "reason": "As agreed"}


class TestLocalDays:
    def test_wI7_an_event_belongs_to_the_local_day_of_its_account(self, db: None):
        world = World(zone="America/Los_Angeles", at=instant("2024-02-02"))
        meter("requests")
        world.uses("requests", ("2024-02-01T06:30", "1"))
        assert days() == [("2024-01-31", "1")]

    def test_the_last_microsecond_of_a_month_belongs_to_it(self, world: World):
        meter("requests")
        world.uses("requests", ("2026-04-30T23:59:59.999999", "1"), ("2026-05-01", "2"))
        assert (world.quantity("2026-04-01", "2026-05-01"), world.quantity(*MAY)) == ("1", "2")

    def test_T13_the_first_event_of_a_period_is_in_it(self, world: World):
        """lago-api#5583: a bound in milliseconds against instants in microseconds dropped it."""
        meter("requests")
        world.uses("requests", ("2026-05-01T00:00:00", "1"), ("2026-05-01T00:00:00.000001", "2"))
        world.uses(
            "requests", ("2026-05-31T23:59:59.999999", "4"), ("2026-04-30T23:59:59.9999", "8")
        )
        assert (world.quantity("2026-04-01", "2026-05-01"), world.quantity(*MAY)) == ("8", "7")
        cut = instant("2026-05-01T00:00:00.000001")
        first = UsageWindow(world.account.pk, date(2026, 5, 1), date(2026, 6, 1), before=cut)
        assert [str(each.quantity) for each in used([first])] == ["1"]

    def test_T15_days_do_not_depend_on_when_the_account_was_opened(self, db: None):
        """killbill#1934: an offset taken once, before a clock change, moved every later day."""
        meter("requests")
        found = []
        for number, opened in enumerate(("2026-01-01", "2026-04-15")):
            owner = account(f"Owner {number}", zone="Europe/Berlin", at=instant(opened))
            resource(f"app-{number}", of=owner, at=instant(opened))
            send(
                event("requests", "2026-04-30T22:30", id=f"r-{number}", subject=f"app-{number}",
                      quantity="1"),
            )  # fmt: skip
            found.append(UsageDay.objects.get(account=owner).day)
        assert found == [date(2026, 5, 1), date(2026, 5, 1)]


class TestMerging:
    def test_a_maximum_is_of_the_month_and_not_added_up(self, world: World):
        meter("storage", "max")
        world.uses("storage", ("2026-05-03", "10"), ("2026-05-09", "12.5"), ("2026-05-20", "7"))
        assert world.quantity(*MAY) == "12.5"

    def test_a_member_of_many_days_is_one(self, world: World):
        meter("users", "unique", event_type="active", member_property="user")
        for number, (day, user) in enumerate([(3, "u1"), (4, "u1"), (4, "u2"), (9, "u1")]):
            world.sends(event("active", f"2026-05-{day:02d}", id=f"a-{number}", user=user))
        assert world.quantity(*MAY) == "2"

    def test_a_mean_weighs_every_event_alike(self, world: World):
        meter("response_ms", "mean")
        world.uses("response_ms", ("2026-05-03", "10"), ("2026-05-04", "20"), ("2026-05-04", "60"))
        assert world.quantity(*MAY) == "30"

    def test_presentation_dimensions_do_not_split_a_quantity(self, world: World):
        meter("requests", dimensions=("region",), presentation=("path",))
        world.uses("requests", ("2026-05-03", "1"), region="eu", path="/a")
        world.uses("requests", ("2026-05-03", "2"), region="eu", path="/b")
        world.uses("requests", ("2026-05-03", "4"), region="us", path="/a")
        found = {each.dimensions["region"]: str(each.quantity) for each in world.metered(*MAY)}
        assert found == {"eu": "3", "us": "4"}
        assert UsageDay.objects.count() == 3

    def test_several_windows_are_answered_at_once(self, world: World):
        meter("requests")
        world.uses("requests", *[(f"2026-05-{day:02d}", str(day)) for day in range(1, 4)])
        windows = [
            UsageWindow(world.account.pk, date(2026, 5, day), date(2026, 5, day + 1))
            for day in range(1, 4)
        ]
        found = [(each.window, str(each.quantity)) for each in used(windows)]
        assert found == [(0, "1"), (1, "2"), (2, "3")]

    def test_any_number_of_accounts_costs_the_same_queries(
        self, world: World, django_assert_max_num_queries: Any
    ):
        meter("requests")
        owners = [world.account, *[account(f"Owner {n}", at=LONG_AGO) for n in range(20)]]
        windows = [UsageWindow(owner.pk, date(2026, 5, 1), date(2026, 6, 1)) for owner in owners]
        with django_assert_max_num_queries(5):
            used(windows)


class TestCarryingOver:
    def test_a_total_continues_into_the_next_month(self, world: World):
        meter("seats", carries_over=True, signed=True)
        world.uses("seats", ("2026-04-10", "5"), ("2026-04-20", "-2"), ("2026-05-10", "4"))
        (april,), (may,) = world.metered("2026-04-01", "2026-05-01"), world.metered(*MAY)
        assert (april.opening, april.quantity) == (0, 3)
        assert (may.opening, may.quantity) == (3, 7)

    def test_a_month_without_events_has_its_opening_balance(self, world: World):
        meter("seats", carries_over=True)
        meter("level", "latest", carries_over=True)
        world.uses("seats", ("2026-04-10", "5"))
        world.uses("level", ("2026-04-10", "8"), ("2026-04-12", "6"))
        found = {each.meter_code: str(each.quantity) for each in world.metered(*MAY)}
        assert found == {"seats": "5", "level": "6"}

    def test_a_meter_that_does_not_carry_over_starts_from_nothing(self, world: World):
        meter("requests")
        world.uses("requests", ("2026-04-10", "5"))
        assert world.metered(*MAY) == []

    def test_a_running_total_weighs_from_the_first_second(self, world: World):
        meter("storage", "time_weighted_sum", carries_over=True)
        world.uses("storage", ("2026-04-10", "10"), ("2026-05-16T12:00", "10"))
        assert world.quantity(*MAY) == "15"


class TestStaleness:
    def test_a_figure_is_never_read_while_its_day_is_stale(self, world: World):
        meter("users", "unique", event_type="active", member_property="user")
        world.sends(event("active", "2026-05-03", id="a-1", user="u1"))
        assert StaleUsage.objects.count() == 1
        assert world.quantity(*MAY) == "1"
        assert StaleUsage.objects.count() == 0

    def test_what_is_stale_of_others_is_left_to_them(self, world: World):
        meter("users", "unique", event_type="active", member_property="user")
        other = account("Other", at=LONG_AGO)
        resource("app-2", of=other, at=LONG_AGO)
        world.sends(event("active", "2026-05-03", id="a-1", user="u1", subject="app-2"))
        world.metered(*MAY)
        assert StaleUsage.objects.count() == 1
        assert refresh() == 1

    def test_a_transfer_of_the_past_moves_its_usage(self, world: World):
        meter("requests")
        world.uses("requests", ("2026-05-03", "1"), ("2026-05-20", "2"))
        other = account("Other", at=LONG_AGO)
        resources.transfer(resource=world.app, to=other, at=instant("2026-05-10"), **BY)
        assert (world.quantity(*MAY), world.quantity(*MAY, of=other)) == ("1", "2")

    def test_any_amount_of_stale_usage_is_built_again_with_the_same_queries(self, world: World):
        dynos()
        meter("users", "unique", event_type="active", member_property="user")
        meter("peak", "max", event_type="load")
        other = account("Other", at=LONG_AGO)
        resource("app-2", of=other, at=LONG_AGO)
        counts = []
        for month, last_day, subjects in (("05", 2, ["app-1"]), ("06", 20, ["app-1", "app-2"])):
            for subject in subjects:
                for day in range(1, last_day):
                    at, names = f"2026-{month}-{day:02}", f"{subject}-{month}-{day}"
                    size = {"process_type": "web", "size": "basic", "quantity": f"{day % 3}"}
                    world.sends(
                        event("active", at, id=f"active-{names}", subject=subject, user="u1"),
                        event("load", at, id=f"load-{names}", subject=subject, quantity="4"),
                        event("formation.scaled", at, id=f"{names}", subject=subject, **size),
                    )
            with CaptureQueriesContext(connection) as captured:
                refresh()
            counts.append(len(captured))
        assert counts[0] == counts[1]
        found = {each.meter_code for each in world.metered("2026-06-01", "2026-07-01", of=other)}
        assert found == {"dyno_seconds", "users", "peak"}

    def test_days_that_nothing_named_stay_as_they_are(self, world: World):
        meter("users", "unique", event_type="active", member_property="user")
        for day in ("03", "20"):
            world.sends(event("active", f"2026-05-{day}", id=f"a-{day}", user="u1"))
        refresh()
        kept = set(UsageDay.objects.values_list("pk", "day"))
        world.sends(event("active", "2026-05-20T12:00", id="b-20", user="u2"))
        refresh()
        left = set(UsageDay.objects.values_list("pk", "day")) & kept
        assert {day.day for _, day in left} == {3}
        assert world.quantity(*MAY) == "2"


class TestEvidence:
    def question(self, world: World, **narrowed: Any) -> EvidenceQuestion:
        period = Period(instant(MAY[0]), instant(MAY[1]))
        return EvidenceQuestion(world.account.pk, Meter.objects.get().pk, period, **narrowed)

    def test_events_behind_a_figure_are_paged_and_add_up(self, world: World):
        meter("requests", dimensions=("region",), filter_expression="quantity > 0")
        times = [(f"2026-05-{day:02d}", str(day)) for day in range(0 + 1, 13)]
        world.uses("requests", *times, region="eu")
        world.uses("requests", ("2026-05-05", "100"), region="us")
        world.uses("requests", ("2026-05-06", "0"), region="eu")
        question = self.question(world, match={"region": "eu"})
        values, after = [], None
        while True:
            page = evidence(question, after=after, limit=5)
            values += [int(row.value) for row in page.events]
            after = page.following
            if after is None:
                break
        assert values == list(range(1, 13))

    def test_only_events_under_the_owner_of_their_instant(self, world: World):
        meter("requests")
        world.uses("requests", ("2026-05-03", "1"), ("2026-05-20", "2"))
        other = account("Other", at=LONG_AGO)
        resources.transfer(resource=world.app, to=other, at=instant("2026-05-10"), **BY)
        (row,) = evidence(self.question(world)).events
        assert (row.event_id, row.source, row.type) == ("requests-1", "router/us-1", "requests")

    @pytest.mark.parametrize(("resources_at_once", "events_at_once"), [(1, 500), (2, 3), (100, 1)])
    def test_however_few_are_read_at_once_no_event_is_missed_or_shown_twice(
        self, world: World, monkeypatch: Any, resources_at_once: int, events_at_once: int
    ):
        meter("requests")
        names = [f"app-{number}" for number in range(1, 12)]
        for name in names[1:]:
            resource(name, of=world.account, at=LONG_AGO)
        sent = [
            event("requests", f"2026-05-{day:02}", id=f"{name}-{day}", subject=name, quantity="1")
            for name in names[::3]
            for day in range(1, 6)
        ]
        world.sends(*sent)
        monkeypatch.setattr("usage.queries.evidence._RESOURCES", resources_at_once)
        monkeypatch.setattr("usage.queries.evidence._SCAN", events_at_once)
        shown, after = [], None
        while True:
            page = evidence(self.question(world), after=after, limit=4)
            shown += [row.event_id for row in page.events]
            after = page.following
            if after is None:
                break
        assert shown == [each["id"] for each in sent]


@pytest.mark.parametrize("aggregation", ["sum", "max", "min", "count", "mean", "latest"])
def test_an_account_without_usage_has_no_quantities(world: World, aggregation: str):
    meter("requests", aggregation)
    assert world.metered(*MAY) == []


def test_events_that_come_late_and_twice_give_the_same_figures(world: World):
    """Metamorphic: duplicated, shuffled and delayed by weeks, nothing changes."""
    meter("requests")
    meter("peak", "max", event_type="requests")
    meter("users", "unique", event_type="active", member_property="user")
    told = [
        event("requests", f"2026-05-{1 + n % 28:02d}", id=f"r-{n}", quantity=str(n))
        for n in range(60)
    ] + [event("active", f"2026-05-{1 + n:02d}", id=f"a-{n}", user=f"u{n % 4}") for n in range(28)]
    world.sends(*told)
    expected = [(each.meter_code, each.quantity) for each in world.metered(*MAY)]
    for start in range(0, len(told), 7):
        late = LATER + timedelta(days=start)
        world.sends(*told[start : start + 7][::-1], at=late)
        assert [(each.meter_code, each.quantity) for each in world.metered(*MAY)] == expected
