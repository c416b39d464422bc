"""NUL, control characters and half characters, wherever a machine may put them: never a 500."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import CursorInvalid, cursor_of, place_of
from core.errors import FieldError, Invalid
from tests.api.bearer import client_of
from tests.cast import account, partner
from tests.usage.world import World, meter
from usage.envelope.received_event import EventRefusal

EVENTS = "/api/v1/usage/events"
SINCE = "since=2026-05-01T00:00:00Z&until=2026-05-20T00:00:00Z"
LISTS = {
    "/api/v1/accounts": ("kind", "parent", "cursor", "order", "limit", "nothing"),
    "/api/v1/invoices": ("state", "account", "number", "cursor", "order"),
    "/api/v1/late-usage": ("fate", "account", "invoice", "cursor"),
    "/api/v1/credit-notes": ("account", "invoice", "cursor"),
    "/api/v1/grants": ("account", "type", "cursor"),
    "/api/v1/licences": ("account", "cursor"),
    "/api/v1/pool-movements": ("licence", "pool", "account", "kind", "cursor"),
    "/api/v1/usage/quarantine": ("reason", "state", "subject", "cursor"),
    "/api/v1/usage/backfills": ("source", "cursor"),
    EVENTS: ("since", "until", "type", "subject", "cursor"),
}
ODD = ("%00", "a%00b", "%ED%A0%80", "%FF", "a%01", "%C3")
"""A NUL, half a character, bytes that are no UTF-8, a control character, as an address has them."""


@pytest.fixture
def platform(db: None) -> World:
    meter("requests")
    return World()


@pytest.fixture
def client(platform: World) -> Client:
    """A partner that may send requests of router/us-1 and read everything."""
    return client_of(
        partner(
            "Router",
            sources=("router/us-1",),
            event_types=("requests",),
            reads_every_account=True,
        )
    )


@given(st.text(alphabet=st.characters(), max_size=20) | st.just("\ud800"))
def test_whatever_a_refusal_quotes_can_be_encoded(text: str):
    refusal = EventRefusal(code=text, detail=text, pointer=text, id=text, source=text)
    error = Invalid(text, errors=[FieldError(text, "odd", text)])
    for said in (refusal.detail, refusal.id, refusal.pointer, str(error), error.message):
        assert said is not None
        said.encode()
    assert all((each.pointer + each.detail).encode() is not None for each in error.errors)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("odd", ODD)
def test_odd_text_in_a_query_is_refused_by_name(client: Client, path: str, odd: str):
    for name in LISTS[path]:
        answer = client.get(f"{path}?{SINCE if path == EVENTS else 'limit=2'}&{name}={odd}")
        assert (answer.status_code, answer.json()["code"]) == (422, "address_unreadable"), name
        assert name in answer.json()["detail"]
    assert client.get(f"{path}?{odd}=1").status_code == 422


@pytest.mark.parametrize("odd", ODD)
def test_odd_text_in_a_path_finds_nothing(client: Client, odd: str):
    for path in ("accounts/{}", "invoices/{}", "invoices/{}/lines", "accounts/{}/late-usage",
                 "usage/events/{}", "usage/quarantine/{}", "{}"):  # fmt: skip
        answer = client.get(f"/api/v1/{path.format(odd)}")
        assert answer.status_code in (404, 422), path
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header", ["Authorization", "X-Request-Id", "Content-Type", "Accept", "Accept-Language"]
)
def test_a_header_with_a_line_break_or_a_nul_is_refused(client: Client, header: str):
    for odd in ("a\0b", "a\r\nX-Admin: 1", "\x7f"):
        name = "CONTENT_TYPE" if header == "Content-Type" else None
        extra: dict[str, Any] = {name: odd} if name else {"headers": {header: odd}}
        answer = client.get("/api/v1/accounts", **extra)
        assert (answer.status_code, answer.json()["code"]) == (400, "header_invalid")


class TestCursors:
    @pytest.fixture
    def cursor(self, client: Client) -> str:
        for name in ("A", "B", "C"):
            account(name)
        found: str = client.get("/api/v1/accounts?limit=1").json()["next_cursor"]
        return found

    def test_a_cursor_that_was_touched_is_refused(self, client: Client, cursor: str):
        for place in range(len(cursor)):
            other = "A" if cursor[place] != "A" else "B"
            touched = cursor[:place] + other + cursor[place + 1 :]
            answer = client.get(f"/api/v1/accounts?limit=1&cursor={touched}")
            assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")

    def test_a_cursor_made_by_hand_is_refused(self, client: Client):
        places: list[Any] = [["opened_at", False, "x", 1], ["name", True, None, -1], {}, "x", 5]
        for place in places:
            made = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
            answer = client.get(f"/api/v1/accounts?cursor={made}")
            assert answer.json()["code"] == "cursor_invalid"

    def test_a_cursor_of_another_list_is_refused(self, client: Client, cursor: str):
        for path in ("/api/v1/invoices?", "/api/v1/usage/quarantine?", f"{EVENTS}?{SINCE}&"):
            answer = client.get(f"{path}cursor={cursor}")
            assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")

    @given(st.lists(st.text(max_size=5) | st.integers() | st.booleans(), max_size=4))
    def test_a_cursor_holds_its_place(self, place: list[Any]):
        assert place_of("list", cursor_of("list", place)) == place
        with pytest.raises(CursorInvalid):
            place_of("other", cursor_of("list", place))


class TestTokens:
    @pytest.mark.parametrize("field", ["grant_type", "client_id", "client_secret", "scope", "x"])
    @pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
    def test_odd_text_in_the_form_is_an_invalid_request(self, db: None, path: str, field: str):
        for odd in ("a\0b", "\x1b"):
            form = {"grant_type": "client_credentials", "client_id": "c", "token": "t", field: odd}
            answer = Client().post(path, form)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize("credentials", ["a\0:b", "a%00:b", "a:b%00", "a:\0", ":", "a", "é:ü"])
    def test_odd_credentials_are_those_of_nobody(self, db: None, credentials: str):
        for encoded in (
            base64.b64encode(credentials.encode()).decode(),
            base64.b64encode(credentials.encode("latin-1")).decode(),
            credentials.replace("\0", "%"),
        ):
            for path in ("/oauth/token", "/oauth/revoke"):
                answer = Client().post(
                    path,
                    {"grant_type": "client_credentials", "token": "t"},
                    headers={"Authorization": f"Basic {encoded}"},
                )
                assert answer.status_code in (400, 401), answer.content
                assert answer.json()["error"] in ("invalid_client", "invalid_request")

    @pytest.mark.parametrize("body", [b"\xff\xfe=1", b"%00=%00", b"grant_type=%ED%A0%80", b"a" * 9])
    def test_a_body_that_is_no_form_is_answered_in_json(self, db: None, body: bytes):
        answer = Client().post(
            "/oauth/token", body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code in (400, 401)
        assert answer.json()["error"]
