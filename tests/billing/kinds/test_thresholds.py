"""Invoices of a threshold: what was used is billed before the month ends, and counted once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from billing.invoicing import tasks
from billing.invoicing.invariants import books as books_say
from billing.invoicing.invariants import invoices as invoices_say
from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.operations import invoice_terms, thresholds
from billing.invoicing.operations.invoice_terms import AgreedTerms, InvoiceTermsInvalid
from billing.receivables.invariants import receivables_agree
from billing.receivables.operations import corrections
from billing.receivables.operations.settling import Recorded
from billing.receivables.voidable import LateBilledElsewhere
from core.money import Money
from tests.billing.kinds.german import has_german_tax, lives_in_germany
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books
from tests.billing.test_credit import void
from tests.people import ADA
from tests.story import WHY, Customer, Story


def metered(story: Story, *, threshold: int = 100_00, **document: Any) -> Customer:
    """An account that pays 1.00 a request and 10.00 a month, in euros, from 1 March 2026 on.

    With `document` the request has that price, and there is no fee.
    """
    has_german_tax()
    price = per_unit(requests(story), "1.00")
    prices = [price, flat("10.00")]
    if document:
        model = {"model": "per_unit", "unit_price": "1.00"} if "model" not in document else {}
        prices = [replace(price, definition=model | document)]
    plan = story.plan("metered", *prices, currency="EUR")
    story.on("2026-02-01")
    acme = story.account("Acme", currency="EUR")
    story.on("2026-02-02")
    lives_in_germany(acme)
    story.on("2026-03-01")
    acme.app("acme-web")
    acme.subscribes(plan)
    invoice_terms.agree(
        account=acme.account,
        terms=AgreedTerms(threshold_minor=threshold),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    return acme


def uses(acme: Customer, quantity: str, at: str) -> None:
    acme.story.on(at)
    acme.uses("router.requests", "acme-web", at, quantity=quantity)


def looks(story: Story, at: str) -> list[Invoice]:
    story.on(at)
    return thresholds.bill_all_reached(at=story.at, by=ADA, reason=WHY)


def amounts(invoice: Invoice) -> tuple[str, str]:
    """Before tax, and the tax."""
    subtotal, tax = (
        Money.from_minor(minor, invoice.currency).amount
        for minor in (invoice.subtotal_minor, invoice.tax_minor)
    )
    return str(subtotal), str(tax)


def month_of(acme: Customer) -> Invoice:
    """The invoice of March."""
    acme.story.on("2026-04-01").runs_billing()
    (found,) = [each for each in acme.invoices if each.kind == Invoice.Kind.PERIOD]
    return found


def books_hold() -> bool:
    checks = (
        books_say.income_agrees,
        books_say.taxes_agree,
        books_say.tax_by_jurisdiction_agrees,
        books_say.credit_agrees,
        invoices_say.totals_agree,
        invoices_say.issued_content_is_unchanged,
        invoices_say.one_invoice_per_period,
        receivables_agree,
    )
    return all(check().holds for check in checks)


@pytest.mark.parametrize(
    ("discount", "first", "last"),
    [
        ({"percent": "10"}, ("90.00", "17.10"), ("45.00", "8.55")),
        ({"amount": "10"}, ("90.00", "17.10"), ("50.00", "9.50")),
    ],
)
def test_tm18_usage_is_carried_gross_and_a_discount_is_counted_once(
    story: Story, discount: dict[str, str], first: tuple[str, str], last: tuple[str, str]
) -> None:
    acme = metered(story, discounts=[discount])
    uses(acme, "100", "2026-03-10")

    (reached,) = looks(story, "2026-03-11")
    uses(acme, "50", "2026-03-20")

    assert looks(story, "2026-03-21") == []
    assert amounts(reached) == first
    assert amounts(month_of(acme)) == last
    assert books_hold()


def test_wc11_what_a_threshold_invoice_billed_is_not_billed_again(story: Story) -> None:
    acme = metered(story, threshold=10_00)
    uses(acme, "12", "2026-03-10")

    (first,) = looks(story, "2026-03-11")
    again = looks(story, "2026-03-12")
    uses(acme, "10", "2026-03-13")
    (second,) = looks(story, "2026-03-14")

    assert again == []
    assert amounts(first)[0] == "12.00"
    assert amounts(second)[0] == "10.00"
    assert amounts(month_of(acme)) == ("10.00", "1.90")  # the fee alone
    assert books_hold()


def test_a_note_by_hand_is_not_taken_off_again_where_the_charge_was_wrong(story: Story) -> None:
    acme = metered(story)
    uses(acme, "100", "2026-03-10")
    (reached,) = looks(story, "2026-03-11")
    charge = reached.lines.get().key

    Books(story, acme).credits(reached, charge, "20.00")

    # 10.00 fee and 100.00 of usage, of which 80.00 stands billed.
    assert amounts(month_of(acme))[0] == "30.00"


def test_goodwill_stays_with_the_customer(story: Story) -> None:
    acme = metered(story)
    uses(acme, "100", "2026-03-10")
    (reached,) = looks(story, "2026-03-11")
    recorded = Recorded(story.at, ADA, WHY, None)

    corrections.credit_all(
        invoice=reached, reason_code=CreditNote.Reason.GOODWILL, recorded=recorded
    )

    assert amounts(month_of(acme))[0] == "10.00"


def test_usage_taken_back_leaves_credit_and_never_a_negative_invoice(story: Story) -> None:
    acme = metered(story)
    uses(acme, "60", "2026-03-09")
    story.on("2026-03-10")
    too_much = acme.uses("router.requests", "acme-web", "2026-03-10", quantity="40")
    (reached,) = looks(story, "2026-03-11")
    void(too_much, story)

    last = month_of(acme)

    assert reached.total_minor == 119_00
    assert (last.total_minor, last.carried_minor) == (0, 35_70)
    assert books_hold()


def test_a_void_threshold_invoice_is_billed_with_its_month(story: Story) -> None:
    acme = metered(story)
    uses(acme, "100", "2026-03-10")
    (reached,) = looks(story, "2026-03-11")

    corrections.void(invoice=reached, recorded=Recorded(story.at, ADA, WHY, None))

    assert amounts(month_of(acme))[0] == "110.00"
    assert books_hold()


def test_one_that_its_month_took_off_is_not_voided(story: Story) -> None:
    acme = metered(story)
    uses(acme, "100", "2026-03-10")
    (reached,) = looks(story, "2026-03-11")
    month_of(acme)

    with pytest.raises(LateBilledElsewhere, match="took it off"):
        corrections.void(invoice=reached, recorded=Recorded(story.at, ADA, WHY, None))


def test_late_usage_comes_on_top_of_both(story: Story) -> None:
    acme = metered(story)
    uses(acme, "100", "2026-03-10")
    looks(story, "2026-03-11")
    month_of(acme)
    acme.uses("router.requests", "acme-web", "2026-03-25", quantity="7")

    story.on("2026-05-01").runs_billing()

    assert amounts(acme.invoice)[0] == "17.00"
    assert books_hold()


def test_a_price_that_needs_the_whole_month_waits_for_its_end(story: Story) -> None:
    acme = metered(story, threshold=1_00, model="volume", tiers=[{"unit_price": "1"}])
    uses(acme, "100", "2026-03-10")

    assert looks(story, "2026-03-11") == []


def test_an_account_without_a_threshold_is_left_alone(story: Story) -> None:
    acme = metered(story)
    invoice_terms.agree(account=acme.account, terms=AgreedTerms(), at=story.at, by=ADA, reason=WHY)
    uses(acme, "500", "2026-03-10")

    assert looks(story, "2026-03-11") == []


def test_a_threshold_of_nothing_is_refused(story: Story) -> None:
    with pytest.raises(InvoiceTermsInvalid) as refused:
        AgreedTerms(threshold_minor=0).check()
    assert refused.value.field == "threshold"


def test_a_ring_bills_what_is_reached_and_a_second_one_finds_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = metered(story)
    uses(acme, "100", "2026-03-10")
    monkeypatch.setattr(tasks, "now", lambda: story.at)
    story.on("2026-03-11")
    assert [tasks.bill_thresholds(), tasks.bill_thresholds()] == [1, 0]
    assert [each.kind for each in acme.invoices] == [Invoice.Kind.THRESHOLD]
