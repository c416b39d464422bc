"""docs/api.md: its examples are sent as they stand, and its codes are ones we answer."""

from __future__ import annotations

import json
import re
import textwrap
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import CredentialScope, Partner
from api.problems import problem_of_status
from tests.api.bearer import ask_token, client_of
from tests.api.test_bad_events import UNREADABLE, WRONG
from tests.billing.prices import per_unit, requests
from tests.cast import credential, partner
from tests.story import Story
from usage.envelope.extensions import EXTENSIONS
from usage.models import QuarantineReason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/api.md").read_text()
BLOCKS = [
    textwrap.dedent(block).strip() for block in re.findall(r"(?:^ {4}.*\n)+", PAGE, re.MULTILINE)
]
CODES = PAGE.split("| status | code | means |")[1].split("\n\n")[0]


def block(start: str) -> str:
    """The one example that begins like this."""
    (found,) = [each for each in BLOCKS if each.startswith(start)]
    return found


@pytest.fixture
def router(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Partner:
    """The partner of the page: enrolled for the source and type its events name."""
    # The tables were emptied by the test before; what the process remembers of them is not.
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    story = Story()
    acme = story.account("Acme")
    acme.app("app-1001")
    acme.subscribes(story.plan("requests", per_unit(requests(story), "0.01")))
    return partner("Router", sources=("router/us-1",), event_types=("router.requests",))


@pytest.fixture
def client(router: Partner) -> Client:
    return client_of(router, *CredentialScope.values)


def post(client: Client, path: str, body: str, media_type: str = "application/json") -> Any:
    with time_machine.travel(datetime(2026, 1, 20, tzinfo=UTC), tick=False):
        return client.post(path, body, content_type=media_type)


def test_a_token_is_answered_with_the_fields_shown(router: Partner) -> None:
    shown = json.loads(block('{"access_token"'))
    answer = ask_token(credential(router, "usage:write")).json()
    assert answer.keys() == shown.keys()
    assert {**answer, "access_token": "…"} == shown


def test_the_scopes_are_those_there_are() -> None:
    table = PAGE.split("| scope | for |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `([a-z:]+)`", table, re.M) == [*CredentialScope.values]


def test_the_list_is_asked_for_as_shown(client: Client) -> None:
    answer = client.get(block("GET /api/v1/invoices").removeprefix("GET "))
    assert (answer.status_code, [*answer.json()]) == (200, ["data", "has_more", "next_cursor"])


def test_a_refusal_has_the_form_shown(client: Client) -> None:
    shown = json.loads(block('{\n  "type"'))
    answer = client.get("/api/v1/accounts?limit=0").json()
    assert answer.keys() == shown.keys()
    for name in ("type", "title", "status", "detail", "instance", "code", "retryable"):
        assert answer[name] == shown[name]


def test_the_event_and_the_rows_are_accepted(client: Client) -> None:
    events = "/api/v1/usage/events"
    single = post(client, events, block('{"id": "evt-0001"'))
    rows = post(client, events, block("id,source,type"), "text/csv")
    verdicts = [each["verdict"] for answer in (single, rows) for each in answer.json()["verdicts"]]
    assert verdicts == ["accepted"] * 3


def test_the_price_is_worked_out(client: Client) -> None:
    answer = post(client, "/api/v1/quotes", block('{"currency"'))
    assert (answer.status_code, answer.json()["total"]) == (200, "125.00")


def test_every_code_of_the_table_is_one_we_answer() -> None:
    source = "".join(
        path.read_text()
        for app in (
            "api",
            "approvals",
            "accounts",
            "core",
            "eventing",
            "usage",
            "billing",
            "deploy",
        )
        for path in (ROOT / app).rglob("*.py")
    )
    codes = re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| \d+ \| (.+?) \|", CODES, re.M)))
    assert len(codes) > 20
    assert [code for code in codes if f'"{code}"' not in source] == []


def test_every_code_of_this_door_is_in_the_table() -> None:
    own = {
        code
        for path in [*(ROOT / "api").rglob("*.py"), ROOT / "core/json_reader.py"]
        for code in re.findall(r'^    code = "([a-z_]+)"$', path.read_text(), re.M)
    }
    assert sorted(code for code in own if f"`{code}`" not in PAGE) == []


def test_every_code_an_event_is_answered_with_is_on_the_page() -> None:
    """Those of verdicts, of held events, and of a status nothing more is known of."""
    wrong = {code for _, code, _ in WRONG.values()} | {code for _, _, code in UNREADABLE.values()}
    known = set(re.findall(r"`([A-Za-z0-9_:]+)`", PAGE))

    def is_told(code: str) -> bool:
        kind, _, field = code.partition(":")
        name, _, what = code.rpartition("_")
        general = f"{kind}:FIELD" if field else f"FIELD_{what}"
        return code in known or (general in known and bool(field or name))

    bare = {problem_of_status(each.value).code for each in HTTPStatus if each.value >= 400}
    reasons = set(QuarantineReason.values)
    assert {code for code in wrong | bare | reasons if not is_told(code)} == set()


def test_every_extension_on_the_page_is_one_that_is_taken() -> None:
    named = PAGE.split("extension attributes that CloudEvents documents")[1].split(")")[0]
    assert set(re.findall(r"`(\w+)`", named)) == EXTENSIONS
