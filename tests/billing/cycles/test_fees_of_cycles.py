"""Fees of a year, a quarter or a week beside monthly usage. Worked cases and traps carry ids."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from billing.catalogue.operations.plans import PriceShape, PriceTerms
from billing.contracts.models import SubscriptionPause
from billing.contracts.operations import coupons, subscriptions
from billing.contracts.operations.coupons import CouponTerms
from billing.invoicing.invariants import rating as invariants
from billing.invoicing.models import CouponUse, Invoice
from billing.invoicing.models.invoice_lines import COUPON
from billing.invoicing.proofs.shadow import shadowed
from billing.invoicing.queries.proofs import invoice_line_proof
from billing.rating import DocumentRefused, parse_price
from billing.verifier.proofs import verify
from core.actor import acting_as
from tests.billing.prices import per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines, statement


def fee(amount: str, cycle: Any = "year", code: str = "fee", **more: Any) -> PriceTerms:
    """A fee of a cycle, to the second unless it says otherwise."""
    document = {"model": "flat", "amount": amount, "cycle": cycle} | more
    return PriceTerms(code=code, name=f"Fee {amount}", definition=document)


def changes(acme: Customer, story: Story, to: Any, day: str) -> None:
    """Another plan from a day on."""
    running = acme.account.subscriptions.get(ended_at__isnull=True)
    subscriptions.end(subscription=running, at=instant(day), by=ADA, reason=WHY)
    subscriptions.start(account=acme.account, plan=to, at=instant(day), by=ADA, reason=WHY)


def bills(acme: Customer, *days: str) -> list[str]:
    """The invoices of the months that end on these days."""
    for day in days:
        acme.story.on(day).runs_billing()
    held_together()
    return [statement(each) for each in acme.invoices]


def held_together() -> None:
    """What is issued is worked out again: by the rater, by the second rater, and as proofs."""
    for check in (invariants.rating_is_a_function, invariants.unchanged_usage_changes_nothing):
        assert not check().violations
    for invoice in Invoice.objects.exclude(number__isnull=True):
        (again,) = shadowed([invoice.pk])
        assert again.agrees, again.differences
        for line in invoice.lines.filter(price__isnull=False).exclude(kind=COUPON):
            proof = invoice_line_proof(invoice, line.position)
            assert verify(proof).differences == []


def test_a_yearly_fee_stands_beside_monthly_overage(story: Story) -> None:
    plan = story.plan("pro", fee("1200.00"), per_unit(requests(story), "0.10"))
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.app("web")
    acme.subscribes(plan)
    for day in ("2026-03-05", "2026-04-05"):
        story.on(day)
        acme.uses("router.requests", "web", day, quantity="30")
    march, april = bills(acme, "2026-04-01", "2026-05-01")
    assert march == lines("""
        Fee 1200.00  1  1200.00
        requests  30  3.00
        total  1203.00
    """)
    assert april == "requests  30  3.00\ntotal  3.00"
    for month in range(6, 13):
        bills(acme, f"2026-{month:02}-01")
    bills(acme, "2027-01-01", "2027-02-01", "2027-03-01")
    assert bills(acme, "2027-04-01")[-1] == "Fee 1200.00  1  1200.00\ntotal  1200.00"
    line = acme.invoice.lines.get()
    assert (line.period_from, line.period_until) == (instant("2027-03-01"), instant("2028-03-01"))


def test_td22_a_second_upgrade_credits_what_its_own_plan_cost(story: Story) -> None:
    """Yearly by day in advance: 499, from 24 January 998, from 29 January 1,497."""
    by_day = {"proration": "day"}
    small, middle, large = (
        story.plan(code, fee(amount, **by_day))
        for code, amount in (("small", "499.00"), ("middle", "998.00"), ("large", "1497.00"))
    )
    acme = story.on("2027-01-01").account("Acme")
    acme.subscribes(small)
    changes(acme, story, middle, "2027-01-24")
    changes(acme, story, large, "2027-01-29")
    assert bills(acme, "2027-02-01") == [
        lines("""
            Fee 499.00  1  31.44
            Fee 998.00  1  13.67
            Fee 1497.00  1  1382.16
            total  1427.27
        """)
    ]


def test_td22_in_months_of_their_own_each_upgrade_credits_its_own_plan(story: Story) -> None:
    by_day = {"proration": "day"}
    small, large = (
        story.plan(code, fee(amount, **by_day))
        for code, amount in (("small", "499.00"), ("large", "998.00"))
    )
    acme = story.on("2027-01-01").account("Acme")
    acme.subscribes(small)
    assert bills(acme, "2027-02-01") == ["Fee 499.00  1  499.00\ntotal  499.00"]
    changes(acme, story, large, "2027-02-10")
    # 40 of 365 days: 54.68 stay, 888.63 are due of the other for the 325 that are left.
    assert bills(acme, "2027-03-01")[-1] == lines("""
        Fee 499.00 · reversal  1  -499.00
        Fee 499.00  1  54.68
        Fee 998.00  1  888.63
        total  444.31
    """)


@pytest.mark.parametrize(
    ("case", "amounts", "started", "changed", "net"),
    [
        # wD20, wD28: 265 of 365 days are left; the factor is never cut.
        ("wD20", ("600.00", "1200.00"), "2027-01-01", "2027-04-11", "435.61"),
        ("wD28", ("1200.00", "0.00"), "2027-01-01", "2027-04-11", "-871.23"),
        # wD13: 243 days are left of a year of 366, of which the half is due for the other.
        ("wD13", ("0.00", "1188.00"), "2024-01-01", "2024-05-03", "788.75"),
    ],
)
def test_a_change_within_a_year_costs_the_rest_of_it(
    story: Story, case: str, amounts: tuple[str, str], started: str, changed: str, net: str
) -> None:
    assert case
    old, new = (story.plan(f"p{n}", fee(each)) for n, each in enumerate(amounts))
    acme = story.on(started).account("Acme")
    acme.subscribes(old)
    months = [f"{started[:4]}-{month:02}-01" for month in range(2, int(changed[5:7]) + 1)]
    bills(acme, *months)
    changes(acme, story, new, changed)
    end = f"{changed[:4]}-{int(changed[5:7]) + 1:02}-01"
    story.on(end).runs_billing()
    last = acme.invoice
    assert last.period_until == instant(end)
    assert Decimal(
        sum(line.amount_minor for line in last.lines.filter(price__isnull=False))
    ) / 100 == Decimal(net)


def test_wd19_a_downgrade_within_a_quarter(story: Story) -> None:
    """300 a quarter to 150, 45 of 90 days left: −150 and 75."""
    cycle = {"unit": "day", "every": 90}
    old, new = (
        story.plan(code, fee(amount, cycle)) for code, amount in (("a", "300.00"), ("b", "150.00"))
    )
    acme = story.on("2026-04-01").account("Acme")
    acme.subscribes(old)
    bills(acme, "2026-05-01")
    changes(acme, story, new, "2026-05-16")
    assert bills(acme, "2026-06-01")[-1] == lines("""
        Fee 300.00 · reversal  1  -300.00
        Fee 300.00  1  150.00
        Fee 150.00  1  75.00
        total  0.00
    """)


def test_a_quarter_in_arrears_is_billed_when_it_is_over(story: Story) -> None:
    """wD14: 910.00 a quarter of 91 days, had for 32 of them, is 320.00."""
    cycle = {"unit": "quarter", "due": "arrears", "from": "account"}
    plan = story.plan("arrears", fee("910.00", cycle))
    story.on("2026-04-01")
    acme = story.account("Acme", anchor="2026-04-01")
    story.on("2026-05-20")
    acme.subscribes(plan, until="2026-06-21")
    assert bills(acme, "2026-06-01") == []
    assert bills(acme, "2026-07-01") == ["Fee 910.00  1  320.00\ntotal  320.00"]


def test_what_is_left_is_given_back_where_a_subscription_ends(story: Story) -> None:
    plan = story.plan("pro", fee("365.00"))
    acme = story.on("2027-01-01").account("Acme")
    held = acme.subscribes(plan)
    bills(acme, "2027-02-01", "2027-03-01")
    subscriptions.end(subscription=held, at=instant("2027-03-11"), by=ADA, reason=WHY)
    bills(acme, "2027-04-01")
    # 69 days stay, 296 are credit.
    assert acme.invoice.lines.filter(price__isnull=False).count() == 2
    assert (
        sum(line.amount_minor for line in acme.invoice.lines.filter(price__isnull=False)) == -29600
    )


def test_td28_what_comes_back_of_a_year_is_what_was_charged_after_the_coupon(
    story: Story,
) -> None:
    """365.00 less 10 % in the first month; cancelled after 69 days: 296 days of 328.50."""
    coupons.make(
        terms=CouponTerms(
            code="spring", name="Spring", redemptions_max=1, share=Decimal("0.1"), periods=1
        ),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    plan = story.plan("pro", fee("365.00"))
    acme = story.on("2027-01-01").account("Acme")
    held = acme.subscribes(plan)
    coupons.redeem(account=acme.account, code="spring", at=story.at, by=ADA, reason=WHY)
    january, *_ = bills(acme, "2027-02-01", "2027-03-01")
    assert january.endswith("total  328.50")
    subscriptions.end(subscription=held, at=instant("2027-03-11"), by=ADA, reason=WHY)
    bills(acme, "2027-04-01")
    of_charges = acme.invoice.lines.filter(price__isnull=False)
    assert sum(line.amount_minor for line in of_charges) == -26640
    # The coupon was for one period, and that is used; what comes back uses none.
    assert CouponUse.objects.count() == 1


def test_an_end_at_the_very_beginning_of_a_month_is_credited_in_it(story: Story) -> None:
    plan = story.plan("pro", fee("365.00"))
    acme = story.on("2027-01-01").account("Acme")
    held = acme.subscribes(plan)
    bills(acme, "2027-02-01")
    subscriptions.end(subscription=held, at=instant("2027-02-01"), by=ADA, reason=WHY)
    bills(acme, "2027-03-01")
    assert len(acme.invoices) == 2
    assert (
        sum(line.amount_minor for line in acme.invoice.lines.filter(price__isnull=False)) == -33400
    )


def test_weeks_are_lines_of_the_month_they_begin_in(story: Story) -> None:
    plan = story.plan("weekly", fee("7.00", "week"))
    story.on("2026-03-03T14:00")
    acme = story.account("Acme", zone="America/New_York")
    acme.subscribes(plan)
    (march,) = bills(acme, "2026-04-01T04:00")
    assert march.count("7.00  1  7.00") == 5
    first, *_ = acme.invoice.lines.order_by("period_from")
    # The first week begins with the subscription, and is whole all the same.
    assert (first.period_from, first.period_until) == (
        instant("2026-03-03T14:00"),
        instant("2026-03-10T04:00"),
    )


def test_what_is_not_prorated_is_paid_once_a_cycle_and_not_given_back(story: Story) -> None:
    plan = story.plan("pro", fee("120.00", proration="none"))
    other = story.plan("other", fee("240.00", proration="none"))
    acme = story.on("2026-01-10").account("Acme")
    acme.subscribes(plan)
    changes(acme, story, other, "2026-02-10")
    found = bills(acme, "2026-02-01", "2026-03-01")
    assert found == ["Fee 120.00  1  120.00\ntotal  120.00"]


def test_a_pause_within_a_year_is_given_back_and_the_rest_charged_again(story: Story) -> None:
    plan = story.plan("pro", fee("365.00"))
    acme = story.on("2027-01-01").account("Acme")
    held = acme.subscribes(plan)
    bills(acme, "2027-02-01")
    with acting_as(ADA, reason=WHY):
        SubscriptionPause.objects.create(
            subscription=held,
            cause="customer",
            paused_from=instant("2027-02-11"),
            paused_until=instant("2027-02-21"),
        )
    assert bills(acme, "2027-03-01")[-1] == lines("""
        Fee 365.00 · reversal  1  -365.00
        Fee 365.00  1  41.00
        Fee 365.00  1  314.00
        total  0.00
    """)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"model": "per_unit", "unit_price": "1", "cycle": "year"}, "/cycle"),
        ({"model": "flat", "amount": "1", "cycle": "month", "billed": "arrears"}, "/billed"),
        ({"model": "flat", "amount": "1", "cycle": "decade"}, "/cycle"),
        ({"model": "flat", "amount": "1", "cycle": {"unit": "week", "every": 0}}, "/cycle/every"),
        ({"model": "flat", "amount": "1", "cycle": {"unit": "week", "due": "never"}}, "/cycle/due"),
        (
            {
                "model": "flat",
                "amount": "1",
                "cycle": "year",
                "maximum": {"amount": "1", "per": "account"},
            },
            "/maximum",
        ),
        ({"model": "flat", "amount": "1", "seats": "average"}, "/seats"),
        ({"model": "per_unit", "unit_price": "1", "seats": "sometimes"}, "/seats"),
        (
            {"model": "per_unit", "unit_price": "1", "seats": "high_water", "cycle": "year"},
            "/seats",
        ),
        (
            {"model": "per_unit", "unit_price": "1", "seats": "day", "proration": "day"},
            "/proration",
        ),
        (
            {"model": "per_unit", "unit_price": "1", "seats": "day", "convert": {"divide_by": "2"}},
            "/convert",
        ),
    ],
)
def test_a_cycle_that_makes_no_sense_is_refused_by_its_field(
    document: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(DocumentRefused) as refused:
        parse_price(document)
    assert pointer in [each.pointer for each in refused.value.errors]


def test_what_is_metered_has_no_cycle(story: Story) -> None:
    definition = {"model": "per_unit", "unit_price": "1", "seats": "average", "cycle": "year"}
    with pytest.raises(PriceShape):
        story.plan(
            "x", PriceTerms(code="x", name="x", meter=requests(story), definition=definition)
        )
