"""A list is narrowed by what its noun knows; anything else is named, never passed over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django_filters import FilterSet

from core.filtering import NounFilters
from tests.api.bearer import client_of
from tests.cast import account, partner
from tests.usage.world import World, meter

EVENTS = "/api/v1/usage/events"
MAY = "since=2026-05-01T00:00:00Z&until=2026-05-20T00:00:00Z"
LISTS = (
    "/api/v1/accounts",
    "/api/v1/invoices",
    "/api/v1/late-usage",
    "/api/v1/credit-notes",
    "/api/v1/grants",
    "/api/v1/licences",
    "/api/v1/pool-movements",
    "/api/v1/usage/quarantine",
    "/api/v1/usage/backfills",
    EVENTS,
)
CHOICES = {
    ("/api/v1/accounts", "kind"): "personal, team, enterprise",
    ("/api/v1/accounts", "state"): "open, closed",
    ("/api/v1/invoices", "state"): "draft, issued",
    ("/api/v1/late-usage", "fate"): "billed, waived",
    ("/api/v1/grants", "type"): "promotional, goodwill, prepaid",
    ("/api/v1/usage/quarantine", "state"): "held, released, dropped",
    ("/api/v1/usage/backfills", "state"): "open, closed, taken_back",
    (EVENTS, "verdict"): "as_sent, amended, voided, conflict",
}


@pytest.fixture
def client(db: None) -> Client:
    meter("requests")
    World()
    account("Globex")
    return client_of(partner("Platform", sources=("router/us-1",), reads_every_account=True))


def get(client: Client, path: str, query: str) -> Any:
    return client.get(f"{path}?{MAY}&{query}" if path == EVENTS else f"{path}?{query}")


@pytest.mark.parametrize(("path", "name"), CHOICES)
def test_a_value_that_is_none_is_answered_with_those_there_are(
    client: Client, path: str, name: str
):
    for wrong in ("nonsense", "Open", "1", " ", "%F0%9F%92%A9"):
        answer = get(client, path, f"{name}={wrong}")
        said = answer.json()
        assert (answer.status_code, said["code"]) == (422, "parameter_invalid"), wrong
        assert said["detail"] == f"{name} is one of {CHOICES[path, name]}."
        assert said["errors"][0]["pointer"] == f"/{name}"
    assert get(client, path, f"{name}=").json()["detail"] == (
        f"{name} is empty; leave it out for all."
    )
    for right in CHOICES[path, name].split(", "):
        assert get(client, path, f"{name}={right}").status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_a_parameter_that_stands_twice_is_refused(client: Client, path: str):
    for query in ("limit=1&limit=2", "cursor=a&cursor=a", "limit=1&limit=1"):
        answer = get(client, path, query)
        assert (answer.status_code, answer.json()["code"]) == (422, "parameter_twice")


@pytest.mark.parametrize(
    "path", [*LISTS, f"{EVENTS}/{'0' * 32}", f"/api/v1/accounts/acc_{'0' * 26}"]
)
def test_a_parameter_nobody_knows_is_named_with_those_that_are(client: Client, path: str):
    answer = get(client, path, "staet=open")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")
    assert "staet" in answer.json()["detail"]
    assert "Known: " in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/api/v1/accounts", "parent"), ("/api/v1/invoices", "account"),
     ("/api/v1/late-usage", "account")],
)  # fmt: skip
def test_what_is_no_id_is_refused_and_what_is_nobody_s_finds_nothing(
    client: Client, path: str, name: str
):
    for wrong in ("x", "inv_" + "0" * 26, "acc_", "acc_" + "0" * 27):
        answer = get(client, path, f"{name}={wrong}")
        assert (answer.status_code, answer.json()["code"]) == (422, "parameter_invalid")
        assert "acc_" in answer.json()["detail"]
    assert get(client, path, f"{name}=acc_{'0' * 26}").json()["data"] == []


def test_accounts_are_narrowed_by_name_state_and_currency(client: Client):
    def names(query: str) -> list[str]:
        found = client.get(f"/api/v1/accounts?order=name&{query}").json()["data"]
        return [each["name"] for each in found]

    assert names("named=lobe") == ["Globex"]
    assert names("named=lobe&state=closed") == []
    assert names("named=lobe&state=open&currency=USD&kind=team") == ["Globex"]


@pytest.mark.parametrize(
    "query", ["atomic=maybe", "atomic=", "atomic=true&atomic=false", "atmic=1"]
)
def test_sending_events_asks_as_strictly_as_reading_them(client: Client, query: str):
    answer = client.post(f"{EVENTS}?{query}", "[]", content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["code"] in ("parameter_invalid", "parameter_twice", "unknown_parameter")


@pytest.mark.parametrize("year", ["0001-01-01", "1999-12-31", "9000-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["Z", "+14:00", "-12:00"])
def test_the_ends_of_the_calendar_are_out_of_range(client: Client, year: str, zone: str):
    edge = f"{year}T00:00:00{zone.replace('+', '%2B')}"
    for query in (
        f"since={edge}&until=2026-05-01T00:00:00Z",
        f"since=2026-05-01T00:00:00Z&until={edge}",
    ):
        answer = client.get(f"{EVENTS}?{query}")
        assert answer.status_code == 422
        assert answer.json()["code"] in ("window_invalid", "window_too_long", "period_empty")


def test_the_document_names_every_filter_and_its_values(client: Client):
    paths = json.loads(Client().get("/api/v1/openapi.json").content)["paths"]
    for (path, name), values in CHOICES.items():
        (found,) = [each for each in paths[path]["get"]["parameters"] if each["name"] == name]
        assert sorted(found["schema"]["enum"]) == sorted(values.split(", "))


def test_every_filter_set_is_a_noun_s_and_refuses_by_one_rule():
    # A set that is no noun's would be a direct child of the library's.
    ours = [kind for kind in FilterSet.__subclasses__() if "django_filters" not in kind.__module__]
    assert ours == [NounFilters]
    assert len(NounFilters.__subclasses__()) > 5
