"""Payments through the machines' door: recorded once, allocated once, and nobody else's seen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from billing.receivables.models import Payment
from tests.api.bearer import client_of
from tests.billing.receivables.books import Books
from tests.cast import partner
from tests.story import Story

PATH = "/api/v1/payments"


@pytest.fixture
def books(db: None) -> Books:
    """A customer who pays in euros, on the first of June 2026."""
    story = Story()
    customer = story.account("Acme", currency="EUR")
    return Books(story.on("2026-06-01"), customer)


@pytest.fixture
def bank(books: Books) -> Client:
    """An internal team that reports payments of everybody."""
    return client_of(partner("Bank", reads_every_account=True), "payments:read", "payments:write")


def send(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def report(books: Books, **more: Any) -> dict[str, Any]:
    return {
        "account": books.customer.account.public_id,
        "amount": {"currency": "EUR", "decimal": "100.00"},
        "received_at": "2026-06-01T00:00:00Z",
        "external_key": "row-1",
        "reason": "Statement of the day",
    } | more


def test_a_payment_is_recorded_once_and_told(books: Books, bank: Client) -> None:
    first, again = send(bank, PATH, **report(books)), send(bank, PATH, **report(books))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    told = bank.get(f"{PATH}/{first.json()['id']}").json()
    assert (told["free"]["decimal"], told["settlements"]) == ("100.00", [])
    assert [each["id"] for each in bank.get(PATH).json()["data"]] == [told["id"]]
    other = report(books, amount={"currency": "EUR", "decimal": "99.00"})
    refused = send(bank, PATH, **other)
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_reported_otherwise")


def test_money_is_put_on_an_invoice_once_and_taken_off_once(books: Books, bank: Client) -> None:
    invoice = books.invoice({"a": "60.00"})
    paid = send(bank, PATH, **report(books)).json()
    body = {
        "free": "100.00",
        "amounts": [{"invoice": invoice.number, "amount": "60.00"}],
        "reason": "Named in the text",
    }
    done = send(bank, f"{PATH}/{paid['id']}/allocate", **body)
    assert (done.status_code, done.json()["free"]["decimal"]) == (200, "40.00")
    again = send(bank, f"{PATH}/{paid['id']}/allocate", **body)
    assert (again.status_code, again.json()["code"]) == (409, "changed_since")
    (settlement,) = done.json()["settlements"]
    off = {"settlement": settlement["id"], "reason": "Wrong invoice"}
    freed = send(bank, f"{PATH}/{paid['id']}/unapply", **off)
    assert (freed.status_code, freed.json()["free"]["decimal"]) == (200, "100.00")
    twice = send(bank, f"{PATH}/{paid['id']}/unapply", **off)
    assert (twice.status_code, twice.json()["code"]) == (409, "settlement_taken_back")
    assert books.open(invoice) == "60.00"


def test_without_amounts_the_oldest_due_is_paid(books: Books, bank: Client) -> None:
    invoice = books.invoice({"a": "60.00"})
    paid = send(bank, PATH, **report(books)).json()
    body = {"free": "100.00", "reason": "Oldest first"}
    done = send(bank, f"{PATH}/{paid['id']}/allocate", **body)
    assert (done.status_code, done.json()["free"]["decimal"]) == (200, "40.00")
    assert [each["invoice"] for each in done.json()["settlements"]] == [invoice.number]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"amount": {"currency": "EUR", "decimal": 100}}, "/amount/decimal"),
        ({"amount": {"currency": "EUR", "decimal": "1.001"}}, "/amount"),
        ({"amount": {"currency": "XQQ", "decimal": "1"}}, "/amount"),
        ({"amount": {"currency": "EUR", "decimal": "NaN"}}, "/amount/decimal"),
        ({"amount": {"currency": "EUR", "decimal": "0"}}, "/amount"),
        ({"received_at": "2026-06-01"}, "/received_at"),
        ({"received_at": "2126-06-01T00:00:00Z"}, "/received_at"),
        ({"method": "shells"}, "/method"),
        ({"reason": "\u200b"}, "/reason"),
        ({"surprise": 1}, "/surprise"),
        ({"external_key": ""}, "/external_key"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_nothing_is_saved(
    books: Books, bank: Client, wrong: dict[str, Any], pointer: str
) -> None:
    refused = send(bank, PATH, **report(books, **wrong))
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert Payment.objects.count() == 0


def test_nobody_elses_payments_are_seen_or_made(books: Books, bank: Client) -> None:
    paid = send(bank, PATH, **report(books)).json()
    other = client_of(partner("Other"), "payments:read", "payments:write")
    assert other.get(PATH).json()["data"] == []
    assert other.get(f"{PATH}/{paid['id']}").status_code == 404
    assert send(other, PATH, **report(books)).status_code == 404
    reader = client_of(partner("Reader", reads_every_account=True), "payments:read")
    assert send(reader, PATH, **report(books)).json()["code"] == "scope_missing"


def test_a_page_of_payments_asks_as_much_for_many_as_for_few(
    books: Books, bank: Client, django_assert_max_num_queries: Any
) -> None:
    invoice = books.invoice({"a": "60.00"})
    for _ in range(12):
        books.paid(invoice, "5.00")
    with django_assert_max_num_queries(9):
        assert len(bank.get(PATH).json()["data"]) == 12


def test_delinquency_is_told_by_the_accounts_own_days(books: Books, bank: Client) -> None:
    account = books.customer.account
    books.story.on("2026-01-01")
    books.invoice({"a": "60.00"}, terms_days=10)
    told = bank.get(f"/api/v1/accounts/{account.public_id}/delinquency").json()
    assert (told["state"], told["since"]) == ("late", "2026-01-11")
    assert told["due"] == [{"currency": "EUR", "minor": 6000, "decimal": "60.00"}]
    other = client_of(partner("Other"), "payments:read")
    path = f"/api/v1/accounts/{account.public_id}/delinquency"
    assert other.get(path).status_code == 404
