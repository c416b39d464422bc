"""The feed over the API: one's own, in pages, and nothing that hints at anybody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.operations import accounts
from accounts.operations.partners import PartnerTerms
from eventing.catalogue import PARTNER_TYPES
from eventing.models import OutboxEvent
from tests.api.bearer import client_of
from tests.cast import NOON, OPENING, partner
from tests.people import ADA

PATH = "/api/v1/events-feed"


@pytest.fixture
def theirs(acme: Account, globex: Account) -> Client:
    """A partner that may read Acme, and not Globex."""
    return client_of(partner("Addon Works", reads=(acme,), reports_for=(acme,)), "events:read")


@pytest.fixture
def house(acme: Account, globex: Account) -> Client:
    return client_of(partner("Finance data", reads_every_account=True), "events:read")


def read(client: Client, **asked: Any) -> Any:
    answer = client.get(PATH, asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def rename(account: Account, name: str) -> None:
    accounts.rename(account=account, name=name, at=NOON, by=ADA, reason="They asked")


def test_a_partner_follows_its_own_accounts(theirs: Client, acme: Account, globex: Account) -> None:
    first = read(theirs)
    assert {each["account"] for each in first["data"]} == {acme.public_id}
    assert {each["type"] for each in first["data"]} <= PARTNER_TYPES
    rename(globex, "Canary Globex")
    rename(acme, "Acme & Sons")
    told = read(theirs, after=first["next_after"])
    (event,) = told["data"]
    kept = OutboxEvent.objects.get(public_id=event["id"])
    assert event == {
        "specversion": "1.0",
        "id": kept.public_id,
        "source": "urn:counterfoil",
        "type": "account.renamed",
        "subject": acme.public_id,
        "account": acme.public_id,
        "time": NOON.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": "urn:counterfoil:event:account.renamed:1",
        "sequence": kept.sequence,
        "data": {"name": "Acme & Sons"},
    }
    assert (told["has_more"], told["open_since"]) == (False, None)
    again = read(theirs, after=told["next_after"])
    assert (again["data"], again["next_after"]) == ([], told["next_after"])


def test_the_house_hears_everything(house: Client) -> None:
    types = {each["type"] for each in read(house, limit=200)["data"]}
    assert {"account.opened", "partner.enrolled", "credential.issued"} <= types


def test_pages_hold_each_event_once(house: Client) -> None:
    whole = [each["id"] for each in read(house, limit=200)["data"]]
    seen: list[str] = []
    after, more = "0", True
    while more:
        page = read(house, after=after, limit=2)
        seen += [each["id"] for each in page["data"]]
        after, more = page["next_after"], page["has_more"]
    assert seen == whole


def test_the_feed_is_narrowed(house: Client, acme: Account) -> None:
    rename(acme, "Acme & Sons")
    found = read(house, type="account.renamed,account.closed", account=acme.public_id)["data"]
    assert [each["type"] for each in found] == ["account.renamed"]


def test_whoever_may_not_read_an_account_any_more_hears_no_more(
    acme: Account, globex: Account
) -> None:
    from accounts.operations import partners

    row = partner("Addon Works", reads=(acme,), reports_for=(acme,))
    client = client_of(row, "events:read")
    assert read(client)["data"]
    terms = PartnerTerms(row.name, row.kind)
    partners.revise(
        partner=row, terms=terms, readable_accounts=[], at=OPENING, by=ADA, reason="Over"
    )
    assert read(client)["data"] == []


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"after": "x"}, 400, "place_invalid"),
        ({"after": "-1"}, 400, "place_invalid"),
        ({"limit": "0"}, 400, "limit_range"),
        ({"type": "partner.enrolled"}, 422, "event_type_unknown"),
        ({"type": "made.up"}, 422, "event_type_unknown"),
        ({"kind": "x"}, 422, "unknown_parameter"),
    ],
)
def test_what_cannot_be_read_is_refused(
    theirs: Client, asked: dict[str, str], status: int, code: str
) -> None:
    answer = theirs.get(PATH, asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_it_needs_the_scope(acme: Account) -> None:
    client = client_of(partner("Usage only", reads=(acme,)), "usage:write")
    assert client.get(PATH).json()["code"] == "scope_missing"


def test_the_types_one_may_hear_of_are_listed(theirs: Client, house: Client) -> None:
    listed = {each["type"] for each in theirs.get("/api/v1/event-types").json()["data"]}
    assert listed == PARTNER_TYPES
    described = house.get("/api/v1/event-types").json()["data"]
    assert {"partner.enrolled", "invoice.issued"} <= {each["type"] for each in described}
    (issued,) = [each for each in described if each["type"] == "invoice.issued"]
    assert set(issued["example"]) == set(issued["schema"]["properties"])
