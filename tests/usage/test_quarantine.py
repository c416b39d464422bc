"""Held events: billed once after the fix, released by decision, or dropped; never lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.actor import Actor, ReasonMissing
from tests.cast import resource
from tests.people import ADA, PLATFORM
from tests.usage.world import (
    LATER,
    LONG_AGO,
    AskedGate,
    World,
    days,
    event,
    instant,
    meter,
    outcomes,
)
from usage.models import Event, QuarantinedEvent, QuarantineReason
from usage.operations import quarantine
from usage.operations.ingest import GateFinding
from usage.operations.quarantine import NotWaivable

DECIDED: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "Ticket 4711"}


def held_ids() -> list[int]:
    return list(QuarantinedEvent.objects.values_list("pk", flat=True))


def lost_app(number: int = 1, **changes: str) -> dict[str, Any]:
    said = {"time": "2026-05-16", "subject": "app-2", "quantity": "1.50"} | changes
    return event("requests", said.pop("time"), id=f"r-{number}", region="eu", **said)


@pytest.fixture(autouse=True)
def _requests(world: World) -> None:
    meter("requests")


class TestRetrying:
    def test_an_event_is_billed_once_after_its_resource_was_registered(self, world: World):
        world.sends(lost_app())
        resource("app-2", of=world.account, at=LONG_AGO)
        for _ in range(2):
            quarantine.retry_all(QuarantineReason.UNKNOWN_SUBJECT, **DECIDED)
        assert days() == [("2026-05-16", "1.5")]
        assert outcomes(world.sends(lost_app())) == [("duplicate", "duplicate")]
        kept = Event.objects.get()
        assert (kept.quantity, kept.data) == (Decimal("1.50"), {"region": "eu"})

    def test_the_receipt_stays_that_of_the_day_it_came(self, world: World):
        world.sends(lost_app(), request_id="req-first")
        resource("app-2", of=world.account, at=LONG_AGO)
        quarantine.retry(held_ids(), **DECIDED)
        assert Event.objects.get().receipt.request_id == "req-first"

    def test_what_cannot_be_billed_yet_says_why_now(self, world: World):
        world.sends(lost_app())
        resource("app-2", of=world.account, at=instant("2026-05-20"))
        settled = quarantine.retry(held_ids(), **DECIDED)
        assert (settled.released, settled.held) == (0, {"unowned": 1})
        assert QuarantinedEvent.objects.get().reason == "unowned"

    def test_an_event_does_not_grow_too_late_by_waiting(self, world: World):
        world.sends(lost_app())
        resource("app-2", of=world.account, at=LONG_AGO)
        year_later = LATER.replace(year=2027)
        settled = quarantine.retry(held_ids(), at=year_later, by=ADA, reason="Found at last")
        assert settled.released == 1

    def test_numbers_in_the_data_stay_exact(self, world: World):
        world.sends(event("odd", "2026-05-16", id="o-1", amount=1.10, quantity="2"))
        meter("odd_amounts", event_type="odd", value_property="amount")
        quarantine.retry(held_ids(), **DECIDED)
        assert days() == [("2026-05-16", "1.1")]

    def test_many_are_settled_in_one_call(self, world: World):
        world.sends(*[lost_app(number) for number in range(700)])
        resource("app-2", of=world.account, at=LONG_AGO)
        settled = quarantine.retry_all(QuarantineReason.UNKNOWN_SUBJECT, **DECIDED)
        assert settled.released == 700
        assert days() == [("2026-05-16", "1050")]


class TestReleasing:
    def test_late_usage_is_billed_when_a_person_decides_so(self, world: World):
        world.sends(lost_app(time="2026-01-05", subject="app-1"))
        assert QuarantinedEvent.objects.get().reason == "too_late"
        assert quarantine.release(held_ids(), **DECIDED).released == 1
        assert days() == [("2026-01-05", "1.5")]
        held = QuarantinedEvent.objects.get()
        assert (held.state, held.decided_by, held.decided_reason) == (
            "released",
            ADA.name,
            "Ticket 4711",
        )

    def test_only_the_reason_it_is_held_for_is_waived(self, world: World):
        gate = AskedGate(lambda _: GateFinding("no_subscription", "None by then.", holds=True))
        world.sends(lost_app(time="2026-01-05", subject="app-1"))
        settled = quarantine.release(held_ids(), gate=gate, **DECIDED)
        assert settled.held == {"no_subscription": 1}

    def test_what_is_missing_cannot_be_decided_away(self, world: World):
        world.sends(lost_app())
        with pytest.raises(NotWaivable, match="unknown_subject"):
            quarantine.release(held_ids(), **DECIDED)

    def test_a_released_absurd_quantity_survives_a_rebuild(self, world: World):
        meter("minutes", max_value=Decimal(1000))
        world.sends(event("minutes", "2026-05-16", id="m-1", quantity="5000"))
        quarantine.release(held_ids(), **DECIDED)
        assert world.quantity("2026-05-01", "2026-06-01") == "5000"


def test_a_dropped_event_stays_visible_and_is_never_billed(world: World):
    world.sends(lost_app())
    quarantine.drop(held_ids(), **DECIDED)
    resource("app-2", of=world.account, at=LONG_AGO)
    assert quarantine.retry(held_ids(), **DECIDED).released == 0
    assert (QuarantinedEvent.objects.get().state, days()) == ("dropped", [])
    assert outcomes(world.sends(lost_app())) == [("duplicate", "duplicate")]


@pytest.mark.parametrize("reason", ["", "  ", "​"])
def test_a_decision_says_why(world: World, reason: str):
    world.sends(lost_app())
    with pytest.raises(ReasonMissing):
        quarantine.drop(held_ids(), at=LATER, by=Actor.system("x"), reason=reason)


def test_a_new_meter_bills_what_was_held_for_want_of_one(world: World):
    world.sends(event("builds", "2026-05-16", id="b-1", quantity="1"))
    meter("builds", "count", effective_from=instant("2026-05-17"))
    assert quarantine.retry(held_ids(), at=LATER, by=PLATFORM, reason="New meter").held == {
        "before_meter": 1
    }
    meter("all_builds", "count", event_type="builds")
    assert quarantine.retry(held_ids(), at=LATER, by=PLATFORM, reason="As told").released == 1
