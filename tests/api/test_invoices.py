"""GET /api/v1/invoices: a partner reads what its accounts were billed, and nothing of others."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.models import Invoice
from tests.api.bearer import client_of
from tests.billing.prices import flat, requests
from tests.cast import partner
from tests.story import Customer, Story

INVOICES = "/api/v1/invoices"


@pytest.fixture
def story(db: None) -> Story:
    return Story()


@pytest.fixture
def billed(story: Story) -> list[Customer]:
    """Acme and Globex, whose March is billed: a fee of 10.00 each."""
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    customers = [story.account("Acme"), story.account("Globex")]
    for customer in customers:
        customer.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    return customers


@pytest.fixture
def client(billed: list[Customer]) -> Client:
    return client_of(partner("Acme's agency", reads=(billed[0].account,)))


@time_machine.travel("2026-04-02T00:00:00Z", tick=False)
def test_one_invoice(client: Client, billed: list[Customer]) -> None:
    acme = billed[0].invoice
    found = client.get(f"{INVOICES}/{acme.public_id}").json()
    account = {"id": acme.account.public_id, "name": "Acme"}
    actions = {each["code"]: each["why_not"] for each in found.pop("actions")}
    assert {code for code, why_not in actions.items() if not why_not} >= {"pay", "credit", "void"}
    assert actions["reissue"] == "It stands; void it first."
    assert found == {
        "id": acme.public_id,
        "number": acme.number,
        "kind": "period",
        "state": "issued",
        "stands": "open",
        "account": account,
        "payer": account,
        "period": {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"},
        "zone": "UTC",
        "subtotal": {"currency": "USD", "minor": 1000, "decimal": "10.00"},
        "tax": {"currency": "USD", "minor": 0, "decimal": "0.00"},
        "carried": {"currency": "USD", "minor": 0, "decimal": "0.00"},
        "total": {"currency": "USD", "minor": 1000, "decimal": "10.00"},
        "purchase_order": "",
        "note": "",
        "issued_at": "2026-04-01T00:00:00Z",
        "issued_on": "2026-04-01",
        "due_on": "2026-05-01",
        "content_sha256": acme.content_sha256,
    }


def test_an_issued_invoice_is_found_by_its_number(client: Client, billed: list[Customer]) -> None:
    acme = billed[0].invoice
    assert client.get(f"{INVOICES}/{acme.number}").json()["id"] == acme.public_id


def test_why_an_invoice_changed(story: Story, client: Client, billed: list[Customer]) -> None:
    march = billed[0].invoice
    story.on("2026-04-01")
    billed[0].subscribes(story.plan("extra", flat("5.00", "Extra")))
    story.on("2026-05-01").runs_billing()
    april = billed[0].invoice

    found = client.get(f"{INVOICES}/{april.number}/change").json()

    money = {"currency": "USD", "minor": 500, "decimal": "5.00"}
    assert [found[side]["number"] for side in ("before", "after")] == [march.number, april.number]
    assert found["difference"] == money
    assert found["parts"] == [
        {
            "kind": "new",
            "name": "Extra",
            "amount": money,
            "lines_before": [],
            "lines_after": [2],
        }
    ]


def test_a_first_invoice_has_nothing_before_it(client: Client, billed: list[Customer]) -> None:
    answer = client.get(f"{INVOICES}/{billed[0].invoice.number}/change")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_earlier_invoice")


def test_parts_are_told_apart_by_price_or_app_only(client: Client, billed: list[Customer]) -> None:
    answer = client.get(f"{INVOICES}/{billed[0].invoice.number}/change?by=colour")
    assert (answer.status_code, answer.json()["code"]) == (422, "told_by_unknown")


def test_its_lines_add_up_to_it(client: Client, billed: list[Customer]) -> None:
    lines = client.get(f"{INVOICES}/{billed[0].invoice.number}/lines").json()["data"]
    assert [(line["position"], line["amount"]["decimal"]) for line in lines] == [(1, "10.00")]
    assert all(isinstance(line["quantity"], str) for line in lines)
    one = client.get(f"{INVOICES}/{billed[0].invoice.number}/lines/1").json()
    assert one == lines[0]


def test_a_line_of_usage_names_its_resource(story: Story) -> None:
    price = PriceTerms(
        code="requests",
        name="Requests",
        meter=requests(story),
        group_by=["resource"],
        definition={"model": "per_unit", "unit_price": "0.01"},
    )
    plan = story.plan("team", price)
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.subscribes(plan)
    shop = acme.app("shop")
    story.on("2026-03-02").sends(
        {
            "type": "router.requests",
            "subject": "shop",
            "time": "2026-03-02T00:00:00Z",
            "data": {"quantity": "120"},
        }
    )
    story.on("2026-04-01").runs_billing()
    client = client_of(partner("Agency", reads=(acme.account,)))
    (line,) = client.get(f"{INVOICES}/{acme.invoice.number}/lines").json()["data"]
    assert line["resource"] == {"id": shop.public_id, "platform_id": "shop", "name": "shop"}
    assert (line["quantity"], line["unit_price"]) == ("120", "0.01")
    assert line["amount"] == {"currency": "USD", "minor": 120, "decimal": "1.20"}


def test_a_line_that_adjusts_another_had_one_unit_of_it(story: Story) -> None:
    definition = {
        "model": "per_unit",
        "unit_price": "10",
        "unit": "build",
        "discounts": [{"percent": "12"}],
        "maximum": "20",
    }
    plan = story.plan("team", PriceTerms("builds", "Builds", definition, requests(story)))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    acme.app("shop")
    story.on("2026-04-01")
    acme.uses("router.requests", "shop", "2026-03-02", quantity="3")
    story.runs_billing()
    client = client_of(partner("Agency", reads=(acme.account,)))
    lines = client.get(f"{INVOICES}/{acme.invoice.number}/lines").json()["data"]
    assert [(line["kind"], line["quantity"], line["unit"]) for line in lines] == [
        ("usage", "3", "build"),
        ("discount", None, ""),
        ("cap", None, ""),
    ]


class TestOthers:
    def told(self, response: Any) -> dict[str, Any]:
        assert response.status_code == 404
        return {k: v for k, v in response.json().items() if k not in ("instance", "request_id")}

    def test_a_foreign_invoice_is_as_unknown_as_none(
        self, client: Client, billed: list[Customer]
    ) -> None:
        globex = billed[1].invoice
        unknown = self.told(client.get(f"{INVOICES}/inv_{'0' * 26}"))
        for path in (
            globex.public_id,
            globex.number,
            f"{globex.number}/lines",
            f"{globex.number}/lines/1",
        ):
            assert self.told(client.get(f"{INVOICES}/{path}")) == unknown

    def test_the_list_holds_only_its_own(self, client: Client) -> None:
        assert Invoice.objects.count() == 2
        found = client.get(INVOICES)
        assert [each["account"]["name"] for each in found.json()["data"]] == ["Acme"]
        assert "Globex" not in found.content.decode()

    def test_a_filter_leads_to_no_other(self, client: Client, billed: list[Customer]) -> None:
        for query in (
            f"account={billed[1].account.public_id}",
            f"number={billed[1].invoice.number}",
        ):
            assert client.get(f"{INVOICES}?{query}").json()["data"] == []

    def test_another_scope_is_not_enough(self, billed: list[Customer]) -> None:
        reader = client_of(partner("Reader", reads=(billed[0].account,)), "accounts:read")
        assert reader.get(INVOICES).json()["code"] == "scope_missing"


def test_a_page_takes_the_same_queries_however_long(
    billed: list[Customer], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reader = client_of(partner("Platform", reads_every_account=True))
    reader.get(INVOICES)
    for limit in (1, 2):
        with django_assert_num_queries(3):
            assert len(reader.get(f"{INVOICES}?limit={limit}").json()["data"]) == limit
