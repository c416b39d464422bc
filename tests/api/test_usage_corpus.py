"""Bad events through the real endpoint: a named refusal, no 500, and nothing half-stored.

The two cases about framing on the wire (a wrong length, smuggling) need a real server and are
tested with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model
from django.test import Client

from accounts.models import Partner
from billing.catalogue.operations.plans import PriceTerms
from eventing.models import OutboxEvent
from tests.api.bearer import client_of
from tests.api.corpus import CORPUS, Case, body_of, cases, template
from tests.cast import partner
from tests.people import PLATFORM
from tests.story import Story
from usage.aggregate.rules import Aggregation
from usage.meter_terms import MeterTerms
from usage.models import (
    Event,
    EventConflict,
    EventKey,
    QuarantinedEvent,
    Receipt,
    StaleUsage,
    UsageDay,
)
from usage.operations import meters
from usage.operations.meters import NewMeter

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
EVENTS = "/api/v1/usage/events"
JSON = "application/json"
STORED = (Event, EventKey, EventConflict, QuarantinedEvent, Receipt, UsageDay, StaleUsage)
ON_THE_WIRE = {"content_length_lies_short", "content_length_and_chunked"}

pytestmark = pytest.mark.skipif(
    not CORPUS.exists(), reason=f"THE CORPUS OF BAD INPUTS IS NOT AT {CORPUS}"
)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Partner]:
    """A platform where only standard-1x has a price, committed once for all cases.

    app-1001 is billed from 12 to 12, so on 10 February the invoice to 12 January is issued and
    15 January is still open. app-moved changed hands on 10 January.
    """
    with django_db_blocker.unblock():
        try:
            yield _built()
        finally:
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def transactional_db(world: Partner, django_db_blocker: Any) -> Iterator[None]:
    """Real transactions; afterwards only what a case stored is taken away, and the world stays."""
    with django_db_blocker.unblock():
        yield
        _take_events_away()


@pytest.fixture
def client(world: Partner, transactional_db: None) -> Iterator[Client]:
    """The router's client at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield client_of(world)


def _built() -> Partner:
    story = Story()
    meter = meters.define(
        NewMeter("reported_dyno_seconds", "Reported", "dyno-second", Aggregation.SUM),
        MeterTerms("dyno.seconds", dimensions=("size",)),
        effective_from=_at("2018-01-01"),
        at=NOW,
        by=PLATFORM,
        reason="Always there",
    )
    legacy = story.meter("legacy_units", event_type="legacy.units")
    meters.retire(meter=legacy, effective_until=_at("2026-01-01"), at=NOW, by=PLATFORM, reason="x")
    price = PriceTerms(
        code="dynos",
        name="Dynos",
        definition={"model": "per_unit", "unit": "second", "unit_price": "0.00001"},
        meter=meter,
        match={"size": "standard-1x"},
    )
    plan = story.plan("pay-as-you-go", price)
    acme = story.on("2018-01-01").account("Acme", anchor="2025-12-12")
    moving = [story.account(name, anchor="2025-12-12") for name in ("Before", "After")]
    acme.app("app-1001")
    moved = moving[0].app("app-moved")
    ended = story.account("Ended", anchor="2025-12-12")
    ended.app("app-terminated-2026-01-10")
    story.on("2025-01-01")
    for customer in (acme, *moving):
        customer.subscribes(plan)
    ended.subscribes(plan, until="2026-01-10")
    moving[0].hands_over(moved, moving[1], at="2026-01-10")
    used = template("event") | {"id": "early", "source": "setup", "time": "2026-01-05T00:00:00Z"}
    story.on("2026-01-06").sends(used)
    story.on("2026-01-13").runs_billing()
    _take_events_away()
    return partner(
        "Router", sources=("router/us-1", "s"), event_types=("dyno.seconds", "legacy.units")
    )


def _take_events_away() -> None:
    tables = [model._meta.db_table for model in STORED]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))


@pytest.mark.parametrize("case", cases("events", "raw", "bytes_hex"), ids=lambda case: case.name)
def test_a_body_that_cannot_be_read(case: Case, client: Client):
    response, before = _post(client, body_of(case, now=NOW))
    assert response.status_code in case.statuses
    if response.status_code == 200:
        _assert_verdicts(response.json(), {"rejected": (case.code or "").removeprefix("per_item:")})
    else:
        _assert_problem(response, case.code)
    assert _counts() == before


@pytest.mark.parametrize("case", cases("events", "patch", "gen"), ids=lambda case: case.name)
def test_an_event_that_is_not_as_it_should_be(case: Case, client: Client):
    response, before = _post(client, body_of(case, now=NOW))
    assert response.status_code in case.statuses
    answer = response.json()
    if response.status_code >= 400:
        _assert_problem(response, case.code)
        assert _counts() == before
    elif case.name == "batch_1000_mixed":
        assert answer["counts"] == _all_counts(accepted=997, rejected=3)
        assert [v["index"] for v in answer["verdicts"] if v["verdict"] == "rejected"] == [
            0,
            499,
            999,
        ]
    elif case.name == "batch_internal_duplicate_same_payload":
        assert answer["counts"] == _all_counts(accepted=1, duplicate=1)
        assert Event.objects.count() == 1
    else:
        _assert_taken_in(case, answer)


@pytest.mark.parametrize("case", cases("events", "header"), ids=lambda case: case.name)
def test_a_media_type_that_is_not_read(case: Case, client: Client):
    media_type = case.input.removeprefix("Content-Type: ")
    response, before = _post(client, json.dumps(template("event")).encode(), media_type)
    assert response.status_code in case.statuses
    _assert_problem(response, case.code)
    assert _counts() == before


def test_the_template_is_taken_in(client: Client):
    response, _ = _post(client, json.dumps(template("event")).encode())
    _assert_verdicts(response.json(), {"accepted": None})
    assert UsageDay.objects.get().quantity == 3600


def test_replay_identical_is_one_event_for_ever(client: Client, world: Partner):
    event = json.dumps(template("event")).encode()
    _post(client, event)
    for later in (timedelta(0), timedelta(days=400)):
        with time_machine.travel(NOW + later, tick=False):
            (verdict,) = _post(client_of(world), event)[0].json()["verdicts"]
        assert verdict["verdict"] == "duplicate"
        assert datetime.fromisoformat(verdict["received_at"]) == NOW
    assert (Event.objects.count(), Receipt.objects.count()) == (1, 1)


def test_replay_changed_quantity_is_a_conflict_that_is_kept(client: Client):
    event = template("event")
    _post(client, json.dumps(event).encode())
    changed = event | {"data": event["data"] | {"quantity": "7200"}}
    response, _ = _post(client, json.dumps(changed).encode())
    assert response.status_code == 409
    _assert_problem(response, "id_conflict")
    assert UsageDay.objects.get().quantity == 3600
    conflict = EventConflict.objects.get()
    assert conflict.content["quantity"] == "7200"
    assert conflict.kept_fingerprint == EventKey.objects.get().fingerprint


def test_client_disconnect_before_response_leaves_one_row(client: Client):
    event = json.dumps(template("event")).encode()
    _post(client, event)  # the answer was lost on the way
    (verdict,) = _post(client, event)[0].json()["verdicts"]
    assert verdict["verdict"] == "duplicate"
    assert Event.objects.count() == 1


def test_subject_transferred_mid_period_is_billed_to_the_owner_at_the_time(client: Client):
    for number, day in enumerate(("2026-01-09", "2026-01-10")):
        event = template("event") | {
            "id": f"moved-{number}",
            "subject": "app-moved",
            "time": f"{day}T00:00:00Z",
        }
        _post(client, json.dumps(event).encode())
    owners = UsageDay.objects.order_by("day").values_list("account__name", flat=True)
    assert list(owners) == ["Before", "After"]


def test_every_case_is_run_or_named_as_left_to_the_wire():
    steps = {case.name for case in cases("events", "steps")}
    here = {
        "replay_identical",
        "replay_changed_quantity",
        "client_disconnect_before_response",
        "parallel_same_id_x16",
    }
    assert steps == here | ON_THE_WIRE


def _post(client: Client, body: bytes, media_type: str = JSON) -> tuple[Any, dict[str, int]]:
    before = _counts()
    return client.post(EVENTS, body, content_type=media_type), before


def _counts() -> dict[str, int]:
    """Rows of everything an event could leave: usage, history, outbox."""
    models: list[type[Model]] = [*apps.get_app_config("usage").get_models(), OutboxEvent]
    return {model._meta.label: model._base_manager.count() for model in models}


def _assert_problem(response: Any, code: str | None) -> None:
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == code
    assert problem["request_id"] == response.headers["Request-Id"]
    assert len(problem["detail"]) > 10


def _assert_taken_in(case: Case, answer: Any) -> None:
    """200: accepted once, perhaps with a note, or visible in quarantine for the named reason."""
    outcome, _, reason = (case.code or "accepted").partition(":")
    if outcome == "quarantined":
        _assert_verdicts(answer, {"quarantined": reason})
        assert QuarantinedEvent.objects.get().reason == reason
        assert not Event.objects.exists()
        return
    _assert_verdicts(answer, {"accepted": "late" if case.code == "late" else None})
    assert Event.objects.count() == 1
    assert UsageDay.objects.count() == 1


def _assert_verdicts(answer: Any, expected: dict[str, str | None]) -> None:
    found = {verdict["verdict"]: verdict.get("code") for verdict in answer["verdicts"]}
    assert found == expected
    assert sum(answer["counts"].values()) == len(answer["verdicts"])


def _all_counts(**given: int) -> dict[str, int]:
    outcomes = ("accepted", "duplicate", "conflict", "quarantined", "rejected")
    return dict.fromkeys(outcomes, 0) | given


def _at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
