"""GET /api/v1/grants: what is left of credit, and every draw of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.bearer import client_of
from tests.billing.grants.granted import grants_to
from tests.billing.prices import flat
from tests.cast import partner
from tests.story import Customer, Story

GRANTS = "/api/v1/grants"


@pytest.fixture
def acme(db: None) -> Customer:
    """Acme was given 30.00, of which March took 20.00; Globex has some too."""
    story = Story()
    plan = story.plan("fee", flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    grants_to(acme, "Spring", "30.00", starts="2026-03-01")
    grants_to(story.account("Globex"), "Theirs", "1.00", starts="2026-03-01")
    story.on("2026-04-01").runs_billing()
    return acme


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Acme's agency", reads=(acme.account,)))


def get(client: Client, path: str = GRANTS, **query: str) -> Any:
    return client.get(path, query)


def test_what_is_left_and_every_draw(client: Client, acme: Customer) -> None:
    (grant,) = get(client).json()["data"]
    assert (grant["granted"], grant["left"], grant["state"]) == ("30.00", "10.00", "in_force")
    (draw,) = grant["movements"]
    assert (draw["kind"], draw["change"], draw["worth"]["decimal"]) == ("draw", "-20.00", "20.00")
    assert draw["invoice"] == acme.invoice.number
    assert get(client, f"{GRANTS}/{grant['id']}").json() == grant
    assert get(client, type="prepaid").json()["data"] == []


def test_another_partner_sees_none_of_it(acme: Customer) -> None:
    other = client_of(partner("Nobody"))
    assert get(other).json()["data"] == []


def test_the_type_is_one_there_is(client: Client) -> None:
    assert get(client, type="gift").status_code == 422
