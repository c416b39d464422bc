"""One-off invoices: typed by one person, issued by another, taxed and booked as any other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing.invoicing.drafting.one_offs import OneOffInvalid, TypedInvoice, TypedLine
from billing.invoicing.invariants import books as books_say
from billing.invoicing.invariants import invoices as invoices_say
from billing.invoicing.models import Invoice, OneOffInvoice
from billing.invoicing.operations import one_offs
from billing.invoicing.operations.invoices import DraftOutdated, NotADraft, issue_all
from billing.invoicing.operations.one_offs import OwnOneOff
from billing.receivables import effects
from billing.receivables.invariants import receivables_agree
from core.actor import acting_as
from core.money import Money
from tests.billing.kinds.german import has_german_tax, lives_in_germany
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.people import ADA, SAM
from tests.story import WHY, Customer, Story


@pytest.fixture
def acme(story: Story) -> Customer:
    """A German customer, on 1 June 2026."""
    has_german_tax()
    story.on("2026-05-01")
    acme = story.account("Acme", currency="EUR")
    story.on("2026-05-02")
    lives_in_germany(acme)
    story.on("2026-06-01T10:00")
    return acme


def typed(*lines: tuple[str, str, str]) -> TypedInvoice:
    return TypedInvoice([TypedLine(text, Decimal(n), Decimal(price)) for text, n, price in lines])


def prepared(acme: Customer, *lines: tuple[str, str, str]) -> Invoice:
    return one_offs.prepare(
        account=acme.account, typed=typed(*lines), at=acme.story.at, by=ADA, reason=WHY
    )


def issued(invoice: Invoice, story: Story) -> Invoice:
    return one_offs.issue(invoice=invoice, at=story.at, by=SAM, reason=WHY)


def test_what_is_typed_is_taxed_numbered_booked_and_owed(story: Story, acme: Customer) -> None:
    draft = prepared(acme, ("Migration", "12", "95.00"), ("Travel", "1", "140.50"))

    invoice = issued(draft, story)

    assert (invoice.number, str(invoice.total)) == ("CF-00000001", "1523.80 EUR")
    assert Money.from_minor(invoice.tax_minor, "EUR").amount == Decimal("243.30")
    assert Books(story, acme).open(invoice) == "1523.80"
    assert str(invoice.issued_on) == "2026-06-01"
    assert invoices_say.totals_agree().holds
    assert books_say.taxes_agree().holds
    assert receivables_agree().holds


def test_tm21_the_printed_total_is_the_stored_one(story: Story, acme: Customer) -> None:
    books = Books(story, acme)
    invoice = issued(prepared(acme, ("Units", "95", "26.0347")), story)

    assert Money.from_minor(invoice.subtotal_minor, "EUR").amount == Decimal("2473.30")
    books.paid(invoice, str(invoice.total.amount))

    assert books.open(invoice) == "0.00"


def test_nobody_issues_what_they_prepared(story: Story, acme: Customer) -> None:
    draft = prepared(acme, ("Migration", "1", "95.00"))

    with pytest.raises(OwnOneOff):
        one_offs.issue(invoice=draft, at=story.at, by=ADA, reason=WHY)

    row = OneOffInvoice.objects.get(invoice=draft)
    row.approved_by, row.approved_at = ADA.name, story.at
    with acting_as(ADA, reason=WHY), pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    with acting_as(SAM, reason=WHY), pytest.raises(IntegrityError), transaction.atomic():
        issue_all(invoice_ids=[draft.pk], at=story.at)
    draft.refresh_from_db()
    assert draft.is_draft


def test_two_of_a_day_and_beside_a_month_are_no_overlap(story: Story, acme: Customer) -> None:
    acme.subscribes(story.plan("fee", flat("10.00"), currency="EUR"))
    first, second = (issued(prepared(acme, ("One", "1", "5.00")), story) for _ in range(2))
    story.on("2026-07-01").runs_billing()

    assert [first.number, second.number] == ["CF-00000001", "CF-00000002"]
    months = [each for each in acme.invoices if each.kind == Invoice.Kind.PERIOD]
    assert [each.number for each in months] == ["CF-00000003"]
    assert invoices_say.one_invoice_per_period().holds


def test_a_draft_whose_customer_moved_is_prepared_again(story: Story, acme: Customer) -> None:
    draft = prepared(acme, ("Migration", "1", "95.00"))
    story.on("2026-06-01T11:00")
    lives_in_germany(acme, tax_id="DE1")

    with pytest.raises(DraftOutdated):
        issued(draft, story)


def test_a_discarded_one_is_gone_and_takes_no_number(story: Story, acme: Customer) -> None:
    draft = prepared(acme, ("Migration", "1", "95.00"))

    one_offs.discard(invoice=draft, at=story.at, by=ADA, reason=WHY)

    with pytest.raises(NotADraft):
        issued(draft, story)
    assert issued(prepared(acme, ("Again", "1", "1.00")), story).number == "CF-00000001"


def test_issuing_is_seen_before_it_is_done(story: Story, acme: Customer) -> None:
    draft = prepared(acme, ("Migration", "1", "100.00"))

    seen = effects.preview(lambda: issued(draft, story), of=[], at=story.at)
    draft.refresh_from_db()
    assert draft.is_draft
    invoice, _ = effects.carry_out(lambda: issued(draft, story), of=[], at=story.at, seen=seen)

    assert {each.book: str(each.amount) for each in seen.books}["receivables"] == "119.00 EUR"
    assert not invoice.is_draft


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (("", "1", "1"), "description"),
        (("x", "0", "1"), "quantity"),
        (("x", "NaN", "1"), "quantity"),
        (("x", "1", "Infinity"), "unit_price"),
        (("x", "1e12", "1"), "quantity"),
        (("x", "1", "0.0000000000001"), "unit_price"),
        (("x", "1", "-1"), "lines"),
    ],
)
def test_bad_input_names_its_field_and_saves_nothing(
    story: Story, acme: Customer, line: tuple[str, str, str], field: str
) -> None:
    with pytest.raises(OneOffInvalid) as refused:
        prepared(acme, line)

    assert refused.value.field == field
    assert not Invoice.objects.exists()
