"""What a careless or hostile sender may send: refused by name, at its place, and nothing kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db.models import Model
from django.test import Client

from eventing.models import OutboxEvent
from tests.api.bearer import client_of
from tests.cast import account, partner, resource
from tests.usage.world import meter

EVENTS = "/api/v1/usage/events"
NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "id": "e-1",
    "source": "router/us-1",
    "type": "dyno.seconds",
    "subject": "app-1",
    "time": "2026-02-01T10:00:00Z",
    "data": {"quantity": "60"},
}


def but(**changed: Any) -> str:
    """The good event with other fields; None takes one away."""
    return json.dumps(
        {name: value for name, value in (GOOD | changed).items() if value is not None}
    )


def used(quantity: Any) -> str:
    return but(data={"quantity": quantity})


def raw(quantity: str) -> str:
    """The good event with a quantity as it stands there, no text."""
    return but().replace('"60"', quantity)


TEXT = but()
UNREADABLE: dict[str, tuple[str | bytes, int, str]] = {
    "nothing": ("", 400, "body_empty"),
    "only blanks": (" \n\t", 400, "body_empty"),
    "no JSON": ("quantity=60", 400, "json_invalid"),
    "more behind it": (TEXT + "]", 400, "json_invalid"),
    "two documents": (TEXT + TEXT, 400, "json_invalid"),
    "a text": ('"60"', 400, "root_type"),
    "nothing as JSON": ("null", 400, "root_type"),
    "not a number": (raw("NaN"), 400, "json_invalid"),
    "no end of it": (raw("-Infinity"), 400, "json_invalid"),
    "a key twice": (TEXT.replace('"id"', '"id": "e-0", "id"'), 400, "duplicate_key"),
    "a byte order mark": (b"\xef\xbb\xbf" + TEXT.encode(), 400, "encoding"),
    "another encoding": (TEXT.encode("utf-16"), 400, "encoding"),
    "half a character": (TEXT.encode().replace(b"e-1", b"e-\xc3"), 400, "encoding"),
    "a field in capitals": (TEXT.replace('"id"', '"ID"'), 400, "unknown_field"),
    "an empty batch": ("[]", 422, "batch_empty"),
    "a thousand and one": ("[" + ",".join(["{}"] * 1_001) + "]", 413, "batch_too_large"),
}
"""What cannot be read as an event at all: the body, the status and the code."""

WRONG: dict[str, tuple[str, str, str]] = {
    "no id": (but(id=None), "required:id", "/id"),
    "an empty id": (but(id=""), "id_format", "/id"),
    "an id that is a number": (but(id=7), "type:id", "/id"),
    "an id of 256": (but(id="e" * 256), "id_length", "/id"),
    "an id with a NUL": (but(id="e\0"), "control_char", "/id"),
    "an id with a twin": (but(id="e-1 "), "id_format", "/id"),
    "an id written backwards": (but(id="e\u202e1"), "id_charset", "/id"),
    "an id that is a path": (but(id="../e-1"), "id_charset", "/id"),
    "no source": (but(source=None), "required:source", "/source"),
    "somebody else's source": (but(source="router/eu-1"), "source_not_allowed", "/source"),
    "a type not enrolled for": (but(type="db.rows"), "type_not_allowed", "/type"),
    "a field of ours": (but(received_at="2026-01-01T00:00:00Z"), "unknown_field", "/received_at"),
    "no time": (but(time=None), "required:time", "/time"),
    "a time in seconds": (but(time=1769940000), "type:time", "/time"),
    "a time without zone": (but(time="2026-02-01T10:00:00"), "time_zone_required", "/time"),
    "a day that is none": (but(time="2026-02-30T10:00:00Z"), "time_format", "/time"),
    "an hour that is none": (but(time="2026-02-01T24:00:00Z"), "time_format", "/time"),
    "a nanosecond": (but(time="2026-02-01T10:00:00.123456789Z"), "time_precision", "/time"),
    "long ago": (but(time="0001-01-01T00:00:00+14:00"), "time_range", "/time"),
    "tomorrow": (but(time="2026-02-11T12:00:00Z"), "time_future", "/time"),
    "no data": (but(data=None), "required:data", "/data"),
    "data that is a list": (but(data=[]), "type:data", "/data"),
    "a quantity in words": (used("sixty"), "quantity_format", "/data/quantity"),
    "an exponent": (used("6e1"), "quantity_format", "/data/quantity"),
    "a hexadecimal": (used("0x3C"), "quantity_format", "/data/quantity"),
    "an underscore": (used("6_0"), "quantity_format", "/data/quantity"),
    "other digits": (used("٦٠"), "quantity_format", "/data/quantity"),
    "not a number as text": (used("NaN"), "quantity_format", "/data/quantity"),
    "a yes": (used(True), "type:quantity", "/data/quantity"),
    "a list of one": (used(["60"]), "type:quantity", "/data/quantity"),
    "nineteen decimals": (used("0." + "1" * 19), "quantity_scale", "/data/quantity"),
    "thousands of digits": (raw("9" * 5_000), "quantity_range", "/data/quantity"),
    "a bomb": (raw("1e999999999"), "quantity_range", "/data/quantity"),
    "a bomb beside it": (
        but(data={"x": "1"}).replace('"1"', "1e99999"),
        "number_too_large",
        "/data/x",
    ),
    "a NUL deep inside": (but(data={"x": {"y": "\0"}}), "control_char", "/data/x/y"),
    "a great many keys": (
        but(data=dict.fromkeys(map(str, range(1_001)))),
        "meta_too_large",
        "/data",
    ),
    "a great deal of data": (but(data={"x": "y" * 70_000}), "meta_too_large", "/data"),
}
"""What can be read and is no event as it should be: the body, the code and the place."""


@pytest.fixture
def client(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A router's client at NOW, in a process that remembers nothing of earlier tables."""
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    resource("app-1", of=account("Acme"))
    meter("dyno.seconds")
    router = partner("Router", sources=("router/us-1",))
    with time_machine.travel(NOW, tick=False):
        yield client_of(router)


def answer(client: Client, body: str | bytes) -> dict[str, Any]:
    response = client.post(EVENTS, body, content_type="application/json")
    assert response.headers["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert said["status"] == response.status_code
    return said


def kept() -> dict[str, int]:
    """Rows of everything an event could leave: usage, history, outbox."""
    models: list[type[Model]] = [*apps.get_app_config("usage").get_models(), OutboxEvent]
    return {model._meta.label: model._base_manager.count() for model in models}


def test_what_cannot_be_read_is_refused_by_name(client: Client) -> None:
    before = kept()
    said = {name: answer(client, body) for name, (body, _, _) in UNREADABLE.items()}
    assert {name: (each["status"], each["code"]) for name, each in said.items()} == {
        name: (status, code) for name, (_, status, code) in UNREADABLE.items()
    }
    assert kept() == before


def test_what_is_no_event_is_refused_at_its_place(client: Client) -> None:
    before = kept()
    said = {name: answer(client, body) for name, (body, _, _) in WRONG.items()}
    assert {name: (each["code"], each["errors"][0]["pointer"]) for name, each in said.items()} == {
        name: (code, pointer) for name, (_, code, pointer) in WRONG.items()
    }
    assert {each["status"] for each in said.values()} == {403, 422}
    assert kept() == before


def test_in_a_batch_each_wrong_one_is_a_verdict_and_the_good_one_is_kept(client: Client) -> None:
    batch = f"[{','.join([but(id='good'), *(body for body, _, _ in WRONG.values())])}]"
    said = client.post(EVENTS, batch, content_type="application/json").json()
    assert said["counts"]["rejected"] == len(WRONG)
    assert [verdict["code"] for verdict in said["verdicts"][1:]] == [
        code for _, code, _ in WRONG.values()
    ]
    assert said["verdicts"][0]["verdict"] == "quarantined"  # nobody subscribed yet


def test_a_half_character_in_a_key_sinks_neither_the_good_event_nor_the_answer(client: Client):
    bad = but(id="bad", data={"quantity": "1", "\ud800": "x"})
    batch = f"[{but(id='good')}, {bad}]"
    for verdict in ("quarantined", "duplicate"):  # sent again, it is answered again
        answer = client.post(EVENTS, batch, content_type="application/json")
        assert answer.status_code == 200
        said = answer.json()["verdicts"]
        assert [each["verdict"] for each in said] == [verdict, "rejected"]
        assert (said[1]["code"], said[1]["pointer"]) == ("surrogate", "/data/\\ud800")


def test_odd_text_at_any_place_of_an_event_is_a_refusal_that_can_be_read(client: Client):
    before = kept()
    for odd in ("\ud800", "\udfff", "\0", "\x1b", "a\ud800b"):
        wrong = [but(**{name: odd}) for name in (*GOOD, "more", odd)]
        wrong += [used(odd), but(data={odd: "1"}), but(data={"deep": [{odd: {"er": odd}}]})]
        for body in wrong:
            assert answer(client, body)["status"] in (400, 422), body
        said = client.post(EVENTS, f"[{','.join(wrong)}]", content_type="application/json")
        assert said.json()["counts"]["rejected"] == len(wrong)
        atomic = client.post(
            f"{EVENTS}?atomic=true", f"[{wrong[0]}]", content_type="application/json"
        )
        assert atomic.json()["code"] == "atomic"
    assert kept() == before


def test_a_key_with_a_dot_in_it_is_one_step_of_the_pointer(client: Client):
    said = answer(client, but(data={"a.b": {"c/d": "\0"}}))
    assert said["errors"][0]["pointer"] == "/data/a.b/c~1d"
