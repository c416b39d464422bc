"""What may be done with an invoice, and why not: from draft to paid, and void."""

from __future__ import annotations

import pytest

from billing.invoicing.models import Invoice, InvoiceVoid
from billing.invoicing.operations import invoice_terms
from billing.invoicing.operations.invoice_terms import AgreedTerms
from billing.receivables.operations import corrections
from billing.receivables.queries.next_actions import invoice_life
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import WHY, Customer, Story


@pytest.fixture
def acme(story: Story) -> Customer:
    """A fee of 100.00 a month, in euros, from March 2026 on."""
    story.on("2026-03-01")
    acme = story.account("Acme", currency="EUR")
    acme.subscribes(story.plan("fee", flat("100.00"), currency="EUR"))
    return acme


def possible(invoice: Invoice, story: Story) -> tuple[str, set[str]]:
    life = invoice_life(invoice, at=story.at)
    return life.state, {each.code for each in life.actions if each.is_possible}


def why_not(invoice: Invoice, story: Story, code: str) -> str:
    life = invoice_life(invoice, at=story.at)
    return next(each.why_not for each in life.actions if each.code == code)


def test_a_draft_collects_then_is_ready_then_issued(story: Story, acme: Customer) -> None:
    story.on("2026-03-20").runs_billing(as_of=story.on("2026-04-01").at, issues=False)
    story.on("2026-03-20")
    assert possible(acme.invoice, story) == ("collecting", {"draft_again"})
    assert "ends at 2026-04-01" in why_not(acme.invoice, story, "issue")

    story.on("2026-04-01")
    assert possible(acme.invoice, story) == ("ready", {"issue", "draft_again"})
    story.runs_billing()

    assert possible(acme.invoice, story) == ("open", {"pay", "credit", "hold", "void", "write_off"})


def test_money_moves_an_invoice_on_and_nothing_is_stored(story: Story, acme: Customer) -> None:
    story.on("2026-04-01").runs_billing()
    books, invoice = Books(story, acme), acme.invoice
    frozen = Invoice.objects.filter(pk=invoice.pk).values().get()

    books.paid(invoice, "40.00")
    assert possible(invoice, story)[0] == "part_paid"
    story.on("2026-06-01")
    assert possible(invoice, story)[0] == "overdue"
    corrections.write_off(invoice=invoice, recorded=books.recorded())

    assert possible(invoice, story) == ("uncollectible", {"credit", "void", "recover"})
    assert Invoice.objects.filter(pk=invoice.pk).values().get() == frozen


def test_a_credited_one_is_not_voided_and_a_void_one_is_issued_instead(
    story: Story, acme: Customer
) -> None:
    story.on("2026-04-01").runs_billing()
    books, invoice = Books(story, acme), acme.invoice
    note = books.credits(invoice, invoice.lines.get().key, "1.00")
    assert note.total_minor == 100
    assert "credit notes" in why_not(invoice, story, "void")

    story.on("2026-05-01").runs_billing()
    april = acme.invoice
    corrections.void(invoice=april, recorded=books.recorded())
    assert possible(april, story) == ("void", {"reissue"})

    void = InvoiceVoid.objects.get(invoice=april)
    corrections.reissue(void=void, recorded=books.recorded())
    assert possible(april, story) == ("void", set())


def test_a_draft_of_a_payer_with_one_for_all_waits_for_the_others(
    story: Story, acme: Customer
) -> None:
    invoice_terms.agree(
        account=acme.account,
        terms=AgreedTerms(consolidates=True),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    story.on("2026-04-01").runs_billing(issues=False)

    assert "one invoice for all" in why_not(acme.invoice, story, "issue")
