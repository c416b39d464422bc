"""What is once a period is so in whatever parts an account has a price: changes, coming back."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.models import Plan
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.operations import subscriptions
from billing.invoicing.proofs.shadow import shadowed
from billing.rating import quote
from core.money import Money
from tests.billing.catalogue.changes import revises
from tests.billing.prices import requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines
from usage.models import Meter


def fee(amount: str, **document: Any) -> PriceTerms:
    return PriceTerms(
        code="pool",
        name="Pool",
        definition={"model": "flat", "amount": amount, "proration": "none"} | document,
    )


def calls(meter: Meter, **document: Any) -> PriceTerms:
    return PriceTerms(code="calls", name="Calls", meter=meter, definition=document)


def joins(story: Story, plan: Plan, name: str = "Acme") -> Customer:
    acme = story.account(name)
    acme.app("acme-web")
    acme.subscribes(plan)
    return acme


def stays(acme: Customer, plan: Plan, since: str, until: str | None = None) -> None:
    """Have a plan again, from an instant until another."""
    subscriptions.start(
        account=acme.account,
        plan=plan,
        at=instant(since),
        until=None if until is None else instant(until),
        by=ADA,
        reason=WHY,
    )


def leaves(acme: Customer, at: str) -> None:
    running = acme.account.subscriptions.get(ended_at=None)
    subscriptions.end(subscription=running, at=instant(at), by=ADA, reason=WHY)


def used(acme: Customer, *days_and_quantities: tuple[str, str]) -> None:
    acme.story.on("2026-10-01")
    for day, quantity in days_and_quantities:
        acme.uses("router.requests", "acme-web", day, quantity=quantity)


def bills(acme: Customer) -> str:
    """The invoice of September, which the second rater must confirm."""
    acme.story.on("2026-10-01").runs_billing()
    (found,) = shadowed([acme.invoice.pk])
    assert found.differences == []
    return acme.statement


def test_BL3_a_fee_that_is_not_prorated_was_billed_again_after_a_price_change(story: Story) -> None:
    plan = story.plan("pool", fee("5"))
    acme = joins(story.on("2026-09-01"), plan)
    revises(story, plan, fee("6"), existing_from="2026-09-16")
    assert bills(acme) == lines("""
        Pool  1  5.00
        total  5.00
    """)


def test_a_fee_in_arrears_is_that_of_the_last_terms(story: Story) -> None:
    plan = story.plan("pool", fee("5", billed="arrears"))
    acme = joins(story.on("2026-09-01"), plan)
    revises(story, plan, fee("6", billed="arrears"), existing_from="2026-09-16")
    assert bills(acme) == lines("""
        Pool  1  6.00
        total  6.00
    """)


def test_a_fee_was_billed_again_after_leaving_and_coming_back(story: Story) -> None:
    plan = story.plan("pool", fee("5"))
    acme = joins(story.on("2026-09-01"), plan)
    leaves(acme, "2026-09-05")
    stays(acme, plan, "2026-09-10", "2026-09-12")
    stays(acme, plan, "2026-09-20")
    assert bills(acme) == lines("""
        Pool  1  5.00
        total  5.00
    """)


def test_a_free_month_of_a_fee_stays_free_when_the_price_rises_within_it(story: Story) -> None:
    plan = story.plan("pool", fee("0"))
    acme = joins(story.on("2026-09-01"), plan)
    revises(story, plan, fee("6"), existing_from="2026-09-16")
    acme.story.on("2026-11-01").runs_billing()
    assert [invoice.total_minor for invoice in acme.invoices if invoice.total_minor] == [600]


def test_an_allowance_was_granted_anew_by_leaving_and_rejoining(story: Story) -> None:
    meter = requests(story)
    plan = story.plan("calls", calls(meter, model="per_unit", unit_price="1", included="100"))
    acme = joins(story.on("2026-09-01"), plan)
    leaves(acme, "2026-09-10")
    stays(acme, plan, "2026-09-15")
    used(acme, ("2026-09-02", "90"), ("2026-09-20", "90"))
    assert bills(acme) == lines("""
        Calls  80  80.00
        total  80.00
    """)


def test_the_cheap_tier_was_had_twice_by_moving_to_another_plan_and_back(story: Story) -> None:
    meter = requests(story)
    tiers = [{"up_to": "10", "unit_price": "0", "fee": "3"}, {"unit_price": "1"}]
    plan = story.plan("a", calls(meter, model="graduated", tiers=tiers))
    other = story.plan("b", calls(meter, model="per_unit", unit_price="2"))
    acme = joins(story.on("2026-09-01"), plan)
    leaves(acme, "2026-09-10")
    stays(acme, other, "2026-09-10", "2026-09-20")
    stays(acme, plan, "2026-09-20")
    used(acme, ("2026-09-02", "8"), ("2026-09-12", "4"), ("2026-09-22", "5"))
    assert bills(acme) == lines("""
        Calls  8  3.00
        Calls  4  8.00
        Calls  5  5.00
        total  16.00
    """)


def test_a_month_that_moved_to_a_price_with_a_tier_fee_never_paid_it(story: Story) -> None:
    meter = requests(story)
    plan = story.plan("calls", calls(meter, model="per_unit", unit_price="1"))
    acme = joins(story.on("2026-09-01"), plan)
    tiers = [{"up_to": "5", "unit_price": "10", "fee": "100"}, {"unit_price": "5"}]
    revises(story, plan, calls(meter, model="graduated", tiers=tiers), existing_from="2026-09-16")
    used(acme, ("2026-09-02", "3"), ("2026-09-20", "1"))
    assert bills(acme) == lines("""
        Calls  3  3.00
        Calls  1  110.00
        total  113.00
    """)


def test_a_maximum_for_the_account_counts_both_stays_once(story: Story) -> None:
    meter = requests(story)
    limit = {"amount": "25", "per": "account"}
    price = calls(meter, model="per_unit", unit_price="1", maximum=limit)
    plan = story.plan("calls", price)
    acme = joins(story.on("2026-09-01"), plan)
    leaves(acme, "2026-09-10")
    stays(acme, plan, "2026-09-15")
    used(acme, ("2026-09-02", "20"), ("2026-09-20", "20"))
    assert bills(acme) == lines("""
        Calls  20  20.00
        Calls  20  20.00
        Calls · cap  1  -15.00
        total  25.00
    """)


def test_a_minimum_was_due_for_each_stay(story: Story) -> None:
    meter = requests(story)
    plan = story.plan("calls", calls(meter, model="per_unit", unit_price="1", minimum="30"))
    acme = joins(story.on("2026-09-01"), plan)
    leaves(acme, "2026-09-10")
    stays(acme, plan, "2026-09-15")
    used(acme, ("2026-09-02", "8"), ("2026-09-20", "8"))
    assert bills(acme).endswith("total  30.00")


@pytest.mark.parametrize("is_prorated", [True, False])
def test_T20_a_fixed_discount_was_given_for_each_part(story: Story, *, is_prorated: bool) -> None:
    proration = "second" if is_prorated else "none"
    off = [{"amount": "4", "name": "Welcome"}]
    plan = story.plan("pool", fee("30", proration=proration, discounts=off))
    acme = joins(story.on("2026-09-01"), plan)
    new = fee("60", proration=proration, discounts=off)
    revises(story, plan, new, existing_from="2026-09-16")
    total = "41.00" if is_prorated else "26.00"
    assert bills(acme).endswith(f"total  {total}")


def test_a_plan_beside_another_is_no_part_of_it(story: Story) -> None:
    plan, other = story.plan("a", fee("5")), story.plan("b", fee("7"))
    acme = joins(story.on("2026-09-01"), plan)
    stays(acme, other, "2026-09-10", "2026-09-20")
    assert bills(acme) == lines("""
        Pool  1  5.00
        Pool  1  7.00
        total  12.00
    """)


def test_what_later_terms_took_back_cost_more_than_was_ever_paid(story: Story) -> None:
    """Six seats until the 16th, four at the end: two are undone at the price they had."""
    meter = story.meter("seats", aggregation="latest", event_type="router.requests")
    plan = story.plan("seats", calls(meter, model="per_unit", unit_price="1", maximum="5"))
    acme = joins(story.on("2026-09-01"), plan)
    dear = calls(meter, model="per_unit", unit_price="100")
    revises(story, plan, dear, existing_from="2026-09-16")
    used(acme, ("2026-09-02", "6"), ("2026-09-20", "4"))
    assert bills(acme) == lines("""
        Calls  4  4.00
        total  4.00
    """)


PRICES: list[dict[str, Any]] = [
    {"model": "per_unit", "unit_price": "2", "included": "7"},
    {"model": "per_unit", "unit_price": "1", "maximum": "11", "minimum": "4"},
    {"model": "per_unit", "unit_price": "3", "discounts": [{"amount": "9"}, {"percent": "50"}]},
    {
        "model": "per_unit",
        "unit_price": "2",
        "commitment": {"quantity": "8", "overage_factor": "2"},
    },
    {"model": "package", "size": "5", "price": "4"},
    {
        "model": "graduated",
        "tiers": [{"up_to": "6", "unit_price": "3", "fee": "10"}, {"unit_price": "1", "fee": "5"}],
    },
    {"model": "volume", "tiers": [{"up_to": "9", "unit_price": "3"}, {"unit_price": "2"}]},
]

Stay = tuple[int, bool, bool, int]
"""The plan, whether days pass before it, whether its price rises within it, and what is used."""


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    prices=st.lists(st.sampled_from(PRICES), min_size=4, max_size=4),
    stays_of=st.lists(
        st.tuples(st.integers(0, 1), st.booleans(), st.booleans(), st.integers(0, 9)),
        min_size=1,
        max_size=5,
    ),
)
def test_the_bill_run_and_quote_agree_on_whatever_an_account_does(
    db: None, prices: list[dict[str, Any]], stays_of: list[Stay]
) -> None:
    """Plans A and B; from the 12th on each has its second price, for who is there and who joins."""
    with django_transaction.atomic():
        story = Story()
        meter = requests(story)
        plans = [story.plan(name, calls(meter, **prices[n])) for n, name in enumerate("ab")]
        acme = story.on("2026-09-01").account("Acme")
        acme.app("acme-web")
        for plan, later in zip(plans, prices[2:], strict=True):
            terms = calls(meter, **later)
            revises(story.on("2026-09-12"), plan, terms, existing_from="2026-09-12")
        parts = _lives(acme, plans, prices, stays_of)
        acme.story.on("2026-10-01").runs_billing()
        quoted = _quoted(parts)
        assert [
            (line.kind, str(Money.from_minor(line.amount_minor, "USD").amount))
            for invoice in acme.invoices
            for line in invoice.lines.order_by("position")
            if line.amount_minor
        ] == quoted
        found = list(shadowed([invoice.pk for invoice in acme.invoices]))
        assert [each.differences for each in found] == [[] for _ in found]
        django_transaction.set_rollback(True)


def _lives(
    acme: Customer, plans: list[Plan], prices: list[dict[str, Any]], stays_of: list[Stay]
) -> list[tuple[dict[str, Any], int]]:
    """Let the account come and go and use something each time; what it used by which price."""
    day, parts = 1, []
    for number, is_away, is_long, quantity in stays_of:
        start = day + (2 if is_away else 0)
        day = start + (6 if is_long else 2)
        begins, ends = f"2026-09-{start:02}", f"2026-09-{min(day, 30):02}"
        if start >= 30:
            break
        stays(acme, plans[number], begins, ends)
        parts += _used_in(acme, [prices[number], prices[number + 2]], start, min(day, 30), quantity)
    return parts


def _used_in(
    acme: Customer, terms: list[dict[str, Any]], start: int, end: int, quantity: int
) -> list[tuple[dict[str, Any], int]]:
    spans = [(start, min(end, 12), terms[0]), (max(start, 12), end, terms[1])]
    parts = []
    acme.story.on("2026-10-01")
    for since, until, price in spans:
        if since < until:
            at = f"2026-09-{since:02}T06:00"
            acme.uses("router.requests", "acme-web", at, quantity=str(quantity))
            parts.append((price, quantity))
    is_one = len(parts) > 1 and terms[0] == terms[1]  # its terms did not change
    return [(terms[0], 2 * quantity)] if is_one else parts


def _quoted(parts: list[tuple[dict[str, Any], int]]) -> list[tuple[str, str]]:
    """What `quote` makes of the parts one after the other, each told what was billed before."""
    found: list[tuple[str, str]] = []
    billed, reached, waiting = Decimal(0), 0, 0
    fees, discounts = False, Decimal(0)
    by: list[dict[str, Any]] = []
    for number, (price, quantity) in enumerate(parts):
        document: dict[str, Any] = {"currency": "USD", "price": price}
        document |= {"quantity": str(quantity + waiting), "final": number == len(parts) - 1}
        if by:
            already: dict[str, Any] = {"quantity": str(reached), "amount": str(billed)}
            if any(each != price for each in by):
                already["other_terms"] = {"fees": fees, "discounts": str(discounts)}
            document["already_billed"] = already
        answer = quote(document)
        told = [line for line in answer["lines"] if Decimal(line["amount"])]
        found += [(line["kind"], line["amount"]) for line in told]
        if price["model"] == "volume":
            waiting += quantity
            continue
        by.append(price)
        reached, waiting = reached + quantity + waiting, 0
        billed += Decimal(answer["total"])
        fees |= any("fee" in str(line["explanation"]) for line in told) and "tiers" in price
        for line in told:
            if "fixed_discount" in str(line["explanation"]):
                discounts -= Decimal(line["amount"])
    return found
