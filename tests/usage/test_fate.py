"""Why an event counts, or why it counts nothing: every event has an answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.people import ADA
from tests.usage.world import LATER, World, dynos, event, instant, meter
from usage.envelope.received_event import event_key
from usage.models import QuarantinedEvent
from usage.operations import event_corrections, quarantine
from usage.operations.settling import bring_up_to_date
from usage.queries.fate import EventNotFound, Fate, fate_of
from usage.queries.freshness import owners_of

WHY: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "Ticket 4711"}


def key(id: str) -> UUID:
    return UUID(event_key("router/us-1", id))


def told(id: str) -> tuple[str, list[tuple[str, str]]]:
    bring_up_to_date(owners_of(key(id)), at=LATER)
    fate = fate_of(key(id))
    return fate.standing.value, [(each.meter_code, each.outcome.value) for each in fate.readings]


def test_counted_by_one_meter_and_left_out_by_another(world: World):
    meter("requests")
    meter("eu_requests", event_type="requests", filter_expression="region = 'eu'")
    meter("new_requests", event_type="requests", effective_from=instant("2026-05-20"))
    world.sends(event("requests", "2026-05-10", id="r-1", quantity="5", region="us"))
    assert told("r-1") == (
        "counted",
        [("eu_requests", "filtered"), ("new_requests", "before_meter"), ("requests", "counted")],
    )
    fate = fate_of(key("r-1"))
    counted = fate.readings[-1]
    assert (counted.value, str(counted.day), counted.account_id) == (
        Decimal(5),
        "2026-05-10",
        world.account.pk,
    )
    assert "Counted on 2026-05-10." in fate.why


def test_held_and_dropped(world: World):
    world.sends(event("unheard.of", "2026-05-10", id="x-1", quantity="5"))
    assert fate_of(key("x-1")).why == "Held: No meter reads unheard.of."
    quarantine.drop(QuarantinedEvent.objects.values_list("pk", flat=True), **WHY)
    fate = fate_of(key("x-1"))
    assert (fate.standing, fate.why) == ("dropped", f"Dropped by {ADA.name}: Ticket 4711")


def test_voided_and_amended_with_every_word_kept(world: World):
    meter("requests")
    world.sends(event("requests", "2026-05-10", id="r-1", quantity="5"))
    event_corrections.amend(key("r-1"), quantity=Decimal(6), data={}, **WHY)
    assert fate_of(key("r-1")).readings[0].value == 6
    event_corrections.void(key("r-1"), **WHY)
    fate = fate_of(key("r-1"))
    assert (fate.standing, fate.why) == ("voided", f"Voided by {ADA.name}: Ticket 4711")
    assert [(each.number, each.kind) for each in fate.revisions] == [(1, "amend"), (2, "void")]


def test_a_change_of_state_that_changed_nothing(world: World):
    dynos()
    world.scales(("2026-05-01", "1", "1x"), ("2026-05-02", "1", "1x"), ("2026-05-03", "0", "1x"))
    outcomes = [told(f"scale-{number:06d}")[1][0][1] for number in (1, 2, 3)]
    assert outcomes == ["counted", "no_change", "counted"]


def test_conflicting_content_is_shown_beside_what_was_kept(world: World):
    meter("requests")
    world.sends(event("requests", "2026-05-10", id="r-1", quantity="5"), request_id="req-1")
    world.sends(event("requests", "2026-05-10", id="r-1", quantity="6"))
    fate: Fate = fate_of(key("r-1"))
    (conflict,) = fate.conflicts
    assert (conflict.content["quantity"], fate.request_id) == ("6", "req-1")
    assert conflict.fingerprint != fate.fingerprint


def test_an_event_nobody_sent(db: None):
    with pytest.raises(EventNotFound):
        fate_of(uuid4())
