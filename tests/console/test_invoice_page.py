"""An invoice on screen: its lines by app, its sum, its place in the books."""

from __future__ import annotations

import re

from django.test import Client

from billing.invoicing.models import Invoice
from tests.billing.prices import flat, per_unit
from tests.console.platform import Platform
from tests.people import ADA
from tests.story import WHY
from usage.models import Event
from usage.operations import event_corrections


def words(html: bytes) -> str:
    """What a reader reads: no tags, single spaces."""
    text = " ".join(re.sub(r"<[^>]+>", " ", html.decode()).replace("\xa0", " ").split())
    return re.sub(r" ([,.])(?= |$)", r"\1", text)


def test_lines_are_grouped_by_app_with_subtotals(platform: Platform, support: Client) -> None:
    page = words(support.get(f"/invoices/{platform.invoice.number}/lines/").content)

    assert "acme-web Subtotal $100.00" in page
    assert "Dyno · standard-2x 2 dyno-months $50.00 $100.00" in page
    assert "Whole account Subtotal $10.60" in page
    assert "Router requests 2.500001 million requests tiered $0.60" in page
    assert "Subtotal $110.60" in page


def test_every_amount_opens_its_explanation(platform: Platform, support: Client) -> None:
    number = platform.invoice.number

    page = support.get(f"/invoices/{number}/lines/").content.decode()

    for line in platform.invoice.lines.all():
        assert f'href="/invoices/{number}/lines/{line.position}/explain/"' in page


def test_an_issued_invoice_shows_its_posting(platform: Platform, support: Client) -> None:
    page = words(support.get(f"/invoices/{platform.invoice.number}/payments/").content)

    assert "Receivables $110.60 Revenue $110.60" in page


def test_the_history_says_who_issued_it_and_why(platform: Platform, support: Client) -> None:
    page = words(support.get(f"/invoices/{platform.invoice.number}/history/").content)

    assert platform.invoice.content_sha256 in page
    assert f"Invoice added State Issued Number {platform.invoice.number}" in page
    assert "Told by a test" in page


def test_an_invoice_is_found_by_its_id_too(platform: Platform, support: Client) -> None:
    answer = support.get(f"/invoices/{platform.invoice.public_id}/")

    assert f"Invoice {platform.invoice.number}" in words(answer.content)


def test_a_draft_says_that_it_is_not_final(platform: Platform, support: Client) -> None:
    platform.story.on("2026-06-02T00:00").runs_billing(issues=False)
    draft = Invoice.objects.get(account=platform.acme.account, state="draft")

    page = words(support.get(f"/invoices/{draft.public_id}/").content)
    books = words(support.get(f"/invoices/{draft.public_id}/payments/").content)

    assert "Not yet final." in page
    assert "In the books" not in books
    assert "Draft invoice" in page


def test_who_it_is_billed_to_is_hidden_from_support_and_shown_to_senior_support(
    platform: Platform, support: Client, senior: Client
) -> None:
    url = f"/invoices/{platform.invoice.number}/"

    masked, full = words(support.get(url).content), words(senior.get(url).content)

    assert "Acme Ltd" not in masked
    assert "Legal name hidden for your role" in masked
    assert "Legal name Acme Ltd" in full


def test_the_list_is_narrowed_by_state(platform: Platform, support: Client) -> None:
    issued = words(support.get("/invoices/?state=issued").content)
    drafts = words(support.get("/invoices/?state=draft").content)

    assert str(platform.invoice.number) in issued
    assert "No drafts. Every billed period has been issued." in drafts


def test_credit_that_did_not_fit_stands_on_both_invoices_and_on_the_account(
    platform: Platform, support: Client
) -> None:
    story = platform.story
    plan = story.plan("jobs", per_unit(story.meter("jobs"), "10"), flat("25.00"))
    initech = story.on("2026-03-01").account("Initech")
    initech.app("initech-web")
    initech.subscribes(plan)
    story.on("2026-04-01")
    initech.uses("jobs", "initech-web", "2026-03-05", quantity="6")
    story.runs_billing(account_ids=[initech.account.pk])
    event = Event.objects.get(resource__platform_id="initech-web")
    event_corrections.void(event.key, at=story.at, by=ADA, reason=WHY)
    story.on("2026-06-01").runs_billing(account_ids=[initech.account.pk])
    _, left, took = initech.invoices

    def reads(url: str) -> str:
        return words(support.get(url).content)

    assert "Credit carried forward to the next invoice $35.00 Total $0.00" in reads(
        f"/invoices/{left.number}/"
    )
    assert "Revenue $35.00 Credit carried forward $35.00" in reads(
        f"/invoices/{left.number}/payments/"
    )
    assert "Credit of earlier invoices −$25.00 Total $0.00" in reads(f"/invoices/{took.number}/")
    listed = reads(f"/accounts/{initech.account.public_id}/invoices/")
    assert "$10.00 of credit is carried forward." in listed
