"""One box for anything: exact answers go there at once, the rest is grouped."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Resource
from accounts.operations import profiles
from accounts.operations.profiles import ProfileTerms
from billing.overview.queries.search import amount_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import instant
from usage.models import QuarantinedEvent


def test_exact_names_of_one_thing_lead_straight_to_it(platform: Platform, support: Client) -> None:
    invoice, account = platform.invoice, platform.acme.account
    expected = {
        str(invoice.number): f"/invoices/{invoice.number}/",
        str(invoice.number).lower(): f"/invoices/{invoice.number}/",
        invoice.public_id: f"/invoices/{invoice.number}/",
        account.public_id: f"/accounts/{account.public_id}/",
        platform.app.public_id: f"/resources/{platform.app.public_id}/",
        "globex-web": f"/resources/{Resource.objects.get(name='globex-web').public_id}/",
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
        ("-web", "acme-web App of Acme · 1–30 Apr 2026 $100.00"),
        ("acme web", "Apps, add-ons and other resources acme-web App of Acme"),
        ("cme.web", "Apps, add-ons and other resources acme-web App of Acme"),
        ("$100.00", "Lines of exactly this amount Dyno · standard-2x Line 1 of CF-00000001, Acme"),
        ("0.60", "Router requests Line 2 of CF-00000001, Acme"),
        ("CF-0000", "Invoices CF-00000001 Acme"),
        ("CF-1", "Invoices CF-00000001 Acme"),
        ("cf1", "Invoices CF-00000001 Acme"),
        ("1", "Invoices CF-00000001 Acme"),
        ("standard", "Plans Standard Plan"),
        ("request", "Meters Router requests Meter, requests"),
    ],
)
def test_what_is_not_exact_is_grouped(
    text: str, expected: str, platform: Platform, support: Client
) -> None:
    assert expected in words(support.get("/search/", {"q": text}).content)


def test_an_account_is_found_by_what_its_invoices_print(
    platform: Platform, senior: Client, support: Client
) -> None:
    bill_to(platform, legal_name="Roadrunner GmbH", email="till@roadrunner.example", tax="DE123456")

    for text in ("roadrunner", "till@road", "Till@Roadrunner.example", "DE 123 456"):
        page = words(senior.get("/search/", {"q": text}).content)
        assert "Accounts by what their invoices print Acme Team" in page

    whole = words(support.get("/search/", {"q": "till@roadrunner.example"}).content)
    part = words(support.get("/search/", {"q": "till@road"}).content)
    assert "Accounts by what their invoices print Acme Team" in whole
    assert "Nothing found" in part
    assert "Roadrunner" not in whole


def bill_to(platform: Platform, *, legal_name: str, email: str, tax: str) -> None:
    profiles.revise(
        account=platform.acme.account,
        terms=ProfileTerms(legal_name=legal_name, email=email, tax_id=tax, zone="UTC"),
        at=instant("2026-05-12T11:30"),
        by=ADA,
        reason="Told by a test",
    )


def test_BL42_the_held_events_of_one_app_are_found_by_its_platform_id(
    platform: Platform, support: Client
) -> None:
    platform.acme.uses("router.requests", "lost-app", "2026-05-02", quantity="1")
    platform.acme.uses("router.requests", "lost-app", "2026-05-03", quantity="1")

    page = support.get("/search/", {"q": "lost-app"}).content

    assert "Events in quarantine 2 events are held of lost-app" in words(page)
    assert 'href="/usage/quarantine/?subject=lost-app"' in page.decode()


def test_an_app_with_held_events_shows_both(platform: Platform, support: Client) -> None:
    page = words(support.get("/search/", {"q": "acme-web"}).content)

    assert "Exact match acme-web App of Acme" in page
    assert "1 event is held of acme-web No meter reads this type of event" in page


def test_an_event_that_is_held_is_found_by_its_id(platform: Platform, support: Client) -> None:
    held = QuarantinedEvent.objects.get()

    answer = support.get("/search/", {"q": held.event_id})

    assert answer.headers["Location"] == f"/usage/events/{held.key}/"


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
