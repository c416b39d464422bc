"""A partner reads what became of its own events, and of nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import CredentialScope, Partner
from tests.api.bearer import client_of
from tests.cast import partner
from tests.people import ADA
from tests.usage.world import World, event, instant, meter
from usage.envelope.received_event import event_key
from usage.models import Source
from usage.operations import backfills
from usage.operations.backfills import Range
from usage.operations.ingest import Reporter

MAY = {"since": "2026-05-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"}


def reporter(of: Partner) -> Reporter:
    return Reporter(of.pk, of.name, frozenset(of.sources), frozenset(of.event_types))


@pytest.fixture
def world(db: None) -> World:
    meter("requests")
    return World()


@pytest.fixture
def router(world: World) -> Partner:
    """A partner that sent three events, one of which is held."""
    router = partner("Router", sources=("router/us-1",), event_types=("requests",))
    world.sends(
        event("requests", "2026-05-10", id="r-1", quantity="1.50", region="eu"),
        event("requests", "2026-05-11", id="r-2", quantity="2"),
        event("requests", "2026-05-12", id="r-3", quantity="3", subject="app-404"),
        reporter=reporter(router),
    )
    return router


@pytest.fixture
def client(router: Partner) -> Client:
    return client_of(router)


@pytest.fixture
def stranger(router: Partner) -> Client:
    return client_of(partner("Other", sources=("other",), event_types=("requests",)))


def get(client: Client, path: str, **query: str) -> Any:
    return client.get(f"/api/v1/usage/{path}", query)


def test_accepted_events_newest_first_page_by_page(client: Client):
    first = get(client, "events", limit="1", **MAY).json()
    second = get(client, "events", limit="1", cursor=first["next_cursor"], **MAY).json()
    assert [first["data"][0]["id"], second["data"][0]["id"]] == ["r-2", "r-1"]
    assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)
    assert second["data"][0]["quantity"] == "1.5"
    assert second["data"][0]["data"] == {"region": "eu"}


def test_events_of_one_instant_come_as_they_were_reported_page_by_page(
    world: World, router: Partner, client: Client
):
    """The later report first, since it holds; they came by a number made of their ids."""
    said = [event("requests", "2026-05-20", id=id, quantity="1") for id in ("a", "b", "c", "d")]
    world.sends(*said[:2], reporter=reporter(router))
    world.sends(*said[2:], reporter=reporter(router))
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(client, "events", limit="1", **MAY, **cursor).json()
        found += [each["id"] for each in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == ["d", "c", "b", "a", "r-2", "r-1"]


@pytest.mark.parametrize(
    ("narrowed", "ids"),
    [({"type": "other"}, []), ({"subject": "app-1"}, ["r-2", "r-1"]), ({"subject": "x"}, [])],
)
def test_narrowed_by_type_or_subject(client: Client, narrowed: dict[str, str], ids: list[str]):
    found = get(client, "events", **MAY, **narrowed).json()
    assert [each["id"] for each in found["data"]] == ids


def test_held_events_with_the_reason(client: Client):
    (held,) = get(client, "quarantine", reason="unknown_subject").json()["data"]
    assert (held["id"], held["reason"], held["state"]) == ("r-3", "unknown_subject", "held")
    assert get(client, f"quarantine/{held['key']}").json() == held


def test_why_an_event_counts(client: Client):
    fate = get(client, f"events/{event_key('router/us-1', 'r-1')}").json()
    assert (fate["standing"], fate["meters"][0]["code"]) == ("counted", "requests")
    assert (fate["meters"][0]["value"], fate["meters"][0]["day"]) == ("1.5", "2026-05-10")


def test_why_an_event_does_not(client: Client):
    fate = get(client, f"events/{event_key('router/us-1', 'r-3')}").json()
    assert (fate["standing"], fate["why"]) == (
        "held",
        "Held: No resource has the platform id app-404.",
    )


def test_back_fills_of_its_sources(client: Client, stranger: Client, world: World):
    span = (instant("2026-01-01"), instant("2026-02-01"))
    opened = backfills.start(
        Range(Source.objects.get(name="router/us-1"), *span, resource=world.app),
        at=world.at,
        by=ADA,
        reason="A day was lost",
    )
    (found,) = get(client, "backfills").json()["data"]
    assert found == {
        "id": opened.public_id,
        "source": "router/us-1",
        "subject": "app-1",
        "occurred_from": "2026-01-01T00:00:00Z",
        "occurred_until": "2026-02-01T00:00:00Z",
        "replaces": False,
        "reason": "A day was lost",
        "opened_at": found["opened_at"],
        "closed_at": None,
        "taken_back_at": None,
    }
    assert get(client, f"backfills/{opened.public_id}").json() == found
    assert get(stranger, "backfills").json()["data"] == []
    assert get(stranger, f"backfills/{opened.public_id}").status_code == 404


def test_a_stranger_sees_none_of_it(stranger: Client):
    assert get(stranger, "events", **MAY).json()["data"] == []
    assert get(stranger, "quarantine").json()["data"] == []
    known, unknown = event_key("router/us-1", "r-1"), "0" * 32
    answers = [get(stranger, f"{path}/{key}") for path in ("events", "quarantine")
               for key in (known, unknown)]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404] * 4
    assert answers[0].json()["code"] == answers[1].json()["code"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "window_invalid"),
        ({"since": "2026-05-01", "until": "2026-06-01"}, "window_invalid"),
        ({"since": "2026-06-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, "period_empty"),
        ({"since": "2026-01-01T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, "window_too_long"),
        (MAY | {"cursor": "!!"}, "cursor_invalid"),
        (MAY | {"limit": "0"}, "limit_range"),
        (MAY | {"account": "acc_1"}, "unknown_parameter"),
    ],
)
def test_a_question_that_cannot_be_answered(client: Client, query: dict[str, str], code: str):
    response = get(client, "events", **query)
    assert response.json()["code"] == code
    assert response.status_code in (400, 422)


def test_reading_needs_its_own_scope(router: Partner):
    writer = client_of(router, CredentialScope.USAGE_WRITE)
    for path in ("events", "quarantine", "backfills", f"events/{'0' * 32}"):
        assert get(writer, path).status_code == 403


def test_other_methods_are_refused(client: Client):
    response = client.delete("/api/v1/usage/events")
    assert (response.status_code, response.json()["code"]) == (405, "method")
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
