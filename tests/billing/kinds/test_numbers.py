"""Numbers of invoices and notes, and the one day of issue: at the turn of a year, in Berlin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction

from billing.invoicing.invariants import invoices as invoices_say
from billing.invoicing.invariants import statements as statements_say
from billing.invoicing.issuing_entity import day_of_issue
from billing.invoicing.models import Invoice, NumberingChange
from billing.invoicing.number_series import CREDIT_NOTE_PREFIX, SERIES_PREFIX
from billing.invoicing.operations.numbering import (
    NumberingInvalid,
    NumberingUnderWay,
    number_by_year,
)
from billing.receivables.operations import corrections
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import WHY, Story

FEE = {"model": "flat", "amount": "1725.05"}


@pytest.fixture
def books(story: Story) -> Books:
    """A customer in euros, shortly before the end of 2026 in Berlin."""
    customer = story.account("Acme", currency="EUR")
    story.on("2026-12-31T22:59:59")
    return Books(story, customer, zone="America/Los_Angeles")


def by_year(story: Story) -> None:
    for prefix in (SERIES_PREFIX, CREDIT_NOTE_PREFIX):
        number_by_year(prefix=prefix, yearly_from=2026, at=story.at, by=ADA, reason=WHY)


def test_tm15_a_year_begins_where_the_entity_stands_and_nothing_leaves_a_gap(
    story: Story, books: Books
) -> None:
    by_year(story)
    old = books.invoice({"calls": "10.00"})
    story.on("2026-12-31T23:00:00")

    note = books.credits(old)
    with pytest.raises(DatabaseError), transaction.atomic():
        books.invoice({"calls": "-10.00"})
    new = books.invoice({"calls": "20.00"})
    corrections.void(invoice=new, recorded=books.recorded())
    again = books.invoice({"calls": "20.00"})

    assert (old.number, note.number) == ("CF-2026-00000001", "CN-2027-00000001")
    assert (new.number, again.number) == ("CF-2027-00000001", "CF-2027-00000002")
    assert Invoice.objects.get(pk=new.pk).number == "CF-2027-00000001"
    assert invoices_say.numbers_are_gapless().holds
    assert statements_say.days_follow_numbers().holds


def test_numbers_go_on_over_the_year_where_nothing_else_was_agreed(
    story: Story, books: Books
) -> None:
    old = books.invoice({"calls": "10.00"})
    story.on("2026-12-31T23:00:00")
    new = books.invoice({"calls": "10.00"})

    assert (old.number, new.number) == ("CF-00000001", "CF-00000002")


def from_year(story: Story, year: int | None) -> None:
    number_by_year(prefix=SERIES_PREFIX, yearly_from=year, at=story.at, by=ADA, reason=WHY)


def test_a_year_that_has_begun_stays_as_it_is_numbered(story: Story, books: Books) -> None:
    first = books.invoice({"calls": "10.00"})

    with pytest.raises(NumberingUnderWay, match="Numbers of 2026 were given already"):
        from_year(story, 2026)
    with pytest.raises(NumberingInvalid) as refused:
        from_year(story, 2025)
    from_year(story, 2027)
    second = books.invoice({"calls": "10.00"})
    story.on("2026-12-31T23:00:00")
    third = books.invoice({"calls": "10.00"})
    with pytest.raises(NumberingUnderWay, match="changes with 2028"):
        from_year(story, None)

    assert refused.value.field == "yearly_from"
    numbers = [each.number for each in (first, second, third)]
    assert numbers == ["CF-00000001", "CF-00000002", "CF-2027-00000001"]
    (change,) = NumberingChange.objects.all()
    assert (change.yearly_from, change.changed_by, change.reason) == (2027, ADA.name, WHY)


def test_what_was_agreed_for_a_year_to_come_is_taken_back_before_it(
    story: Story, books: Books
) -> None:
    books.invoice({"calls": "10.00"})
    from_year(story, 2027)
    from_year(story, None)
    story.on("2026-12-31T23:00:00")

    assert books.invoice({"calls": "10.00"}).number == "CF-00000002"


def test_tm51_the_day_of_issue_is_the_entitys_and_stored_once(story: Story, books: Books) -> None:
    story.on("2026-12-31T23:30:00")

    invoice = books.invoice({"calls": "10.00"}, terms_days=30)

    assert str(invoice.issued_on) == "2027-01-01"
    assert str(invoice.due_on) == "2027-01-31"


def test_the_day_of_issue_turns_with_the_entitys_clock_in_summer_too() -> None:
    assert str(day_of_issue(datetime(2026, 6, 30, 21, 59, tzinfo=UTC))) == "2026-06-30"
    assert str(day_of_issue(datetime(2026, 6, 30, 22, 0, tzinfo=UTC))) == "2026-07-01"


def test_tm40_a_discount_is_what_the_rounded_net_is_short_of_the_gross(story: Story) -> None:
    story.on("2026-03-01")
    acme = story.account("Acme", currency="EUR")
    discounts = [{"percent": "10"}]
    price = replace(flat("1725.05"), definition=FEE | {"discounts": discounts})
    acme.subscribes(story.plan("support", price, currency="EUR"))
    story.on("2026-04-01").runs_billing()

    amounts = [line.amount_minor for line in acme.invoice.lines.order_by("position")]
    assert amounts == [1725_05, -172_50]
    assert acme.invoice.subtotal_minor == 1552_55
