"""What all charges of a plan cost together at least, at most: in bills, late, and in proofs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.operations.plans import PriceShape, PriceTerms
from billing.contracts.operations import subscriptions
from billing.invoicing.documents.rows import line_rows
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.credit import with_credit
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.rated import inputs_digest, rated_drafts, rated_lines
from billing.invoicing.drafting.snapshots import Snapshot, snapshots
from billing.invoicing.models import InvoiceLine
from billing.invoicing.operations import late_usage
from billing.invoicing.proofs.shadow import shadowed
from billing.invoicing.queries.month_to_date import by_day, by_use, month_to_date
from billing.invoicing.queries.proofs import bill_line_proof, invoice_line_proof
from billing.rating import AccountTerms, Grant, quote
from billing.rating.price import Discount
from billing.verifier.proofs import verify
from core.invariants import invariants
from core.money import Money
from tests.billing.catalogue.changes import agrees, revises
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines


def at_least(amount: str, proration: str = "none") -> PriceTerms:
    return of_all(minimum={"amount": amount, "proration": proration})


def at_most(amount: str) -> PriceTerms:
    return of_all(maximum=amount)


def of_all(**limits: Any) -> PriceTerms:
    return PriceTerms("spend", "Monthly spend", {"model": "all_charges"} | limits)


def sold(story: Story, limit: PriceTerms, fee: str = "10.00") -> Customer:
    """Acme from 1 September on a plan of a fee, requests at 1.00 each, and a limit of both."""
    plan = story.plan("team", flat(fee), per_unit(requests(story), "1"), limit)
    acme = story.on("2026-09-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    return acme


def used(acme: Customer, day: str, quantity: str) -> None:
    acme.uses("router.requests", "acme-web", day, quantity=quantity)


def bills(acme: Customer, on: str = "2026-10-01") -> str:
    """The invoice of the month that ended, which the second rater and the proofs must confirm."""
    acme.story.on(on).runs_billing()
    confirmed(acme)
    return acme.statement


def confirmed(acme: Customer) -> None:
    for invoice in acme.invoices:
        (found,) = shadowed([invoice.pk])
        assert found.differences == []
        assert found.delta.minor == 0
        for line in invoice.lines.filter(price__isnull=False):
            assert verify(invoice_line_proof(invoice, line.position)).differences == []
    assert [each.id for each in invariants() if not each.check().holds] == []


def test_a_plan_could_not_have_a_minimum_over_charges_of_different_prices(story: Story) -> None:
    acme = sold(story, at_least("100"))
    story.on("2026-09-20")
    used(acme, "2026-09-20", "25")
    assert bills(acme) == lines("""
        Platform fee  1  10.00
        requests  25  25.00
        Monthly spend  1  65.00
        total  100.00
    """)


def test_a_month_that_reaches_the_minimum_has_no_line_of_it(story: Story) -> None:
    acme = sold(story, at_least("30"))
    story.on("2026-09-20")
    used(acme, "2026-09-20", "25")
    assert bills(acme).endswith("total  35.00")
    assert not acme.invoice.lines.filter(kind="true_up").exists()


def test_a_plan_could_not_have_a_maximum_over_charges_of_different_prices(story: Story) -> None:
    acme = sold(story, at_most("30"))
    story.on("2026-09-20")
    used(acme, "2026-09-20", "25")
    assert bills(acme).endswith("Monthly spend  1  -5.00\ntotal  30.00")


def test_a_prorated_minimum_is_for_the_time_of_the_subscription(story: Story) -> None:
    plan = story.plan("team", flat("0"), at_least("100", "second"))
    acme = story.on("2026-09-16").account("Acme")
    acme.subscribes(plan)
    assert bills(acme).endswith("total  50.00")


def test_a_minimum_is_due_once_when_the_plan_is_left_and_joined_again(story: Story) -> None:
    """Away from 11 to 21 September: 20 of 30 days, over what both stays were charged."""
    for proration, total in (("day", "60.00"), ("none", "90.00")):
        name = f"plan-{proration}"
        plan = story.plan(name, flat("30.00"), at_least("90", proration))
        acme = story.on("2026-09-01").account(name)
        first = acme.subscribes(plan)
        subscriptions.end(subscription=first, at=instant("2026-09-11"), by=ADA, reason=WHY)
        story.on("2026-09-21")
        acme.subscribes(plan)
        assert bills(acme).endswith(f"total  {total}")
        story.on("2026-09-01")


def test_a_minimum_that_changes_within_the_month_is_that_of_the_last_terms(story: Story) -> None:
    plan = story.plan("team", flat("10.00"), at_least("100", "second"))
    acme = story.on("2026-09-01").account("Acme")
    acme.subscribes(plan)
    later = flat("10.00"), at_least("40", "second")
    revises(story, plan, *later, existing_from="2026-09-16")
    assert bills(acme).endswith("total  40.00")


def test_each_of_two_plans_has_its_own_minimum(story: Story) -> None:
    meter = requests(story)
    one = story.plan("one", flat("10.00"), per_unit(meter, "1"), at_least("50"))
    other = PriceTerms("seat", "Seat", {"model": "flat", "amount": "5"})
    two = story.plan("two", other, PriceTerms("floor", "Floor", at_least("20").definition))
    acme = story.on("2026-09-01").account("Acme")
    acme.subscribes(one)
    acme.subscribes(two)
    assert bills(acme) == lines("""
        Platform fee  1  10.00
        Seat  1  5.00
        Monthly spend  1  40.00
        Floor  1  15.00
        total  70.00
    """)


def test_usage_that_comes_late_goes_into_the_minimum_that_was_billed(story: Story) -> None:
    acme = sold(story, at_least("100"))
    bills(acme)
    used(acme, "2026-09-20", "60")
    assert bills(acme, on="2026-11-01") == lines("""
        Platform fee  1  10.00
        Monthly spend  1  90.00
        Late usage of invoice CF-00000001 · requests  60  60.00
        Late usage of invoice CF-00000001 · Monthly spend  1  -60.00
        total  100.00
    """)
    used(acme, "2026-09-21", "60")
    acme.story.on("2026-12-01").runs_billing()
    confirmed(acme)
    assert september(acme) == 13000


def september(acme: Customer) -> int:
    """All that was billed for September, on its invoice and late."""
    first = acme.invoices[0]
    own = InvoiceLine.objects.filter(invoice=first, corrects=None)
    late = InvoiceLine.objects.filter(corrects=first)
    return sum(line.amount_minor for line in [*own, *late])


def test_late_usage_under_a_minimum_can_be_waived_and_comes_to_nothing(story: Story) -> None:
    acme = sold(story, at_least("100"))
    bills(acme)
    used(acme, "2026-09-20", "60")
    late_usage.waive(invoice=acme.invoice, at=story.at, by=ADA, reason=WHY)
    bills(acme, on="2026-11-01")
    assert september(acme) == 10000


def test_the_bill_so_far_has_the_minimum_and_proves_it(story: Story) -> None:
    acme = sold(story, at_least("100"))
    story.on("2026-09-20")
    used(acme, "2026-09-20", "25")
    bill = month_to_date(acme.account, at=story.at)
    assert bill is not None
    assert bill.total == Money(Decimal(100), "USD")
    assert verify(bill_line_proof(acme.account, bill, 3)).differences == []
    assert [(each.use, each.amount.minor) for each in by_use(bill)][-1] == ("Monthly spend", 6500)
    assert sum(day.amount.minor for day in by_day(bill, at=story.at)) == 10000


def test_a_minimum_can_be_agreed_with_one_subscription(story: Story) -> None:
    acme = sold(story, at_least("100"))
    subscription = acme.account.subscriptions.get()
    agreed = {"model": "all_charges", "minimum": "20"}
    agrees(story, subscription, "spend", since="2026-09-01", **agreed)
    assert bills(acme).endswith("total  20.00")


@pytest.mark.parametrize("more", [{"group_by": ["resource"]}, {"match": {"size": "s"}}])
def test_a_limit_of_all_charges_is_grouped_and_matched_by_nothing(
    story: Story, more: dict[str, Any]
) -> None:
    with pytest.raises(PriceShape, match="prices no usage"):
        story.plan("team", replace(at_least("100"), **more))


def test_what_an_account_pays_beside_its_charges_goes_through_the_same_settlement(
    story: Story,
) -> None:
    """Nothing fills these terms yet; what will is billed, totalled, carried and stored already."""
    acme = sold(story, at_least("100"))
    scope = AccountPeriod(acme.account.pk, september_of(acme), "UTC")
    (plain,) = snapshots([scope])
    assert isinstance(plain, Snapshot)
    terms = AccountTerms(
        discounts=(Discount(Decimal(10), None, "Partner"),),
        grants=(Grant("Welcome", Decimal(20)),),
    )
    snapshot = replace(plain, account_terms=terms)
    assert inputs_digest(snapshot) != inputs_digest(plain)
    found = rated_lines(snapshot)
    assert [(line.description, line.amount_minor) for line in found[-2:]] == [
        ("Partner", -1000),
        ("Welcome", -2000),
    ]
    (draft,) = rated_drafts([scope])
    assert isinstance(draft, InvoiceDraft)
    (draft,) = with_credit([replace(draft, lines=found)])
    assert isinstance(draft, InvoiceDraft)
    assert (draft.subtotal_minor, draft.total_minor) == (7000, 7000)
    assert "\t\\N\t\\N\t" in line_rows(1, found).text


def september_of(acme: Customer) -> Any:
    bill = month_to_date(acme.account, at=instant("2026-09-20"))
    assert bill is not None
    return bill.period


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    least=st.integers(0, 90),
    room=st.integers(0, 60),
    by=st.sampled_from(["none", "day"]),
    days=st.lists(st.integers(1, 30), min_size=2, max_size=6, unique=True),
    used_in=st.lists(st.integers(0, 40), min_size=3, max_size=3),
)
def test_the_bill_run_and_quote_agree_on_a_limit_of_all_charges(
    db: None, least: int, room: int, by: str, days: list[int], used_in: list[int]
) -> None:
    """Acme has the plan from a day until another, and again; requests come in each stay."""
    with django_transaction.atomic():
        story = Story()
        limits: dict[str, Any] = {"minimum": {"amount": str(least), "proration": by}}
        limits["maximum"] = {"amount": str(least + room), "proration": by}
        meter = requests(story)
        plan = story.plan("team", flat("30.00"), per_unit(meter, "1"), of_all(**limits))
        acme = story.on("2026-09-01").account("Acme")
        acme.app("acme-web")
        bounds = [f"2026-09-{day:02}" for day in sorted(days[: len(days) // 2 * 2])]
        spans = list(zip(bounds[::2], bounds[1::2], strict=True))
        for since, until in spans:
            acme.story.on(since)
            acme.subscribes(plan, until=until)
        story.on("2026-10-01")
        for (since, _), quantity in zip(spans, used_in, strict=False):
            used(acme, f"{since}T06:00", str(quantity))
        story.runs_billing()
        billed = sum(invoice.total_minor for invoice in acme.invoices)
        quoted = quote(_quoted(spans, used_in, limits))
        assert Money.from_minor(billed, "USD").amount == Decimal(quoted["total"])
        found = list(shadowed([invoice.pk for invoice in acme.invoices]))
        assert [each.differences for each in found] == [[] for _ in found]
        django_transaction.set_rollback(True)


def _quoted(
    spans: list[tuple[str, str]], used_in: list[int], limits: dict[str, Any]
) -> dict[str, Any]:
    """The month as a pricing document: a fee for each stay, all requests, and the limit of both."""
    gaps = pairwise(spans)
    active = {"from": spans[0][0], "until": spans[-1][1]}
    fees = [
        {"key": since, "price": "fee", "active": {"from": since, "until": until}}
        for since, until in spans
    ]
    calls = {"key": "calls", "price": "calls", "quantity": str(sum(used_in[: len(spans)]))}
    limit = {
        "key": "limit",
        "price": {"model": "all_charges"} | limits,
        "active": active,
        "away": [{"from": before[1], "until": after[0]} for before, after in gaps],
    }
    return {
        "currency": "USD",
        "period": {"from": "2026-09-01", "until": "2026-10-01"},
        "prices": {
            "fee": {"model": "flat", "amount": "30.00"},
            "calls": {"model": "per_unit", "unit_price": "1"},
        },
        "charges": [*fees, calls, limit],
    }
