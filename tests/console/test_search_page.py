"""One box for anything: exact answers go there at once, the rest is grouped."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.overview.queries.search import amount_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words


def test_exact_names_of_one_thing_lead_straight_to_it(platform: Platform, support: Client) -> None:
    invoice, account = platform.invoice, platform.acme.account
    expected = {
        str(invoice.number): f"/invoices/{invoice.number}/",
        str(invoice.number).lower(): f"/invoices/{invoice.number}/",
        invoice.public_id: f"/invoices/{invoice.number}/",
        account.public_id: f"/accounts/{account.public_id}/",
        platform.app.public_id: f"/resources/{platform.app.public_id}/",
        "acme-web": f"/resources/{platform.app.public_id}/",
        platform.run.public_id: f"/runs/{platform.run.public_id}/",
        platform.version.public_id: f"/catalogue/versions/{platform.version.public_id}/",
    }

    found = {text: support.get("/search/", {"q": text}).headers["Location"] for text in expected}

    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("110.60", "Invoices of exactly this total CF-00000001 Acme"),
        ("$110.60", "Invoices of exactly this total CF-00000001 Acme"),
        ("cme", "Accounts Acme Team"),
        ("-web", "Apps, add-ons and other resources acme-web App globex-web App"),
        ("CF-0000", "Invoices CF-00000001 Acme"),
        ("standard", "Plans Standard Plan"),
        ("request", "Meters Router requests Meter, requests"),
    ],
)
def test_what_is_not_exact_is_grouped(
    text: str, expected: str, platform: Platform, support: Client
) -> None:
    assert expected in words(support.get("/search/", {"q": text}).content)


def test_nothing_found_says_how_the_text_was_read(platform: Platform, support: Client) -> None:
    page = words(support.get("/search/", {"q": "12.34"}).content)

    assert "Nothing found for “12.34”. Read as a name and as an amount." in page


def test_an_id_that_does_not_exist_finds_nothing(platform: Platform, support: Client) -> None:
    answer = support.get("/search/", {"q": "acc_00000000000000000000000000"})

    assert "Nothing found" in words(answer.content)


def test_the_palette_gets_the_results_without_being_redirected(
    platform: Platform, support: Client
) -> None:
    answer = support.get(
        "/search/", {"q": str(platform.invoice.number)}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 200
    assert "Exact match CF-00000001 Acme" in words(answer.content)
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("312.40", "312.40"),
        ("1,204", "1204"),
        ("€1,204.50", "1204.50"),
        ("−20.00", "-20.00"),
        ("12,34", None),
        ("1.2.3", None),
        ("CF-12", None),
    ],
)
def test_an_amount_is_recognised_as_it_is_written(text: str, amount: str | None) -> None:
    assert str(amount_of(text)) == str(amount)
