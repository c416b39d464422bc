"""An amount somebody decided on goes on the next invoice, once, with its tax and its reason."""

from typing import Any

import pytest

from approvals.models import Proposal
from approvals.payloads import PayloadInvalid
from billing.invoicing.invariants import invoices as invoice_rules
from billing.invoicing.invariants import rating as rating_rules
from billing.invoicing.invariants import shadow as shadow_rules
from billing.invoicing.models import Adjustment, AdjustmentBilled, Invoice
from billing.invoicing.queries.explain import explain_invoice_line
from billing.invoicing.queries.line_pages import LineNotFound
from billing.rating import expand
from billing.receivables.invariants import receivables_agree
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.billing.receivables.proposing import Desk
from tests.cast import NOON
from tests.story import Story, lines

EXECUTED = Proposal.Outcome.EXECUTED


@pytest.fixture
def fee(story: Story) -> Desk:
    """Acme pays a fee of 20.00, and was billed for March."""
    plan = story.plan("fee", flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    assert story.at > NOON
    return Desk(Books(story, acme))


def holds() -> bool:
    checks = (
        invoice_rules.totals_agree,
        invoice_rules.issued_content_is_unchanged,
        rating_rules.rating_is_a_function,
        rating_rules.unchanged_usage_changes_nothing,
        shadow_rules.second_rater_agrees,
        receivables_agree,
    )
    return all(check().holds for check in checks)


def charges(desk: Desk, amount: str = "5.00", way: str = "charge") -> dict[str, Any]:
    return {"invoice": desk.books.customer.invoices[0], way: amount, "description": "Set-up"}


def bills_april(desk: Desk) -> Invoice:
    desk.books.story.on("2026-05-01").runs_billing()
    return desk.books.customer.invoice


def test_an_approved_amount_is_on_the_next_invoice_once(fee: Desk) -> None:
    made = fee.does("adjustment", **charges(fee))
    assert made.outcome == EXECUTED
    april = bills_april(fee)
    assert fee.books.customer.statement == lines("""
        Platform fee  1  20.00
        Set-up  1  5.00
        total  25.00
    """)
    (adjustment,) = Adjustment.objects.all()
    assert adjustment.public_id == made.effect_ref
    assert AdjustmentBilled.objects.get().invoice == april
    fee.books.story.on("2026-06-01").runs_billing()
    assert str(fee.books.customer.invoice.total) == "20.00 USD"
    assert holds()


def test_its_line_says_who_decided_and_why(fee: Desk) -> None:
    fee.does("adjustment", **charges(fee))
    april = bills_april(fee)
    line = april.lines.get(kind="adjustment")
    (step,) = expand(line.explanation).steps
    assert (step["by"], step["ticket"], step["corrects"]) == (
        "Farid", "T-1", fee.books.customer.invoices[0].number,
    )  # fmt: skip
    assert line.period_from == fee.books.customer.invoices[0].period_from
    with pytest.raises(LineNotFound, match="was decided on by Farid"):
        explain_invoice_line(april, line.position)


def test_what_is_given_is_carried_forward_where_it_does_not_fit(fee: Desk) -> None:
    fee.does("adjustment", **charges(fee, "30.00", "give"))
    april = bills_april(fee)
    assert (april.total_minor, april.carried_minor) == (0, 1000)
    assert holds()


def test_it_is_undone_by_a_linked_reversal(fee: Desk) -> None:
    made = fee.does("adjustment", **charges(fee))
    undone = fee.does("adjustment", undo=made.effect_ref)
    assert undone.outcome == EXECUTED
    back = Adjustment.objects.get(reverses__isnull=False)
    assert back.reverses is not None
    assert (back.reverses.public_id, back.amount_minor) == (made.effect_ref, -500)
    april = bills_april(fee)
    assert str(april.total) == "20.00 USD"
    assert AdjustmentBilled.objects.count() == 2


def test_one_on_a_void_invoice_waits_for_the_next(fee: Desk) -> None:
    fee.does("adjustment", **charges(fee))
    april = bills_april(fee)
    made = fee.does("void_and_reissue", invoice=april)
    assert str(Invoice.objects.get(public_id=made.effect_ref).total) == "20.00 USD"
    fee.books.story.on("2026-06-01").runs_billing()
    assert str(fee.books.customer.invoice.total) == "25.00 USD"
    standing = AdjustmentBilled.objects.filter(invoice__void__isnull=True)
    assert standing.count() == 1
    assert holds()


def test_a_draft_that_waits_is_drafted_again(fee: Desk) -> None:
    story = fee.books.story.on("2026-05-01")
    story.runs_billing(issues=False)
    assert str(fee.books.customer.invoice.total) == "20.00 USD"
    fee.does("adjustment", **charges(fee))
    story.runs_billing()
    assert str(fee.books.customer.invoice.total) == "25.00 USD"


def test_the_credit_of_a_note_is_undone_by_charging_it_again(fee: Desk) -> None:
    march = fee.books.customer.invoice
    fee.does("credit_note", invoice=march, all=True)
    again = charges(fee, "20.00") | {"reason_code": "credit_undone"}
    fee.does("adjustment", **again)
    assert str(bills_april(fee).subtotal_minor) == "4000"
    assert holds()


@pytest.mark.parametrize(
    "payload",
    [{"charge": ""}, {"charge": "1.00", "give": "1.00"}, {"charge": "-1"}, {"charge": "0"}],
)
def test_it_is_of_one_amount(fee: Desk, payload: dict[str, Any]) -> None:
    invoice = fee.books.customer.invoice
    with pytest.raises(PayloadInvalid):
        fee.proposes("adjustment", invoice=invoice, description="Set-up", **payload)
