"""CloudEvents as senders' libraries write them: binary mode, base64, and attributes of tracing."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.api.bearer import client_of
from tests.cast import account, partner, resource
from tests.usage.world import meter
from usage.envelope.binary import attribute_of
from usage.envelope.extensions import EXTENSIONS
from usage.models import EventContext

EVENTS = "/api/v1/usage/events"
NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "router/us-1",
    "type": "dyno.seconds",
    "subject": "app-1",
    "time": "2026-02-01T10:00:00Z",
    "data": {"quantity": "60"},
}


@pytest.fixture
def client(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A router's client at NOW, in a process that remembers nothing of earlier tables."""
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    resource("app-1", of=account("Acme"))
    meter("dyno.seconds")
    router = partner("Router", sources=("router/us-1",))
    with time_machine.travel(NOW, tick=False):
        yield client_of(router)


def structured(client: Client, **changed: Any) -> Any:
    event = {name: value for name, value in (GOOD | changed).items() if value is not None}
    return client.post(EVENTS, json.dumps(event), content_type="application/cloudevents+json")


def binary(client: Client, body: str | bytes = '{"quantity": "60"}', **changed: str | None) -> Any:
    said = {name: value for name, value in GOOD.items() if name != "data"} | changed
    headers = {f"ce-{name}": value for name, value in said.items() if value is not None}
    return client.post(EVENTS, body, content_type="application/json", headers=headers)


def verdict(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    said: str = answer.json()["verdicts"][0]["verdict"]
    return said


def refused(answer: Any) -> tuple[int, str, str]:
    said = answer.json()
    return answer.status_code, said["code"], said["errors"][0]["pointer"]


def test_the_three_ways_to_write_an_event_are_one_event(client: Client):
    encoded = base64.b64encode(b'{"quantity": "60"}').decode()
    answers = [
        binary(client),
        structured(client),
        structured(client, data=None, data_base64=encoded),
        binary(client, subject="%61pp-1", id='"e-1"', traceparent=TRACE),
    ]
    assert [verdict(answer) for answer in answers] == ["quarantined", *["duplicate"] * 3]


def test_headers_are_read_as_the_binding_says():
    euro = quote("Euro € 😀", safe=" ")
    assert attribute_of(euro) == "Euro € 😀"
    assert attribute_of('"a \\"b\\" c"') == 'a "b" c'
    assert attribute_of("100%25") == "100%"
    assert attribute_of(" plain ") == "plain"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_in_a_header_comes_back(text: str):
    assert attribute_of(quote(text, safe="")) == text


def test_what_is_wrong_in_binary_mode_is_named_at_its_place(client: Client):
    assert refused(binary(client, subject=None)) == (422, "required:subject", "/subject")
    assert refused(binary(client, specversion=None))[1] == "required:specversion"
    assert refused(binary(client, specversion="0.3"))[1] == "specversion"
    assert refused(binary(client, subject="%FF"))[1] == "header_encoding"
    assert refused(binary(client, id="a%00b"))[1] == "control_char"
    assert refused(binary(client, tenant="acme"))[1] == "unknown_field"
    assert refused(binary(client, data="{}"))[1] == "unknown_field"
    assert refused(binary(client, "[1]"))[1] == "type:data"
    assert refused(binary(client, '{"quantity": "\\ud800"}'))[1] == "quantity_format"
    assert binary(client, '{"a": 1, "a": 2}').json()["code"] == "duplicate_key"
    assert binary(client, "").json()["code"] == "body_empty"
    assert not EventContext.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"data_base64": "e30="}, "data_twice"),
        ({"data": None, "data_base64": "not base64"}, "data_base64"),
        ({"data": None, "data_base64": "é"}, "data_base64"),
        ({"data": None, "data_base64": base64.b64encode(b"\xff").decode()}, "data_base64"),
        ({"data": None, "data_base64": base64.b64encode(b"[1]").decode()}, "data_base64"),
        ({"data": None, "data_base64": base64.b64encode(b'{"a": "\\u0000"}').decode()},
         "control_char"),
        ({"data": None, "data_base64": 5}, "type:data_base64"),
        ({"traceparent": {"a": 1}}, "type:traceparent"),
        ({"traceparent": 1.5}, "type:traceparent"),
        ({"tracestate": "x" * 1_025}, "tracestate_length"),
        ({"traceparent": "a\0b"}, "control_char"),
        ({"traceparent": "\ud800"}, "surrogate"),
        ({"tenant": "acme"}, "unknown_field"),
        ({"traceParent": TRACE}, "unknown_field"),
    ],
)  # fmt: skip
def test_what_is_wrong_beside_the_fields_is_named(client: Client, wrong: dict[str, Any], code: str):
    answer = structured(client, **wrong)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == code


def test_extension_attributes_are_kept_and_make_no_other_event(client: Client):
    first = structured(client, traceparent=TRACE, sampledrate=5)
    again = structured(client, traceparent=TRACE.replace("01", "00"))
    assert [verdict(answer) for answer in (first, again)] == ["quarantined", "duplicate"]
    context = EventContext.objects.get()
    assert context.attributes == {"sampledrate": 5, "traceparent": TRACE}
    fate = client.get(f"{EVENTS}/{context.key.hex}").json()
    assert fate["extensions"] == {"sampledrate": 5, "traceparent": TRACE}


def test_every_documented_extension_is_taken_in_every_form(client: Client):
    attributes = dict.fromkeys(sorted(EXTENSIONS), "x")
    assert verdict(structured(client, id="s", **attributes)) == "quarantined"
    assert verdict(binary(client, id="b", **attributes)) == "quarantined"
    batch = json.dumps([GOOD | attributes | {"id": "batch"}, GOOD | {"id": "plain"}])
    answer = client.post(EVENTS, batch, content_type="application/cloudevents-batch+json")
    assert answer.json()["counts"]["quarantined"] == 2
    assert EventContext.objects.count() == 3


def test_curl_is_told_what_it_does(client: Client):
    form = client.post(EVENTS, "{}", content_type="application/x-www-form-urlencoded")
    assert form.status_code == 415
    assert "-H 'Content-Type: application/cloudevents+json'" in form.json()["detail"]
    one_line = json.dumps(GOOD) + json.dumps(GOOD | {"id": "e-2"})
    lines = client.post(EVENTS, one_line, content_type="application/x-ndjson")
    assert "--data-binary" in lines.json()["verdicts"][0]["detail"]
    rows = "id,source,type,subject,time,quantitye-1,router/us-1,dyno.seconds,app-1,x,1"
    assert "--data-binary" in client.post(EVENTS, rows, content_type="text/csv").json()["detail"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/problem+json", 200),
        ("Application/Problem+JSON", 200),
        ("application/problem+json, text/html;q=0.5", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("application/xml", 406),
    ],
)
def test_who_accepts_problems_is_answered(client: Client, accept: str, status: int):
    query = "since=2026-02-01T00:00:00Z&until=2026-02-02T00:00:00Z"
    answer = client.get(f"{EVENTS}?{query}", headers={"Accept": accept})
    assert answer.status_code == status
    refused = client.get(EVENTS, headers={"Accept": accept})
    assert refused.headers["Content-Type"] == "application/problem+json"
