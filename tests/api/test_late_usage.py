"""GET /api/v1/late-usage: a partner reads what became of usage that arrived after its invoice."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import CredentialScope
from billing.invoicing.operations import late_usage
from tests.api.bearer import client_of
from tests.billing.prices import per_unit, requests
from tests.cast import partner
from tests.people import ADA
from tests.story import Customer, Story

LATE = "/api/v1/late-usage"


@pytest.fixture
def acme(db: None) -> Customer:
    """Acme's March came to 5.00; then 2.00 arrived late and was billed, 3.00 and was waived, and
    4.00 that is open.
    """
    story = Story()
    plan = story.plan("calls", per_unit(requests(story), "1.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-10", quantity="5")
    story.runs_billing()
    first = acme.invoice
    acme.uses("router.requests", "acme-web", "2026-03-11", quantity="2")
    story.on("2026-05-01").runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-12", quantity="3")
    late_usage.waive(invoice=first, at=story.at, by=ADA, reason="Our fault")
    acme.uses("router.requests", "acme-web", "2026-03-13", quantity="4")
    return acme


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Acme's agency", reads=(acme.account,)))


def get(client: Client, path: str = LATE, **query: str) -> Any:
    return client.get(path, query)


def test_each_decided_difference_with_its_fate(client: Client, acme: Customer) -> None:
    billed, waived = get(client).json()["data"]
    march, april = (invoice.number for invoice in acme.invoices)
    assert (billed["fate"], billed["amount"]["decimal"]) == ("billed", "2.00")
    assert (billed["invoice"], billed["billed_on"]) == (march, april)
    assert (waived["fate"], waived["reason"], waived["billed_on"]) == ("waived", "Our fault", None)
    assert waived["account"] == {"id": acme.account.public_id, "name": "Acme"}
    assert get(client, f"{LATE}/{billed['id']}").json() == billed


@pytest.mark.parametrize(("fate", "amounts"), [("billed", ["2.00"]), ("waived", ["3.00"])])
def test_narrowed_by_fate(client: Client, fate: str, amounts: list[str]) -> None:
    found = get(client, fate=fate).json()["data"]
    assert [each["amount"]["decimal"] for each in found] == amounts


def test_the_fates_of_an_account_add_up_to_what_arrived(client: Client, acme: Customer) -> None:
    sums = get(client, f"/api/v1/accounts/{acme.account.public_id}/late-usage").json()
    assert sums.pop("behind") is None
    assert {name: amount["decimal"] for name, amount in sums.items()} == {
        "billed": "2.00",
        "waived": "3.00",
        "open": "4.00",
        "arrived": "9.00",
    }


def test_a_stranger_sees_none_of_it(acme: Customer) -> None:
    stranger = client_of(partner("Other"))
    assert get(stranger).json()["data"] == []
    for account in (acme.account.public_id, "acc_nobody"):
        answer = get(stranger, f"/api/v1/accounts/{account}/late-usage")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_it_takes_the_scope_of_invoices(acme: Customer) -> None:
    reader = client_of(partner("Agency", reads=(acme.account,)), CredentialScope.USAGE_READ)
    for path in (LATE, f"/api/v1/accounts/{acme.account.public_id}/late-usage"):
        assert get(reader, path).status_code == 403


def test_any_number_of_decisions_costs_the_same_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    get(client)
    with django_assert_max_num_queries(4):
        get(client)
