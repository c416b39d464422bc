"""An invoice of several teams leaves the house: every export sums to it, to the cent."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.focus.columns import COLUMNS
from billing.invoicing.focus.rows import focus_rows
from billing.invoicing.models import Invoice
from billing.invoicing.queries.bill_change import bill_change, earlier_of
from billing.papers.models import Paper
from billing.papers.operations import planning
from billing.papers.operations.sellers import name_seller
from billing.papers.reading import content_of
from billing.receivables.operations import corrections
from core.periods import Period
from tests.billing.kinds.test_consolidated import books_hold, enterprise, of_months
from tests.billing.papers.conftest import TERMS
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import LONG_AGO, WHY, Customer, Story, instant

YEAR = Period(instant("2026-01-01"), instant("2027-01-01"))
Sold = tuple[Customer, list[Customer], Invoice]


def billed(customer: Customer) -> dict[str, Decimal]:
    """What an account's FOCUS rows come to by the document they are on."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in focus_rows(customer.account, YEAR):
        said = dict(zip(COLUMNS, row, strict=True))
        sums[str(said["InvoiceId"])] += Decimal(str(said["BilledCost"]))
    return {number: amount.quantize(Decimal("0.01")) for number, amount in sums.items()}


@pytest.fixture
def march(story: Story) -> Sold:
    """Three teams at 10.01 each, on one invoice of 35.74."""
    whole, teams = enterprise(story, 3)
    plan = story.plan("team", flat("10.01"), per_unit(requests(story), "1.00"), currency="EUR")
    for number, team in enumerate(teams):
        team.app(f"web-{number}")
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    (invoice,) = of_months(whole)
    return whole, teams, invoice


def test_a_void_of_several_statements_is_taken_back_once(story: Story, march: Sold) -> None:
    whole, _, old = march
    assert billed(whole) == {old.number: Decimal("35.74")}

    new = corrections.void_and_reissue(invoice=old, recorded=Books(story, whole).recorded())

    assert billed(whole) == {old.number: Decimal("0.00"), new.number: Decimal("35.74")}
    assert books_hold()


def test_a_team_that_changed_is_on_the_new_one_in_every_export(story: Story, march: Sold) -> None:
    whole, teams, old = march
    teams[1].uses("router.requests", "web-1", "2026-03-20", quantity="7")

    new = corrections.void_and_reissue(invoice=old, recorded=Books(story, whole).recorded())

    # 37.03 and 19 % of it, where the three were 30.03 and 5.71.
    assert str(new.total) == "44.07 EUR"
    assert billed(whole) == {old.number: Decimal("0.00"), new.number: Decimal("44.07")}
    assert sum(each.total_minor for each in new.statements.all()) == new.total_minor
    assert old.number
    assert new.number
    by_team = [billed(team) for team in teams]
    assert [each[old.number] for each in by_team] == [Decimal("0.00")] * 3
    assert sum([each[new.number] for each in by_team], Decimal(0)) == Decimal("44.07")


def test_a_note_on_one_team_is_a_document_of_its_own(story: Story, march: Sold) -> None:
    whole, _, invoice = march
    books = Books(story, whole)

    team = invoice.lines.get(group_label="Team 2")
    note = books.credits(invoice, team.key, "4.00")

    assert billed(whole) == {invoice.number: Decimal("35.74"), note.number: -note.total.amount}
    assert str(note.total) == "4.76 EUR"
    assert books.open(invoice) == "30.98"


def test_its_papers_print_each_teams_statement_and_their_sum(story: Story, march: Sold) -> None:
    _, teams, invoice = march
    name_seller(terms=TERMS, valid_from=LONG_AGO, at=LONG_AGO, by=ADA, reason=WHY)
    planning.plan(at=story.at)

    content = content_of(Paper.objects.get(kind="invoice"))

    assert content.number == invoice.number
    said = [(each.description, each.amount_minor) for each in content.lines]
    assert said == [(f"Statement of {team.account.name}", 1001) for team in teams]
    assert content.total_minor == 3574


def test_why_it_changed_is_told_team_by_team(story: Story, march: Sold) -> None:
    whole, teams, first = march
    story.on("2026-04-10")
    teams[2].uses("router.requests", "web-2", "2026-04-05", quantity="3")
    story.on("2026-05-01").runs_billing()
    april = of_months(whole)[1]

    earlier = earlier_of(april)
    assert earlier == first
    parts = bill_change(april, first).parts

    assert [(part.kind, part.name, part.minor) for part in parts] == [
        (ChangeKind.STATEMENT, "Team 3", 300),
        (ChangeKind.TAX_BASE, "", 57),
    ]
