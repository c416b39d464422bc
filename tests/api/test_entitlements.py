"""GET /api/v1/entitlements/check: what a partner's account may, and until when that holds."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import CredentialScope
from billing.contracts.operations import entitlements
from billing.contracts.operations.entitlements import EntitlementTerms
from tests.api.bearer import client_of
from tests.cast import partner
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant

CHECK = "/api/v1/entitlements/check"


@pytest.fixture
def acme(db: None) -> Customer:
    story = Story().on("2026-03-01")
    acme = story.account("Acme")
    terms = EntitlementTerms("seats", "20", instant("2026-03-01"), instant("2026-04-01"))
    entitlements.entitle(whose=acme.account, terms=terms, by=ADA, at=story.at, reason=WHY)
    return acme


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Acme's agency", reads=(acme.account,)))


def test_the_answer_says_until_when_it_holds(client: Client, acme: Customer) -> None:
    asked = {"account": acme.account.public_id, "feature": "seats", "at": "2026-03-05T00:00:00Z"}
    answer = client.get(CHECK, asked).json()
    assert (answer["allowed"], answer["value"]) == (True, "20")
    assert answer["until"].startswith("2026-04-01T00:00:00")
    later = client.get(CHECK, asked | {"at": "2026-04-01T00:00:00Z"}).json()
    assert (later["allowed"], later["value"], later["until"]) == (False, None, None)


def test_what_cannot_be_read_names_its_parameter(client: Client, acme: Customer) -> None:
    asked = {"account": acme.account.public_id, "feature": "seats"}
    for wrong in ({"feature": ""}, {"at": "soon"}, {"at": "2026-03-05"}, {"colour": "red"}):
        assert client.get(CHECK, asked | wrong).status_code == 422


def test_nobody_asks_about_accounts_that_are_not_theirs(acme: Customer) -> None:
    asked = {"account": acme.account.public_id, "feature": "seats"}
    assert client_of(partner("Nobody")).get(CHECK, asked).status_code == 404
    assert Client().get(CHECK, asked).status_code == 401
    assert CredentialScope.ACCOUNTS_READ == "accounts:read"
