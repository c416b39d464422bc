"""Each kind of correction, put forward by one person and approved by another; worked rows by id."""

from typing import Any

import pytest

from approvals.models import Proposal
from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.drafting.as_rated import DearerAsRated, FactNotRateable
from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.operations.credit_notes import InvoiceIsVoid
from billing.receivables.models import Refund, Settlement
from billing.receivables.operations import settling
from billing.receivables.operations.settling import MoreThanFree, Recorded, RecoveryStands
from billing.receivables.queries.open_items import open_item
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books, balance, parts
from tests.billing.receivables.proposing import Desk, credits
from tests.story import WHY, Story

EXECUTED = Proposal.Outcome.EXECUTED


def tiered(story: Story, model: str, *tiers: tuple[str | None, str]) -> PriceTerms:
    """Requests by tiers."""
    rows = [
        {"unit_price": price} | ({} if up_to is None else {"up_to": up_to})
        for up_to, price in tiers
    ]
    return PriceTerms(
        code="requests",
        name="requests",
        meter=requests(story),
        definition={"model": model, "tiers": rows},
    )


def used(story: Story, price: PriceTerms, quantity: str) -> Desk:
    """Acme used so much in March, and was billed for it."""
    plan = story.plan("calls", price)
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity=quantity)
    story.runs_billing()
    return Desk(Books(story, acme))


def claims(desk: Desk, quantity: str) -> dict[str, Any]:
    invoice = desk.books.customer.invoice
    line = invoice.lines.get(kind="usage")
    return {"invoice": invoice, "as_rated": {"charge": line.key, "quantity": quantity}}


def test_tm11_a_credited_quantity_is_rated_again_and_not_averaged(story: Story) -> None:
    tiers = [("10", "1.00"), ("20", "0.50"), (None, "0.25")]
    desk = used(story, tiered(story, "graduated", *tiers), "22")
    assert str(desk.books.customer.invoice.total) == "15.50 USD"
    made = desk.does("credit_note", reason_code="re_rated", **claims(desk, "12"))
    assert made.outcome == EXECUTED
    assert parts(CreditNote.objects.get()) == ("4.50", "0.00")
    assert desk.books.open(desk.books.customer.invoice) == "11.00"


def test_tm11_what_comes_out_dearer_is_said_and_not_credited(story: Story) -> None:
    desk = used(story, tiered(story, "volume", ("15", "10"), (None, "5")), "16")
    with pytest.raises(DearerAsRated) as refused:
        desk.proposes("credit_note", reason_code="re_rated", **claims(desk, "15"))
    assert refused.value.message == (
        "As it should have been rated it comes to 150.00 USD instead of 80.00 USD, "
        "dearer by 70.00 USD. Nothing is credited."
    )
    assert not Proposal.objects.exists()


def test_the_same_quantity_is_nothing_to_credit(story: Story) -> None:
    desk = used(story, per_unit(requests(story), "1"), "5")
    with pytest.raises(DearerAsRated, match=r"comes to 5\.00 USD as well"):
        desk.proposes("credit_note", reason_code="re_rated", **claims(desk, "5"))


def test_a_fee_is_not_rated_again_by_a_quantity(story: Story) -> None:
    plan = story.plan("fee", flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    desk, line = Desk(Books(story, acme)), acme.invoice.lines.get()
    with pytest.raises(FactNotRateable):
        desk.proposes(
            "credit_note",
            reason_code="re_rated",
            invoice=acme.invoice,
            as_rated={"charge": line.key, "quantity": "0"},
        )


@pytest.mark.parametrize(
    ("line", "credited"),
    [
        ({"amount": "30.00"}, ("30.00", "5.70")),
        ({"amount_with_tax": "35.70"}, ("30.00", "5.70")),
        ({"quantity": "2.5"}, ("25.00", "4.75")),
        ({"percent": "12.5"}, ("12.50", "2.38")),
        ({"rest": True}, ("100.00", "19.00")),
    ],
)
def test_a_charge_is_credited_in_any_way(
    desk: Desk, line: dict[str, object], credited: tuple[str, str]
) -> None:
    invoice = desk.books.invoice({"a": "100.00"}, rate="19", quantities={"a": "10"})
    made = desk.does("credit_note", invoice=invoice, lines=[{"charge": "a"} | line])
    assert made.outcome == EXECUTED
    assert parts(CreditNote.objects.get()) == credited


def test_tax_alone_and_the_address_alone(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"}, rate="19")
    tax = [{"group": "standard", "amount": "9.00"}]
    desk.does("credit_note", reason_code="tax", invoice=invoice, tax=tax)
    name = {"legal_name": "Acme GmbH"}
    made = desk.does("credit_note", reason_code="address", invoice=invoice, billed_to=name)
    assert made.outcome == EXECUTED
    first, second = CreditNote.objects.order_by("pk")
    assert (parts(first), parts(second)) == (("0.00", "9.00"), ("0.00", "0.00"))
    assert second.billed_to == name


def test_tm12_a_void_gives_back_the_balance_it_used(desk: Desk) -> None:
    books = desk.books
    earlier = books.invoice({"a": "30.00"})
    books.paid(earlier, "30.00")
    note = books.credits(earlier)
    invoice = books.invoice({"a": "100.00"})
    books.allocates(note, {invoice: "30.00"})
    proposal = desk.proposes("void", invoice=invoice)
    assert "is the customer's balance again" in proposal.versions.get().effect["notes"][0]
    assert desk.approves(proposal).outcome == EXECUTED
    assert (books.open(invoice), books.free()) == ("0.00", "30.00")
    assert Settlement.objects.filter(invoice=invoice, reverses__isnull=False).count() == 1
    with pytest.raises(InvoiceIsVoid):
        desk.proposes("write_off", invoice=invoice)


def test_tm13_a_paid_invoice_is_voided_with_its_money_free_again(desk: Desk) -> None:
    books = desk.books
    invoice = books.invoice({"a": "100.00"}, rate="19")
    books.paid(invoice, "50.00")
    proposal = desk.proposes("void", invoice=invoice)
    (note,) = proposal.versions.get().effect["notes"]
    assert note.startswith("50.00 EUR of ")
    assert note.endswith("becomes unapplied cash.")
    assert desk.approves(proposal).outcome == EXECUTED
    assert books.free() == "50.00"
    assert not open_item(invoice, at=books.at).settled


def test_tm46_a_written_off_invoice_can_be_paid_and_the_bank_is_hit_once(desk: Desk) -> None:
    books = desk.books
    invoice = books.invoice({"a": "100.00"}, rate="19")
    assert desk.does("write_off", invoice=invoice).outcome == EXECUTED
    payment = books.pays("50.00")
    made = desk.does("recovery", invoice=invoice, payment=payment, amount="50.00")
    assert made.outcome == EXECUTED
    item = books.standing(invoice)
    assert (item.open_minor, item.written_off_minor, item.paid_minor) == (0, 6900, 5000)
    assert (balance("cash"), balance("bad-debt")) == (5000, 6900)


def test_a_write_off_is_taken_back_by_a_linked_reversal(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"})
    written = desk.does("write_off", invoice=invoice, amount="40.00")
    desk.does("settlement_reversal", settlement=written.effect_ref)
    assert desk.books.open(invoice) == "100.00"
    back = Settlement.objects.get(reverses__isnull=False)
    assert back.reverses is not None
    assert back.reverses.public_id == written.effect_ref
    assert balance("bad-debt") == 0


def test_void_and_reissue_bills_the_period_once(story: Story) -> None:
    desk = used(story, per_unit(requests(story), "10"), "6")
    first = desk.books.customer.invoice
    proposal = desk.proposes("void_and_reissue", invoice=first)
    rows = proposal.versions.get().effect["changes"]
    assert [(row["of"], row["before"][0], row["after"][0]) for row in rows[:3]] == [
        (first.number, 6000, 0),
        ("the invoice issued instead", 0, 6000),
        ("both", 6000, 6000),
    ]
    assert Invoice.objects.count() == 1
    made = desk.approves(proposal)
    second = Invoice.objects.get(public_id=made.effect_ref)
    assert second.reissues is not None
    assert (second.reissues.invoice, str(second.total)) == (first, "60.00 USD")


def test_a_refund_gives_free_money_back_and_no_more(desk: Desk) -> None:
    payment = desk.books.pays("50.00")
    with pytest.raises(MoreThanFree):
        desk.proposes("refund", payment=payment, amount="50.01")
    made = desk.does("refund", payment=payment, amount="20.00")
    refund = Refund.objects.get()
    assert (made.effect_ref, refund.amount_minor) == (refund.public_id, 2000)
    assert desk.books.free() == "30.00"


def test_a_refund_of_a_note_goes_the_way_its_payment_came(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"})
    payment = desk.books.paid(invoice, "100.00")
    desk.does("credit_note", **credits(invoice, "a", "40.00"))
    note = CreditNote.objects.get()
    made = desk.does("refund", credit_note=note, amount="40.00", reason_code="credit_note")
    assert made.outcome == EXECUTED
    refund = Refund.objects.get()
    assert (refund.payment, refund.credit_note) == (payment, note)


def test_amounts_are_read_in_the_invoices_own_currency(story: Story) -> None:
    customer = story.account("Tanaka", currency="JPY")
    desk = Desk(Books(story.on("2026-06-01"), customer))
    invoice = desk.books.invoice({"a": "1200"})
    proposal = desk.proposes("credit_note", **credits(invoice, "a", "500"))
    assert str(proposal.amount) == "500 JPY"


def test_a_recovery_is_taken_back_by_two_alone(desk: Desk) -> None:
    """What was written off and then paid is not simply taken off its invoice by one person."""
    books = desk.books
    invoice = books.invoice({"a": "100.00"})
    desk.does("write_off", invoice=invoice)
    payment = books.pays("100.00")
    desk.does("recovery", invoice=invoice, payment=payment, amount="100.00")
    (settled,) = settling.live_settlements(invoice=invoice, payment=payment)
    recorded = Recorded(books.at, desk.ulf.actor, WHY)
    with pytest.raises(RecoveryStands):
        settling.unapply(settlement=settled, recorded=recorded)
    assert books.open(invoice) == "0.00"
    desk.does("settlement_reversal", settlement=settled, reason_code="by_mistake")
    assert books.open(invoice) == "100.00"
