"""A credit note, an adjustment and the line that bills it, each on a page that says why."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from accounts.models import User
from accounts.permissions import Role
from approvals.models import Proposal
from billing.invoicing.models import Adjustment, CreditNote
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.console.test_proposals import credit, decides, path, put_forward
from tests.story import WHY

Asks = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def finance(ada: User) -> Client:
    """Ada, who approves in finance."""
    return client_of(ada)


@pytest.fixture
def credited(platform: Platform, senior: Client, finance: Client) -> CreditNote:
    """5.00 of Acme's first charge, put forward by Sena and approved by Ada."""
    proposal = put_forward(senior, path(platform, "credit-note"), credit(platform, "5.00"))
    decides(finance, proposal, "approve")
    return CreditNote.objects.get(total_minor=500)


def adjusts(platform: Platform, senior: Client, finance: Client, **form: str) -> Adjustment:
    """An adjustment about Acme's invoice, approved; or the undoing of one."""
    wanted = "adjustment-undone" if "undo" in form else "adjustment"
    said = {"reason": WHY, "ticket": "T-9", "reason_code": "billing_error", **form}
    proposal = put_forward(senior, path(platform, wanted), said)
    assert decides(finance, proposal, "approve").status_code == 302
    made = proposal.executions.get().effect_ref
    return Adjustment.objects.get(public_id=made)


SET_UP = {"way": "charge", "amount": "7.00", "description": "Set-up of April"}


def test_a_credit_note_says_what_it_credits_why_and_where_its_money_went(
    platform: Platform, credited: CreditNote, support: Client
) -> None:
    html = support.get(f"/credit-notes/{credited.number}/").content
    page, number = words(html), platform.invoice.number
    charge = credited.lines.get()
    position = platform.invoice.lines.get(key=charge.charge_key).position

    assert f"Credit note {credited.number} Billing error" in page
    assert f"Credits Invoice {number}" in page
    assert f"/invoices/{number}/lines/?line={position}#line-{position}" in html.decode()
    assert f"{charge.description}" in page
    assert "Before tax $5.00 Tax $0.00" in page
    assert "Credited $5.00 On invoices $5.00 Refunded $0.00 Balance with us $0.00" in page
    assert "Revenue $5.00" in page
    assert credited.content_sha256 in page
    assert f"/proposals/{Proposal.objects.get().public_id}/" in html.decode()
    assert f"“{WHY}”" in page


def test_a_note_and_its_invoice_lead_to_each_other(
    platform: Platform, credited: CreditNote, support: Client
) -> None:
    tab = support.get(f"/invoices/{platform.invoice.number}/payments/").content.decode()

    assert f'href="/credit-notes/{credited.number}/"' in tab
    assert 'Payments and credits <span class="count">1</span>' in tab
    assert support.get(f"/credit-notes/{credited.public_id}/").status_code == 200
    assert support.get("/credit-notes/CN-99999999/").status_code == 404
    assert support.get("/search/", {"q": credited.number}).headers["Location"] == (
        f"/credit-notes/{credited.number}/"
    )


def test_a_note_that_puts_the_name_right_moves_nothing(platform: Platform, support: Client) -> None:
    note = CreditNote.objects.get(total_minor=0)

    page = words(support.get(f"/credit-notes/{note.number}/").content)

    assert "No charge: it puts right what is printed." in page
    assert "On no invoice, and nothing is refunded." in page


def test_an_adjustment_waits_and_says_who_decided(
    platform: Platform, senior: Client, finance: Client, support: Client
) -> None:
    made = adjusts(platform, senior, finance, **SET_UP)
    page = words(support.get(f"/adjustments/{made.public_id}/").content)

    assert "Set-up of April Waits for the next invoice" in page
    assert "Charged, before tax +$7.00" in page
    assert f"About Invoice {platform.invoice.number}" in page
    assert "On none yet" in page
    assert "Ticket T-9" in page
    assert (
        "Propose to undo it…"
        not in client_of(person("aude", Role.AUDITOR))
        .get(f"/adjustments/{made.public_id}/")
        .content.decode()
    )
    assert support.get("/adjustments/adj_00000000000000000000000000/").status_code == 404


def test_why_of_a_line_that_bills_an_adjustment_says_who_decided_it_and_why(
    platform: Platform, senior: Client, finance: Client, support: Client
) -> None:
    made = adjusts(platform, senior, finance, **SET_UP)
    april = platform.invoice.number
    platform.story.on("2026-06-02").runs_billing(account_ids=[platform.acme.account.pk])
    may = platform.acme.invoice
    line = may.lines.get(kind="adjustment")

    html = support.get(f"/invoices/{may.number}/lines/{line.position}/explain/").content
    page = words(html)

    assert "Why $7.00?" in page
    assert f"{made.made_by} decided to charge $7.00 before tax." in page
    assert f"Why Billing error: “{WHY}” Ticket T-9 About Invoice {april}, 1–30 Apr 2026" in page
    assert f'href="/adjustments/{made.public_id}/"' in html.decode()
    assert "put forward by Sena" in page
    billed = words(support.get(f"/adjustments/{made.public_id}/").content)
    assert f"{may.number}" in billed
    assert f"Line {line.position}" in billed


def test_an_adjustment_is_undone_by_a_proposal_that_names_it(
    platform: Platform, senior: Client, finance: Client
) -> None:
    made = adjusts(platform, senior, finance, **SET_UP)
    page = senior.get(f"/adjustments/{made.public_id}/").content.decode()
    form = f"{path(platform, 'adjustment-undone')}?undo={made.public_id}"
    assert f'href="{form}"' in page
    assert f'<option value="{made.public_id}" selected>' in senior.get(form).content.decode()

    back = adjusts(platform, senior, finance, undo=made.public_id)

    assert (back.amount_minor, back.reverses) == (-700, made)
    page = words(senior.get(f"/adjustments/{made.public_id}/").content)
    assert "Set-up of April Undone" in page
    assert "Undone by Undone: Set-up of April, −$7.00" in page
    assert "Propose to undo it…" not in page
    assert "It undoes Set-up of April, +$7.00." in words(
        senior.get(f"/adjustments/{back.public_id}/").content
    )
    assert "nothing stands" in senior.get(path(platform, "adjustment-undone")).content.decode()


def test_a_page_of_a_note_asks_no_more_than_it_must(
    platform: Platform, credited: CreditNote, support: Client, django_assert_num_queries: Asks
) -> None:
    url = f"/credit-notes/{credited.number}/"
    support.get(url)

    with django_assert_num_queries(19):
        support.get(url)
