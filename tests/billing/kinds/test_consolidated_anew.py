"""A consolidated invoice that was wrong: void, and issued anew with the statements of its teams."""

from __future__ import annotations

import pytest

from billing.invoicing.models import Consolidation, Invoice, InvoiceVoid
from billing.invoicing.operations.credit_notes import InvoiceIsStatement
from billing.receivables.operations import corrections
from billing.receivables.operations.corrections import NothingToReissue
from billing.receivables.queries.next_actions import invoice_life
from billing.receivables.queries.open_items import still_open
from tests.billing.kinds.test_consolidated import books_hold, enterprise, minor, of_months
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import WHY, Customer, Story
from usage.models import Event
from usage.operations import event_corrections

Sold = tuple[Customer, list[Customer], Invoice]


def sold_in_march(story: Story) -> Sold:
    """Three teams at 10.01 each, on one invoice of 35.74 for March, as of 1 April 2026."""
    whole, teams = enterprise(story, 3)
    calls = requests(story)
    plan = story.plan("team", flat("10.01"), per_unit(calls, "1.00"), currency="EUR")
    for number, team in enumerate(teams):
        team.app(f"web-{number}")
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    (invoice,) = of_months(whole)
    return whole, teams, invoice


@pytest.fixture
def march(story: Story) -> Sold:
    """As sold_in_march."""
    return sold_in_march(story)


def anew(story: Story, sold: Sold) -> Invoice:
    return corrections.void_and_reissue(invoice=sold[2], recorded=Books(story, sold[0]).recorded())


def test_the_same_statements_come_again_to_the_penny_and_name_what_they_stand_in_for(
    story: Story, march: Sold
) -> None:
    _, teams, old = march
    assert str(old.total) == "35.74 EUR"

    new = anew(story, march)

    assert (old.number, new.number) == ("CF-00000001", "CF-00000002")
    assert str(new.total) == "35.74 EUR"
    assert new.kind == Invoice.Kind.CONSOLIDATED
    statements = list(new.statements.order_by("account_id"))
    assert minor(statements, "tax_minor") == [191, 190, 190]
    assert [each.account for each in statements] == [team.account for team in teams]
    assert new.reissues is not None
    assert new.reissues.invoice == old
    assert {each.reissues.invoice.consolidated_on for each in statements if each.reissues} == {old}
    assert InvoiceVoid.objects.get(invoice=old).reissued == new
    assert Consolidation.objects.get().invoice == new
    assert list(still_open()) == [new]
    assert books_hold()


def test_what_was_late_by_then_is_on_the_new_one(story: Story, march: Sold) -> None:
    whole, (first, *_), _ = march
    first.uses("router.requests", "web-0", "2026-03-20", quantity="5")

    new = anew(story, march)

    assert str(new.total) == "41.69 EUR"
    statements = list(new.statements.order_by("account_id"))
    assert minor(statements, "subtotal_minor") == [1501, 1001, 1001]
    assert books_hold()
    story.on("2026-05-01").runs_billing()
    april = of_months(whole)[-1]
    assert str(april.total) == "35.74 EUR"
    assert books_hold()


def test_money_of_the_void_one_is_free_and_goes_on_the_new_one(story: Story, march: Sold) -> None:
    whole, _, old = march
    books = Books(story, whole)
    payment = books.pays("20.00")
    books.allocates(payment)
    assert books.open(old) == "15.74"

    new = anew(story, march)

    assert (books.open(old), books.free(), books.open(new)) == ("0.00", "20.00", "35.74")
    books.allocates(payment, {new: "20.00"})
    assert books.open(new) == "15.74"
    assert books_hold()


def test_a_statement_is_not_issued_anew_by_itself_and_a_month_only_once(
    story: Story, march: Sold
) -> None:
    whole, teams, old = march
    recorded = Books(story, whole).recorded()
    void = corrections.void(invoice=old, recorded=recorded)

    with pytest.raises(InvoiceIsStatement):
        corrections.reissue(void=teams[1].invoice.void, recorded=recorded)
    life = {each.code: each.why_not for each in invoice_life(old, at=story.at).actions}
    assert life["reissue"] == ""
    new = corrections.reissue(void=void, recorded=recorded)

    assert new.statements.count() == 3
    with pytest.raises(NothingToReissue, match="was reissued already"):
        corrections.reissue(void=void, recorded=recorded)
    assert books_hold()


def test_a_team_whose_month_comes_to_nothing_by_now_has_no_statement(story: Story) -> None:
    whole, (paying, calling) = enterprise(story, 2)
    calling.app("web")
    paying.subscribes(story.plan("team", flat("10.00"), currency="EUR"))
    calls = per_unit(requests(story), "1.00")
    calling.subscribes(story.plan("calls", calls, currency="EUR"))
    story.on("2026-03-03")
    calling.uses("router.requests", "web", "2026-03-02", quantity="5")
    story.on("2026-04-01").runs_billing()
    (event,) = Event.objects.all()
    event_corrections.void(event.key, at=story.on("2026-04-02").at, by=ADA, reason=WHY)
    (old,) = of_months(whole)

    new = anew(story, (whole, [], old))

    assert [str(old.total), str(new.total)] == ["17.85 EUR", "11.90 EUR"]
    assert [each.account for each in new.statements.all()] == [paying.account]
    assert books_hold()


def test_it_is_voided_and_issued_anew_as_often_as_it_takes(story: Story, march: Sold) -> None:
    whole, _, _ = march
    second = anew(story, march)
    third = corrections.void_and_reissue(invoice=second, recorded=Books(story, whole).recorded())

    assert third.reissues is not None
    assert third.reissues.invoice == second
    assert third.number == "CF-00000003"
    assert list(still_open()) == [third]
    assert books_hold()
