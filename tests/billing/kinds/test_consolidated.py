"""Consolidated invoices: one for all accounts of a payer, a statement each, to the penny."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.operations import accounts, profiles
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import ProfileTerms
from billing.closing.months import read_month
from billing.closing.queries.totals import money_of
from billing.invoicing.invariants import bill_runs as runs_say
from billing.invoicing.invariants import books as books_say
from billing.invoicing.invariants import invoices as invoices_say
from billing.invoicing.invariants import statements as statements_say
from billing.invoicing.models import Adjustment, Consolidation, Invoice
from billing.invoicing.operations import adjustments, invoice_terms
from billing.invoicing.operations.adjustments import AdjustmentTerms
from billing.invoicing.operations.credit_notes import InvoiceIsStatement
from billing.invoicing.operations.invoice_terms import AgreedTerms
from billing.invoicing.tax_amounts import shared
from billing.receivables.invariants import receivables_agree
from billing.receivables.operations import applying, corrections
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.open_items import still_open
from core.money import Money, allocate, round_half_up
from tests.billing.kinds.german import has_german_tax, lives_in_germany
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import WHY, Customer, Story


def enterprise(story: Story, teams: int) -> tuple[Customer, list[Customer]]:
    """A German enterprise that pays for teams, one invoice for all, on 1 March 2026."""
    has_german_tax()
    story.on("2026-02-01")
    whole = account(story, "Globex", "enterprise", None)
    story.on("2026-02-02")
    lives_in_germany(whole)
    invoice_terms.agree(
        account=whole.account,
        terms=AgreedTerms(consolidates=True, purchase_order="PO-77"),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    story.on("2026-03-01")
    return whole, [account(story, f"Team {n}", "team", whole) for n in range(1, teams + 1)]


def account(story: Story, name: str, kind: str, parent: Customer | None) -> Customer:
    opened = accounts.open(
        new=NewAccount(
            name=name,
            kind=kind,
            currency="EUR",
            anchor_on=date(2020, 1, 1),
            parent=parent.account if parent else None,
            payer=parent.account if parent else None,
        ),
        profile=ProfileTerms(legal_name=f"{name} Ltd", zone="UTC"),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    return Customer(story, opened)


def of_months(whole: Customer) -> list[Invoice]:
    rows = Invoice.objects.filter(account=whole.account, kind=Invoice.Kind.CONSOLIDATED)
    return list(rows.order_by("period_from"))


def minor(invoices: list[Invoice], name: str) -> list[int]:
    return [getattr(each, name) for each in invoices]


def books_hold() -> bool:
    checks = (
        books_say.income_agrees,
        books_say.taxes_agree,
        books_say.tax_by_jurisdiction_agrees,
        books_say.credit_agrees,
        invoices_say.totals_agree,
        invoices_say.numbers_are_gapless,
        invoices_say.issued_content_is_unchanged,
        invoices_say.one_invoice_per_period,
        runs_say.billed_time_is_what_was_billed,
        runs_say.nothing_due_is_forgotten,
        statements_say.statements_come_to_their_invoice,
        receivables_agree,
    )
    broken = [check.__name__ for check in checks if not check().holds]
    assert broken == []
    return True


def test_tm17_the_spare_cents_of_tax_have_a_place(story: Story) -> None:
    whole, teams = enterprise(story, 3)
    plan = story.plan("team", flat("10.01"), currency="EUR")
    for team in teams:
        team.subscribes(plan)

    story.on("2026-04-01").runs_billing()

    (invoice,) = of_months(whole)
    statements = list(invoice.statements.order_by("account_id"))
    assert minor(statements, "tax_minor") == [191, 190, 190]
    assert str(invoice.total) == "35.74 EUR"
    assert sum(minor(statements, "total_minor")) == invoice.total_minor
    assert [each.number for each in statements] == [None, None, None]
    assert (invoice.number, invoice.purchase_order) == ("CF-00000001", "PO-77")
    assert books_hold()


def test_a_month_with_one_invoice_for_all_adds_up_when_it_is_closed(story: Story) -> None:
    _, teams = enterprise(story, 2)
    plan = story.plan("team", flat("10.01"), currency="EUR")
    for team in teams:
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()

    (found,) = money_of(read_month("2026-03"))
    assert (found.invoice_count, str(found.rated), str(found.invoiced)) == (
        1,
        "20.02 EUR",
        "23.82 EUR",
    )
    assert found.agrees


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(-10000, [1, 1, 1], [-3334, -3333, -3333]), (9999, [75, 25], [7499, 2500])],
)
def test_tm17_a_discount_is_split_by_largest_remainder(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert allocate(total, weights) == parts


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20),
    st.fractions(0, 1, max_denominator=1_000),
)
def test_shares_of_a_tax_sum_to_it_and_are_within_a_cent(bases: list[int], rate: Fraction) -> None:
    exact = [rate * base for base in bases]
    total = round_half_up(sum(exact, Fraction(0)))

    parts = shared(total, exact)

    assert sum(parts) == total
    assert all(abs(part - each) <= 1 for part, each in zip(parts, exact, strict=True))


def test_tm16_a_month_has_all_its_statements_or_none(story: Story) -> None:
    whole, teams = enterprise(story, 9)
    calls = requests(story)
    plan = story.plan("team", flat("10.00"), currency="EUR")
    for team in teams:
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    teams[4].app("web")
    teams[4].uses("router.requests", "web", "2026-04-01", quantity="1")  # no price covers it
    assert calls.code == "requests"

    story.on("2026-05-01").runs_billing()

    (march,) = of_months(whole)
    assert march.statements.count() == 9
    april = Consolidation.objects.get(period_from__month=4)
    assert april.state == Consolidation.State.PARKED
    assert "Team 5 is not billed yet" in april.parked_reason
    assert books_hold()


def test_teams_on_other_clocks_are_on_the_invoice_of_their_month(story: Story) -> None:
    whole, teams = enterprise(story, 3)
    plan = story.plan("team", flat("10.00"), currency="EUR")
    zones = ("UTC", "America/Los_Angeles", "Asia/Tokyo")
    for team, zone in zip(teams, zones, strict=True):
        story.on("2026-03-01T18:00")
        profiles.revise(
            account=team.account,
            terms=ProfileTerms(legal_name=team.account.name, zone=zone),
            at=story.at,
            by=ADA,
            reason=WHY,
        )
        team.subscribes(plan)

    story.on("2026-04-01").runs_billing()
    assert of_months(whole) == []
    assert "Team 2 is not billed yet" in Consolidation.objects.get().parked_reason
    story.on("2026-04-01T08:00").runs_billing()

    (march,) = of_months(whole)
    assert march.statements.count() == 3
    assert books_hold()


def test_a_statement_is_owed_with_its_invoice_and_never_by_itself(story: Story) -> None:
    whole, teams = enterprise(story, 2)
    plan = story.plan("team", flat("10.00"), currency="EUR")
    for team in teams:
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    (invoice,) = of_months(whole)
    books = Books(story, whole)

    books.allocates(books.pays("23.80"))

    assert books.open(invoice) == "0.00"
    statement = invoice.statements.first()
    assert statement is not None
    with pytest.raises(InvoiceIsStatement):
        books.allocates(books.pays("1.00"), {statement: "1.00"})
    assert books_hold()


def test_free_money_of_an_enterprise_goes_on_its_invoice_and_no_statement_is_chased(
    story: Story,
) -> None:
    whole, teams = enterprise(story, 2)
    plan = story.plan("team", flat("10.00"), currency="EUR")
    for team in teams:
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    (invoice,) = of_months(whole)
    books = Books(story, whole)
    assert [list(still_open()), list(still_open(at=story.at))] == [[invoice], [invoice]]

    books.pays("23.80")

    (made,) = applying.apply_free(payer=whole.account, recorded=books.recorded())
    assert (made.invoice_id, books.open(invoice), books.free()) == (invoice.pk, "0.00", "0.00")
    assert list(still_open()) == []


def test_late_usage_of_a_team_is_on_its_next_statement(story: Story) -> None:
    whole, (team, *_) = enterprise(story, 2)
    team.app("web")
    team.subscribes(story.plan("calls", per_unit(requests(story), "1.00"), currency="EUR"))
    story.on("2026-03-03")
    team.uses("router.requests", "web", "2026-03-02", quantity="5")
    story.on("2026-04-01").runs_billing()
    team.uses("router.requests", "web", "2026-03-03", quantity="2")

    story.on("2026-05-01").runs_billing()

    assert [str(each.total) for each in of_months(whole)] == ["5.95 EUR", "2.38 EUR"]
    assert books_hold()


def test_an_adjustment_of_a_team_is_on_one_statement_alone(story: Story) -> None:
    whole, (team, *_) = enterprise(story, 2)
    team.subscribes(story.plan("team", flat("10.00"), currency="EUR"))
    adjustments.adjust(
        account=team.account,
        terms=AdjustmentTerms(-200, "An outage", Adjustment.Reason.GOODWILL),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    story.on("2026-04-01").runs_billing()
    story.on("2026-05-01").runs_billing()

    assert [str(each.total) for each in of_months(whole)] == ["9.52 EUR", "11.90 EUR"]
    assert books_hold()


def test_a_void_one_takes_its_statements_with_it(story: Story) -> None:
    whole, teams = enterprise(story, 2)
    plan = story.plan("team", flat("10.00"), currency="EUR")
    for team in teams:
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    (invoice,) = of_months(whole)

    corrections.void(invoice=invoice, recorded=Recorded(story.at, ADA, WHY, None))

    assert all(hasattr(each, "void") for each in invoice.statements.all())
    assert Books(story, whole).open(invoice) == "0.00"
    assert books_hold()


def test_an_amount_below_zero_of_a_team_waits_for_that_team(story: Story) -> None:
    assert Money.from_minor(sum(shared(-1, [Fraction(-1, 2), Fraction(-1, 2)])), "EUR").minor == -1
