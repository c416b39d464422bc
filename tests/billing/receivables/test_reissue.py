"""Void and reissue: the period and its late usage are billed once, and the money follows."""

import pytest

from billing.invoicing.crediting import CreditRequest
from billing.invoicing.invariants import books as books_say
from billing.invoicing.invariants import invoices as invoice_rules
from billing.invoicing.models import CreditNote, Invoice, InvoiceVoid
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.invoicing.queries.creditable import creditable
from billing.receivables.invariants import receivables_agree, settlements_within
from billing.receivables.operations import corrections
from billing.receivables.operations.corrections import NothingToReissue
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.open_items import open_item
from billing.receivables.voidable import LateBilledElsewhere
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story
from usage.models import Event
from usage.operations import event_corrections


def march(story: Story) -> Customer:
    """Acme was billed 20.00 and 60.00 for March."""
    plan = story.plan("calls", per_unit(requests(story), "10"), flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="6")
    story.runs_billing()
    return acme


def voided(story: Story, invoice: Invoice) -> InvoiceVoid:
    return corrections.void(invoice=invoice, recorded=Recorded(story.at, ADA, WHY))


def reissued(story: Story, invoice: Invoice) -> Invoice:
    return corrections.reissue(void=voided(story, invoice), recorded=Recorded(story.at, ADA, WHY))


def holds() -> bool:
    checks = (
        books_say.income_agrees,
        books_say.credit_agrees,
        invoice_rules.totals_agree,
        invoice_rules.numbers_are_gapless,
        invoice_rules.one_invoice_per_period,
        invoice_rules.issued_content_is_unchanged,
        receivables_agree,
        settlements_within,
    )
    return all(check().holds for check in checks)


def test_a_reissue_bills_the_period_as_it_is_now_and_takes_the_next_number(story: Story) -> None:
    acme = march(story)
    first = acme.invoice
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="1")
    second = reissued(story, first)
    assert (first.number, second.number) == ("CF-00000001", "CF-00000002")
    assert (first.total_minor, second.total_minor) == (8000, 9000)
    assert second.reissues is not None
    assert second.reissues.invoice == first
    # What was late is on the reissue: the next run bills none of it again.
    story.on("2026-05-01").runs_billing()
    assert acme.invoices[-1].total_minor == 2000
    assert holds()


def test_what_is_late_after_a_reissue_is_compared_with_the_reissue(story: Story) -> None:
    acme = march(story)
    reissued(story.on("2026-04-10"), acme.invoice)
    acme.uses("router.requests", "acme-web", "2026-03-07", quantity="2")
    story.on("2026-05-01").runs_billing()
    assert acme.invoices[-1].total_minor == 2000 + 2000
    assert holds()


def test_late_usage_billed_on_a_void_invoice_is_open_again(story: Story) -> None:
    acme = march(story)
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="1")
    story.on("2026-05-01").runs_billing()
    april = acme.invoices[-1]
    assert april.total_minor == 3000
    with pytest.raises(LateBilledElsewhere):
        voided(story, acme.invoices[0])
    voided(story, april)
    story.on("2026-06-01").runs_billing()
    # May's fee, and what is late of March; April is void and was not asked for again.
    assert acme.invoices[-1].total_minor == 2000 + 1000
    assert holds()


def test_an_invoice_is_reissued_once_and_its_money_follows(story: Story) -> None:
    acme = march(story)
    void = voided(story.on("2026-04-10"), acme.invoice)
    again = Recorded(story.at, ADA, WHY)
    second = corrections.reissue(void=void, recorded=again)
    with pytest.raises(NothingToReissue):
        corrections.reissue(void=void, recorded=again)
    assert open_item(second, at=story.at).open_minor == 8000


def credit(story: Story, invoice: Invoice, minor: int, reason: CreditNote.Reason) -> None:
    usage = next(each for each in creditable(invoice).charges if each.billed_minor == 6000)
    corrections.credit(
        invoice=invoice,
        terms=CreditTerms(
            charges=[CreditRequest(usage.key, amount_minor=minor)], reason_code=reason
        ),
        recorded=Recorded(story.at, ADA, WHY),
    )


@pytest.mark.parametrize(
    ("minor", "reason", "billed", "carried"),
    [
        (6000, CreditNote.Reason.USAGE_NOT_THEIRS, 2000, 0),  # all is back already
        (1000, CreditNote.Reason.USAGE_NOT_THEIRS, 0, 3000),  # 50.00 is still to give back
        (
            6000,
            CreditNote.Reason.GOODWILL,
            0,
            4000,
        ),  # beside a charge that was right
    ],
)
def test_what_a_credit_note_gave_back_is_not_credited_again_when_its_usage_is_taken_back(
    story: Story, minor: int, reason: CreditNote.Reason, billed: int, carried: int
) -> None:
    acme = march(story)
    credit(story.on("2026-04-05"), acme.invoice, minor, reason)
    (event,) = Event.objects.all()
    event_corrections.void(event.key, at=story.on("2026-04-10").at, by=ADA, reason=WHY)
    story.on("2026-05-01").runs_billing()
    april = acme.invoices[-1]
    assert (april.total_minor, april.carried_minor) == (billed, carried)
    assert holds()


def test_what_was_credited_is_not_charged_again_by_the_next_run(story: Story) -> None:
    acme = march(story)
    credit(story.on("2026-04-05"), acme.invoice, 6000, CreditNote.Reason.BILLING_ERROR)
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="1")
    story.on("2026-05-01").runs_billing()
    assert acme.invoices[-1].total_minor == 2000 + 1000
    assert holds()
