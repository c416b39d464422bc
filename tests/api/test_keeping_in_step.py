"""A team of the platform keeps accounts and resources in step; nobody else does."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, Resource
from tests.api.bearer import client_of
from tests.at_once import at_once, rounds
from tests.cast import partner

PATH = "/api/v1/accounts"
BOTH = ("accounts:read", "accounts:write")


@pytest.fixture
def platform(db: None) -> Client:
    return client_of(partner("Platform", reads_every_account=True), *BOTH)


def send(client: Client, path: str, body: Any, *, verb: str = "post", **headers: str) -> Any:
    return getattr(client, verb)(
        path, json.dumps(body), content_type="application/json", headers=headers
    )


def new(**more: Any) -> dict[str, Any]:
    profile = {"legal_name": "Initech Ltd", "zone": "Europe/Berlin"}
    return {
        "name": "Initech", "kind": "team", "currency": "EUR", "profile": profile, "reason": "New",
    } | more  # fmt: skip


def test_an_account_is_opened_renamed_paid_for_and_closed(platform: Client) -> None:
    made = send(platform, PATH, new())
    assert made.status_code == 201, made.content
    account = made.json()
    assert (account["name"], account["billing_profile"]["zone"]) == ("Initech", "Europe/Berlin")
    one = f"{PATH}/{account['id']}"
    tag = platform.get(one)["ETag"]
    named = {"name": "Initrode", "reason": "They merged"}
    renamed = send(platform, one, named, verb="patch", **{"If-Match": tag})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Initrode")
    assert renamed["ETag"] != tag
    other = send(platform, PATH, new(name="Umbrella")).json()
    paid = send(platform, f"{one}/payer", {"payer": other["id"], "reason": "Agreed"})
    assert paid.json()["payer"]["id"] == other["id"]
    closed = send(platform, f"{one}/close", {"reason": "They left"})
    assert closed.json()["closed_at"]
    again = send(platform, f"{one}/close", {"reason": "They left"})
    assert again.status_code == 409


def test_a_change_says_what_it_was_made_from(platform: Client, acme: Account) -> None:
    one, named = f"{PATH}/{acme.public_id}", {"name": "Other", "reason": "They asked"}
    tag = platform.get(one)["ETag"]
    for header, status in (
        ({}, 428),
        ({"If-Match": f"W/{tag}"}, 412),
        ({"If-Match": "*"}, 412),
        ({"If-Match": '"0"'}, 412),
    ):
        refused = send(platform, one, named, verb="patch", **header)
        assert refused.status_code == status, header
    assert (
        send(platform, one, {"reason": "x"}, verb="patch", **{"If-Match": tag}).status_code == 422
    )
    acme.refresh_from_db()
    assert acme.name == "Acme"


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_TD49_of_many_with_one_tag_one_changes_it(acme: Account) -> None:
    platform = client_of(partner("Platform", reads_every_account=True), *BOTH)
    one = f"{PATH}/{acme.public_id}"
    for number in range(rounds(3)):
        tag = platform.get(one)["ETag"]

        def change(name: str, tag: str = tag) -> int:
            said = {"name": name, "reason": "At once"}
            answer = send(platform, one, said, verb="patch", **{"If-Match": tag})
            return int(answer.status_code)

        told = at_once(*[partial(change, f"{number}.{n}") for n in range(8)])
        assert sorted(told) == [200, *[412] * 7]


def test_a_resource_is_registered_and_handed_over(
    platform: Client, acme: Account, globex: Account
) -> None:
    said = {
        "platform_id": "app-7", "kind": "app", "name": "Shop", "account": acme.public_id,
        "owned_from": "2026-02-01T00:00:00Z", "reason": "Made",
    }  # fmt: skip
    made = send(platform, "/api/v1/resources", said)
    assert made.status_code == 201, made.content
    assert send(platform, "/api/v1/resources", said).status_code == 409
    one = f"/api/v1/resources/{made.json()['id']}"
    over = {"account": globex.public_id, "owned_from": "2026-03-01T00:00:00Z", "reason": "Sold"}
    moved = send(platform, f"{one}/transfer", over)
    assert [each["account"]["name"] for each in moved.json()["owners"]] == ["Acme", "Globex"]
    assert Resource.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"currency": "euro"}, "/currency"),
        ({"kind": "club"}, "/kind"),
        ({"name": ""}, "/name"),
        ({"parent": "acc_" + "0" * 26}, "/parent"),
        ({"profile": {"legal_name": "x", "zone": "Mars/Base"}}, "/zone"),
        ({"profile": {"zone": "UTC"}}, "/profile/legal_name"),
        ({"hidden": 1}, "/hidden"),
    ],
)
def test_a_field_that_is_wrong_is_named(
    platform: Client, more: dict[str, Any], pointer: str
) -> None:
    refused = send(platform, PATH, new(**more))
    assert refused.status_code in (404, 422), refused.content
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert not Account.objects.exists()


def test_a_partner_of_some_accounts_keeps_none(acme: Account) -> None:
    agency = client_of(partner("Agency", reads=(acme,)), *BOTH)
    one = f"{PATH}/{acme.public_id}"
    assert send(agency, PATH, new()).status_code == 403
    assert send(agency, f"{one}/close", {"reason": "x"}).status_code == 403
    reader = client_of(partner("Reader", reads_every_account=True), "accounts:read")
    assert send(reader, PATH, new()).json()["code"] == "scope_missing"
