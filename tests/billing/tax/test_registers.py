"""TM37: a register that is silent proves nothing; waiting for it or charging is a policy."""

from __future__ import annotations

import pytest

from billing.invoicing.crediting import NothingToCredit
from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.operations import bill_runs
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.receivables.operations import corrections
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.billing.tax.rates import lives_in, policy, rate, taxes
from tests.people import ADA
from tests.story import WHY, Customer, Story


def french(story: Story, **terms: str) -> Customer:
    """A business in France with a fee of 1,000.00 for March 2026, on 1 April."""
    rate("FR", "0.19")
    plan = story.plan("fee", flat("1000.00"), currency="EUR")
    acme = story.on("2026-03-01").account("Acme", currency="EUR")
    acme.subscribes(plan)
    story.on("2026-03-02")
    lives_in(acme, "FR", zone="UTC", tax_id="FR12345678901", **terms)
    story.on("2026-04-01")
    return acme


def test_TM37_a_silent_register_is_charged_and_confirmed_later_is_one_note(story: Story) -> None:
    acme = french(story)
    story.runs_billing()
    assert taxes(acme) == {"FR:standard:0.19": ("1000.00", "190.00")}

    books, invoice = Books(story, acme), acme.invoice
    terms = CreditTerms(tax_minor={"FR:standard:0.19": 19000}, reason_code=CreditNote.Reason.TAX)
    note = corrections.credit(invoice=invoice, terms=terms, recorded=books.recorded())

    assert (note.subtotal_minor, note.tax_minor) == (0, 19000)
    assert books.open(invoice) == "1000.00"
    with pytest.raises(NothingToCredit):
        corrections.credit(invoice=invoice, terms=terms, recorded=books.recorded())


def test_TM37_where_the_policy_waits_nothing_is_billed_before_the_register_answers(
    story: Story,
) -> None:
    policy("FR", waits_for_register=True, zone="Europe/Paris")
    acme = french(story)

    run = story.runs_billing()

    item = run.items.get()
    assert item.parked_code == "tax_id_unconfirmed"
    assert not Invoice.objects.exists()
    story.on("2026-03-31")
    lives_in(acme, "FR", zone="UTC", tax_id="FR12345678901", tax_id_status="verified")
    story.on("2026-04-02")
    bill_runs.retry_parked(run=run, at=story.at, by=ADA, reason=WHY)
    while chunk := bill_runs.claim_chunk(at=story.at):
        bill_runs.work(chunk=chunk, at=story.at)
    assert taxes(acme) == {"FR:reverse_charge": ("1000.00", "0.00")}


def test_TM37_a_number_its_register_refused_is_charged_at_once(story: Story) -> None:
    policy("FR", waits_for_register=True, zone="Europe/Paris")
    acme = french(story, tax_id_status="invalid")
    story.runs_billing()
    assert acme.invoice.tax_minor == 19000
