"""An event is booked once for ever; whatever else comes under its id is named and kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from core.actor import Actor, acting_as
from core.db.history import update_tracked
from tests.cast import partner
from tests.people import PLATFORM
from tests.usage.world import LATER, AskedGate, World, days, event, instant, meter, outcomes
from usage.models import (
    Event,
    EventConflict,
    EventKey,
    QuarantinedEvent,
    Receipt,
    Source,
    UsageDay,
)
from usage.operations import meters
from usage.operations.ingest import GateFinding, Reporter


@pytest.fixture(autouse=True)
def _requests(world: World) -> None:
    meter("requests")


def one(quantity: str = "5", **changes: str) -> dict[str, Any]:
    said = {"id": "evt-1", "time": "2026-05-16"} | changes
    return event("requests", said.pop("time"), quantity=quantity, **said)


class TestIdentity:
    def test_the_same_event_again_is_a_duplicate_and_leaves_no_trace(self, world: World):
        world.sends(one())
        (verdict,) = world.sends(one(), at=LATER.replace(year=2029)).verdicts
        assert (verdict.outcome, verdict.received_at) == ("duplicate", LATER)
        assert (Event.objects.count(), Receipt.objects.count(), days()) == (
            1,
            1,
            [("2026-05-16", "5")],
        )

    def test_equal_numbers_and_equal_instants_are_equal_content(self, world: World):
        world.sends(one("1.50"))
        again = one("1.5") | {"time": "2026-05-16T01:00:00+01:00"}
        assert outcomes(world.sends(again)) == [("duplicate", "duplicate")]

    @pytest.mark.parametrize(
        "changed", [one("6"), one(time="2026-05-17"), one() | {"subject": "app-2"}]
    )
    def test_wA5_the_first_event_of_an_id_is_kept_and_the_second_is_a_conflict(
        self, world: World, changed: Mapping[str, object]
    ):
        """First write wins, and the loser is kept to be looked at."""
        world.sends(one())
        assert outcomes(world.sends(changed)) == [("conflict", "id_conflict")]
        assert days() == [("2026-05-16", "5")]
        conflict = EventConflict.objects.get()
        assert conflict.kept_fingerprint == EventKey.objects.get().fingerprint
        assert conflict.fingerprint != conflict.kept_fingerprint

    def test_a_conflict_sent_again_is_kept_once(self, world: World):
        world.sends(one())
        for _ in range(2):
            world.sends(one("6"))
        assert EventConflict.objects.count() == 1

    def test_wA17_one_id_of_two_sources_is_two_events(self, world: World):
        world.sends(one(), one() | {"source": "router/eu-1"})
        assert days() == [("2026-05-16", "10")]

    def test_within_a_batch_the_first_of_an_id_counts(self, world: World):
        found = outcomes(world.sends(one(), one(), one("7")))
        assert found == [
            ("accepted", None),
            ("duplicate", "duplicate"),
            ("conflict", "id_conflict"),
        ]
        assert days() == [("2026-05-16", "5")]

    def test_a_held_event_sent_again_is_a_duplicate_too(self, world: World):
        world.sends(one() | {"subject": "nobody"})
        assert outcomes(world.sends(one() | {"subject": "nobody"})) == [("duplicate", "duplicate")]
        assert QuarantinedEvent.objects.count() == 1


class TestVerdicts:
    def test_a_bad_event_never_sinks_the_good_ones(self, world: World):
        found = world.sends(one(), one("-1", id="evt-2"), one("3", id="evt-3"))
        assert [verdict.outcome for verdict in found.verdicts] == [
            "accepted",
            "rejected",
            "accepted",
        ]
        assert found.counts == {
            "accepted": 2,
            "duplicate": 0,
            "conflict": 0,
            "quarantined": 0,
            "rejected": 1,
        }
        receipt = Receipt.objects.get()
        assert (receipt.sent_count, receipt.accepted_count, receipt.rejected_count) == (3, 2, 1)

    @pytest.mark.parametrize("bad", [one("-1", id="evt-2"), one("6")])
    def test_an_atomic_batch_is_stored_whole_or_not_at_all(
        self, world: World, bad: Mapping[str, object]
    ):
        world.sends(one())
        result = world.sends(one("3", id="evt-3"), bad, atomic=True)
        assert not result.is_stored
        assert outcomes(result)[0] == ("rejected", "atomic")
        assert (Event.objects.count(), EventConflict.objects.count()) == (1, 0)

    def test_nothing_is_stored_of_a_request_in_which_all_is_rejected(self, world: World):
        world.sends(one("-1", source="unseen"))
        assert not Receipt.objects.exists()
        assert not Source.objects.exists()

    def test_one_event_may_feed_several_meters(self, world: World):
        meter("request_count", "count", event_type="requests")
        world.sends(one())
        assert sorted(quantity for _, quantity in days()) == ["1", "5"]
        assert Event.objects.count() == 1


class TestQuarantine:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"type": "unheard.of"}, "unknown_type"),
            ({"subject": "app-404"}, "unknown_subject"),
            ({"time": "2019-12-31T23:59:59"}, "before_meter"),
            ({"time": "2026-03-01"}, "too_late"),
        ],
    )
    def test_what_cannot_be_billed_is_held_with_the_reason(
        self, world: World, changes: dict[str, str], reason: str
    ):
        changes = dict(changes)
        if "time" in changes:
            changes["time"] = instant(changes["time"]).isoformat()
        world.sends(one() | changes)
        held = QuarantinedEvent.objects.get()
        assert (held.reason, held.event_id, held.state) == (reason, "evt-1", "held")
        assert not UsageDay.objects.exists()

    def test_an_event_of_a_retired_meter_is_held(self, world: World):
        only = meter("old")
        meters.retire(
            meter=only, effective_until=instant("2026-03-01"), at=LATER, by=PLATFORM, reason="Gone"
        )
        world.sends(event("old", "2026-05-01", id="o-1", quantity="1"))
        assert QuarantinedEvent.objects.get().reason == "retired_meter"

    def test_a_dimension_that_prices_must_be_there(self, world: World):
        meter("sized", dimensions=("size",))
        world.sends(event("sized", "2026-05-01", id="s-1", quantity="1"))
        held = QuarantinedEvent.objects.get()
        assert (held.reason, held.detail) == ("missing_property", "Size is missing.")

    def test_GitHub_2022_an_absurd_quantity_is_held_and_not_billed(self, world: World):
        """Minutes of 30,000 years were metered, and one bill of 127 million was shown."""
        meter("minutes", max_value=44_640)
        world.sends(event("minutes", "2026-05-01", id="m-1", quantity="15778800000"))
        assert QuarantinedEvent.objects.get().reason == "absurd_quantity"

    def test_the_callers_gate_may_hold_an_event_or_add_a_note(self, world: World):
        def says(occurred_at: datetime) -> GateFinding | None:
            if occurred_at < instant("2026-05-02"):
                return GateFinding("no_subscription", "None by then.", holds=True)
            if occurred_at < instant("2026-05-04"):
                return GateFinding("late", "Issued already.", holds=False)
            return None

        gate = AskedGate(says)
        found = world.sends(one(time="2026-05-01"), one(id="evt-2", time="2026-05-03"),
                            one(id="evt-3", time="2026-05-05"), gate=gate)  # fmt: skip
        assert outcomes(found) == [
            ("quarantined", "no_subscription"), ("accepted", "late"), ("accepted", None)
        ]  # fmt: skip
        assert gate.learned == [world.account.pk]


class TestReporters:
    PARTNER = Reporter(1, "Router", frozenset({"router/us-1"}), frozenset({"requests"}))

    @pytest.mark.parametrize(
        ("changes", "code"),
        [({"source": "billing"}, "source_not_allowed"), ({"type": "dynos"}, "type_not_allowed")],
    )
    def test_a_partner_reports_only_what_it_may(
        self, world: World, changes: dict[str, Any], code: str
    ):
        (verdict,) = world.sends(one() | changes, reporter=self.PARTNER).verdicts
        assert (verdict.outcome, verdict.code, verdict.status) == ("rejected", code, 403)
        assert not Source.objects.exists()

    def test_a_source_is_for_ever_its_first_partners(self, world: World):
        """openmeter#126: one tenant's ids must not swallow another's."""
        world.sends(one())
        assert outcomes(world.sends(one(id="evt-2"), reporter=self.PARTNER)) == [
            ("rejected", "source_not_allowed")
        ]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("atomic", [False, True])
    def test_what_a_source_may_send_was_forgotten_only_after_an_hour_where_all_was_rejected(
        self, world: World, atomic: bool
    ):
        """Nothing was booked, so nothing looked whether the source had changed hands since."""
        world.sends(one())
        router = partner("Router", sources=("router/us-1",), event_types=("requests",))
        who = Reporter(router.pk, "Router", frozenset(router.sources), frozenset({"requests"}))
        sends: dict[str, Any] = {"reporter": who, "atomic": atomic}
        assert outcomes(world.sends(one(id="evt-2"), **sends))[0][0] == "rejected"
        with acting_as(Actor.system("test"), reason="It changed hands"), transaction.atomic():
            update_tracked(Source.objects.all(), partner=router)
        assert outcomes(world.sends(one(id="evt-2"), **sends)) == [("accepted", None)]
