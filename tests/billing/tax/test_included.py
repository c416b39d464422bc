"""Prices that have the tax in them: TM3, TM39, and what follows such an invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.operations import payers
from billing.catalogue.models import Price
from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.drafting.one_offs import TypedInvoice, TypedLine
from billing.invoicing.focus.columns import COLUMNS
from billing.invoicing.focus.rows import focus_rows
from billing.invoicing.invariants import books as books_say
from billing.invoicing.invariants import invoices as invoice_rules
from billing.invoicing.invariants import rating as rating_rules
from billing.invoicing.models import Invoice
from billing.invoicing.operations import invoice_terms, one_offs, thresholds
from billing.invoicing.operations.invoice_terms import AgreedTerms
from billing.invoicing.queries.bill_change import bill_change
from billing.invoicing.queries.creditable import creditable
from billing.invoicing.queries.revenue import RevenueGrain, RevenueScope, revenue
from billing.receivables.invariants import receivables_agree
from core.periods import Period
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books
from tests.billing.tax.rates import lives_in, rate, taxes
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines


def named(code: str, price: str) -> PriceTerms:
    return PriceTerms(code=code, name=code, definition={"model": "flat", "amount": price})


def consumer(
    story: Story, *prices: PriceTerms, share: str = "0.21", country: str = "ES"
) -> Customer:
    """Somebody whose prices have the tax in them, billed for March 2026."""
    rate(country, share)
    plan = story.plan("plan", *prices, currency="EUR")
    acme = story.on("2026-03-01").account("Acme", currency="EUR")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-03-02")
    lives_in(acme, country, zone="UTC", prices_include_tax=True)
    story.on("2026-04-01")
    return acme


def all_agree() -> None:
    """Lines, groups, books, content and the rater say the same."""
    for check in (
        books_say.income_agrees,
        books_say.taxes_agree,
        invoice_rules.totals_agree,
        invoice_rules.issued_content_is_unchanged,
        rating_rules.rating_is_a_function,
        receivables_agree,
    ):
        assert check().holds, check


def test_TM39_the_tax_is_taken_out_of_the_gross_amount_of_the_group(story: Story) -> None:
    acme = consumer(story, named("one", "379.00"), named("two", "379.00"))
    story.runs_billing()

    assert acme.statement == lines(
        """
        one  1  379.00
        two  1  379.00
        VAT 21 % included in the prices  1  -131.55
        total  758.00
        """
    )
    assert taxes(acme) == {"ES:standard:0.21:included": ("626.45", "131.55")}
    nets = [charge.billed_minor for charge in creditable(acme.invoice).charges]
    assert nets == [31323, 31322]
    all_agree()


def test_TM39_both_lines_are_credited_before_tax_and_nothing_is_left(story: Story) -> None:
    acme = consumer(story, named("one", "379.00"), named("two", "379.00"))
    story.runs_billing()
    books, invoice = Books(story, acme), acme.invoice
    one, two = (charge.key for charge in creditable(invoice).charges)

    first = books.credits(invoice, amount="313.23", charge=one)
    second = books.credits(invoice, amount="313.22", charge=two)

    assert [(each.total_minor, each.tax_minor) for each in (first, second)] == [
        (37901, 6578),
        (37899, 6577),
    ]
    assert creditable(invoice).left_minor == 0
    assert books.open(invoice) == "0.00"
    all_agree()


def test_TM3_ten_at_23_90_less_a_quarter_come_back_five_by_five(story: Story) -> None:
    price = per_unit(requests(story), "23.90", discounts=[{"percent": "25"}])
    acme = consumer(story, price, share="0.20", country="FR")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="10")
    story.runs_billing()
    assert (acme.invoice.subtotal_minor, acme.invoice.tax_minor) == (14937, 2988)
    books, invoice = Books(story, acme), acme.invoice
    (charge,) = creditable(invoice).charges

    first = books.credits(invoice, quantity="5", charge=charge.key)
    second = books.credits(invoice, rest=True, charge=charge.key)

    assert [(each.total_minor, each.tax_minor) for each in (first, second)] == [
        (8963, 1494),
        (8962, 1494),
    ]


def test_what_is_late_is_a_difference_of_the_prices_as_they_are(story: Story) -> None:
    acme = consumer(story, per_unit(requests(story), "1.21"))
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="100")
    story.runs_billing()
    assert taxes(acme) == {"ES:standard:0.21:included": ("100.00", "21.00")}
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="10")
    story.on("2026-05-01").runs_billing()

    assert (acme.invoice.total_minor, acme.invoice.tax_minor) == (1210, 210)
    all_agree()


@pytest.mark.parametrize("way", ["amount", "gross"])
def test_what_was_credited_because_it_was_wrong_is_not_late(story: Story, way: str) -> None:
    acme = consumer(story, per_unit(requests(story), "1.21"))
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="100")
    story.runs_billing()
    books, march = Books(story, acme), acme.invoice
    (charge,) = creditable(march).charges
    if way == "amount":
        books.credits(march, charge=charge.key, amount="10.00")
    else:
        books.credits(march, charge=charge.key, gross="12.10")
    acme.uses("router.requests", "acme-web", "2026-03-06", quantity="10")
    story.on("2026-05-01").runs_billing()

    assert (acme.invoice.total_minor, acme.invoice.tax_minor) == (1210, 210)


def test_focus_rows_are_before_tax_and_sum_to_the_invoice(story: Story) -> None:
    acme = consumer(story, named("one", "379.00"), named("two", "379.00"))
    story.runs_billing()
    period = Period(instant("2026-01-01"), instant("2027-01-01"))

    rows = [dict(zip(COLUMNS, row, strict=True)) for row in focus_rows(acme.account, period)]

    costs = [(row["ChargeCategory"], str(row["BilledCost"])) for row in rows]
    assert costs == [("Purchase", "313.23"), ("Purchase", "313.22"), ("Tax", "131.55")]
    assert sum(Decimal(cost) for _, cost in costs) == Decimal("758.00")


def test_what_somebody_types_is_before_tax(story: Story) -> None:
    acme = consumer(story, flat("12.10"))
    typed = TypedInvoice([TypedLine("Training", Decimal(1), Decimal("100.00"))])
    invoice = one_offs.prepare(account=acme.account, typed=typed, at=story.at, by=ADA, reason=WHY)

    assert (invoice.subtotal_minor, invoice.tax_minor) == (10000, 2100)


def test_three_teams_on_one_invoice_share_the_tax_of_their_prices(story: Story) -> None:
    rate("DE", "0.19")
    plan = story.plan("plan", named("fee", "10.01"), currency="EUR")
    whole = story.on("2026-02-01").account("Globex", currency="EUR")
    story.on("2026-02-02")
    lives_in(whole, "DE", zone="UTC", prices_include_tax=True)
    invoice_terms.agree(
        account=whole.account, terms=AgreedTerms(consolidates=True), at=story.at, by=ADA, reason=WHY
    )
    story.on("2026-03-01")
    teams = [story.account(f"Team {n}", currency="EUR") for n in range(1, 4)]
    for team in teams:
        payers.assign(
            account=team.account, payer=whole.account, at=story.at + timedelta(seconds=1),
            by=ADA, reason=WHY,
        )  # fmt: skip
        team.subscribes(plan)
    story.on("2026-04-01").runs_billing()

    (invoice,) = Invoice.objects.filter(kind=Invoice.Kind.CONSOLIDATED)
    assert (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor) == (2524, 479, 3003)
    assert [(each.invoice.tax_minor, each.invoice.total_minor) for each in teams] == [
        (160, 1001),
        (160, 1001),
        (159, 1001),
    ]
    all_agree()


def test_what_a_threshold_invoice_billed_is_taken_off_with_its_tax(story: Story) -> None:
    acme = consumer(story, per_unit(requests(story), "1.19"), share="0.19", country="DE")
    invoice_terms.agree(
        account=acme.account,
        terms=AgreedTerms(threshold_minor=119_00),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    story.on("2026-04-05")
    acme.uses("router.requests", "acme-web", "2026-04-05", quantity="100")
    first = thresholds.bill_reached(account=acme.account, at=story.at, by=ADA, reason=WHY)
    assert first is not None
    assert (first.subtotal_minor, first.tax_minor) == (10000, 1900)
    story.on("2026-04-20")
    acme.uses("router.requests", "acme-web", "2026-04-20", quantity="50")
    story.on("2026-05-01").runs_billing()

    month = Invoice.objects.get(account=acme.account, kind=Invoice.Kind.PERIOD)
    assert (month.subtotal_minor, month.tax_minor) == (5000, 950)
    all_agree()


def test_why_the_bill_changed_is_told_in_prices_as_they_are(story: Story) -> None:
    acme = consumer(story, per_unit(requests(story), "1.21"))
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="100")
    story.runs_billing()
    story.on("2026-05-01")
    acme.uses("router.requests", "acme-web", "2026-04-05", quantity="150")
    story.runs_billing()
    march, april = acme.invoices

    change = bill_change(april, march)

    assert str(change.delta.amount) == "60.50"
    assert sum(part.minor for part in change.parts) == 6050
    assert {part.kind for part in change.parts} == {ChangeKind.USE}


def test_a_product_earns_its_prices_before_tax_and_tax_is_no_row_of_its_own(story: Story) -> None:
    """379.00 twice with 21 % in them are 313.23 and 313.22 of the two, as they are credited."""
    acme = consumer(story, named("one", "379.00"), named("two", "379.00"))
    story.runs_billing()
    scope = RevenueScope(Period(instant("2020-01-01"), instant("2040-01-01")))

    def earned(grain: RevenueGrain) -> list[tuple[str, str]]:
        return [(row.name, str(row.amount.amount)) for row in revenue(grain, scope)]

    assert earned(RevenueGrain.PRICE) == [("one", "313.23"), ("two", "313.22")]
    ((_, whole),) = earned(RevenueGrain.PRODUCT)
    assert (whole, acme.invoice.subtotal_minor) == ("626.45", 62_645)
    assert [amount for _, amount in earned(RevenueGrain.LINE)] == ["379.00", "379.00", "-131.55"]
    one = Price.objects.get(name="one").public_id
    narrowed = replace(scope, price=one)
    for grain in RevenueGrain:
        assert sum(row.amount.minor for row in revenue(grain, narrowed)) == 31_323, grain
