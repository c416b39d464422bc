"""Credit notes: capacity is money, tax comes back to the cent, and every part has a destination."""

import pytest
from django.db import IntegrityError, transaction

from billing.invoicing.crediting import CreditExceeds, NothingToCredit
from billing.invoicing.models import CreditNote, CreditNoteLine
from billing.invoicing.operations.credit_notes import CreditTerms, ReasonDoesNotFit
from billing.ledger.models import Journal
from billing.receivables.models import Payment, Refund
from billing.receivables.operations import corrections, refunds
from billing.receivables.operations.corrections import NoDestination
from billing.receivables.operations.refunds import MoreThanRefundable
from billing.receivables.queries.open_items import PaymentState
from tests.billing.receivables.books import Books, balance, parts


def test_tm1_four_notes_of_an_invoice_taxed_on_its_sum_give_back_exactly_its_tax(
    books: Books,
) -> None:
    lines = {"a": "68.33", "b": "68.33", "c": "57.50", "d": "85.00"}
    invoice = books.invoice(lines, rate="20")
    assert (invoice.tax_minor, invoice.total_minor) == (5583, 33499)
    notes = [books.credits(invoice, each, rest=True) for each in ("a", "c", "d", "b")]
    assert [note.tax_minor for note in notes] == [1367, 1150, 1700, 1366]
    assert [note.total_minor for note in notes] == [8200, 6900, 10200, 8199]
    with pytest.raises(NothingToCredit):
        books.credits(invoice)
    assert (books.open(invoice), balance("tax-payable"), balance("revenue")) == ("0.00", 0, 0)


def test_tm2_notes_by_gross_amount_never_spill_tax_into_the_net(books: Books) -> None:
    invoice = books.invoice({"calls": "0.52"}, rate="19")
    gross = ["0.32", "0.09", "0.08", "0.03", "0.06", "0.03", "0.01"]
    notes = [books.credits(invoice, "calls", gross=each) for each in gross]
    assert [note.tax_minor for note in notes] == [5, 2, 1, 0, 1, 1, 0]
    assert [note.subtotal_minor for note in notes] == [27, 7, 7, 3, 5, 2, 1]


def test_tm3_a_tax_inside_the_price_comes_back_as_it_was_charged(books: Books) -> None:
    invoice = books.invoice({"ten": "149.37"}, rate="20", tax="29.88")
    notes = [books.credits(invoice, "ten", gross=each) for each in ("89.63", "89.62")]
    assert [(note.total_minor, note.tax_minor) for note in notes] == [(8963, 1494), (8962, 1494)]


def test_tm4_discounted_goods_come_back_at_what_was_paid(books: Books) -> None:
    invoice = books.invoice(
        {"goods": "300.00", "goods/discount-1": "-30.00"}, rate="19", quantities={"goods": "3"}
    )
    note = books.credits(invoice, "goods", quantity="2")
    assert (parts(note), note.total_minor) == (("180.00", "34.20"), 21420)
    assert parts(books.credits(invoice, "goods", rest=True)) == ("90.00", "17.10")


def test_a_discount_of_the_whole_invoice_is_shared_by_what_is_credited(books: Books) -> None:
    invoice = books.invoice({"a": "60.00", "b": "40.00", "discount-1": "-5.00"}, rate="19")
    assert parts(books.credits(invoice, "a", rest=True)) == ("57.00", "10.83")
    assert parts(books.credits(invoice, "b", rest=True)) == ("38.00", "7.22")


def test_tm5_capacity_is_money_whatever_the_way_of_asking(books: Books) -> None:
    invoice = books.invoice({"seats": "120.00"}, quantities={"seats": "10"})
    books.credits(invoice, "seats", "30.00")
    with pytest.raises(CreditExceeds, match=r"90\.00 EUR that is left, which is 7\.5 unit"):
        books.credits(invoice, "seats", quantity="8")
    assert parts(books.credits(invoice, "seats", quantity="7")) == ("84.00", "0.00")
    assert parts(books.credits(invoice, "seats", rest=True)) == ("6.00", "0.00")
    with pytest.raises(NothingToCredit):
        books.credits(invoice, "seats", percent="1")


def test_tm6_a_note_first_brings_what_is_due_to_nothing(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    books.paid(invoice, "50.00")
    note = books.credits(invoice, "a", "80.00")
    assert note.total_minor == 9520
    assert (books.open(invoice), books.free()) == ("0.00", "26.20")


def test_tm7_a_refund_is_bound_by_what_was_paid(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    books.paid(invoice, "40.00")
    with pytest.raises(NoDestination):
        books.credits(invoice, refund="119.00")
    assert CreditNote.objects.count() == 0
    books.credits(invoice, refund="40.00")
    assert (books.open(invoice), balance("refunds-clearing")) == ("0.00", -4000)


def test_a_refund_of_more_than_a_payment_has_left_is_refused_whole(books: Books) -> None:
    first, second = books.invoice({"a": "100.00"}), books.invoice({"b": "50.00"})
    books.paid(first, "100.00")
    books.credits(first, "a", "60.00", refund="60.00")
    books.paid(second, "50.00")
    free = books.credits(second, "b", "50.00")
    with pytest.raises(MoreThanRefundable, match=r"Only 40\.00 EUR of the payment"):
        refunds.request(
            note=free,
            amount_minor=4100,
            to=Payment.objects.get(amount_minor=10000),
            recorded=books.recorded(),
        )
    assert Refund.objects.count() == 1


def test_tm8_crediting_an_unpaid_invoice_needs_no_payment(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    books.credits(invoice)
    assert books.standing(invoice).state is PaymentState.CREDITED
    assert (balance("cash"), balance("customer-balance"), balance("receivables")) == (0, 0, 0)


def test_tm9_nothing_to_credit_is_refused_and_an_address_is_corrected_by_a_note_of_nothing(
    books: Books,
) -> None:
    invoice = books.invoice({"a": "50.00", "a/discount-1": "-50.00", "b": "10.00"})
    with pytest.raises(Exception, match="Nothing was charged"):
        books.credits(invoice, "a", rest=True)
    journals = Journal.objects.count()
    note = corrections.credit(
        invoice=invoice,
        terms=CreditTerms(
            reason_code=CreditNote.Reason.ADDRESS, billed_to={"legal_name": "Acme AG"}
        ),
        recorded=books.recorded(),
    )
    assert (note.number, note.total_minor) == ("CN-00000001", 0)
    assert (Journal.objects.count(), note.settlements.count()) == (journals, 0)


def test_a_note_of_tax_alone_names_the_tax_and_never_more_than_was_charged(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")

    def of_tax(**terms: object) -> CreditNote:
        return corrections.credit(
            invoice=invoice,
            terms=CreditTerms(reason_code=CreditNote.Reason.TAX, **terms),  # type: ignore[arg-type]
            recorded=books.recorded(),
        )

    with pytest.raises(ReasonDoesNotFit):
        of_tax()
    with pytest.raises(NothingToCredit):
        of_tax(tax_minor={"standard": 1901})
    assert parts(of_tax(tax_minor={"standard": 1900})) == ("0.00", "19.00")
    # What is credited afterwards brings no tax back a second time.
    assert parts(books.credits(invoice)) == ("100.00", "0.00")


def test_tm10_all_of_a_note_has_a_destination(books: Books) -> None:
    invoice = books.invoice({"a": "1000.00"})
    books.paid(invoice, "1000.00")
    with pytest.raises(NoDestination, match=r"100\.00 EUR has no destination"):
        books.credits(invoice, "a", rest=True, refund="500.00", balance="400.00")
    note = books.credits(invoice, "a", rest=True, refund="500.00", balance="500.00")
    following = books.invoice({"b": "700.00"})
    books.allocates(note)
    assert (books.open(following), books.free()) == ("200.00", "0.00")


def test_tm34_a_credit_mirrors_its_charge_to_the_cent(books: Books) -> None:
    invoice = books.invoice({"a": "100.50"}, rate="25")
    assert invoice.tax_minor == 2513
    assert books.credits(invoice).tax_minor == 2513


def test_the_database_holds_what_may_be_credited_whoever_asks(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    note = books.credits(invoice, "a", "60.00")
    for charge, constraint in (("a", "credit_within_charge"), ("b", "credit_within_charge")):
        with pytest.raises(IntegrityError, match="come to"), transaction.atomic():
            CreditNoteLine.objects.create(
                note=CreditNote.objects.create(
                    invoice=invoice,
                    currency="EUR",
                    subtotal_minor=4001,
                    tax_minor=0,
                    total_minor=4001,
                    reason_code="goodwill",
                    reason="typed",
                    billed_to={},
                    series=note.series,
                    sequence=99,
                    number=f"CN-99{constraint}{charge}",
                    issued_at=books.at,
                    issued_by="nobody",
                    content_sha256="0" * 64,
                ),
                charge_key=charge,
                description=charge,
                amount_minor=4001,
            )
