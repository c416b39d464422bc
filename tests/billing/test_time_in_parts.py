"""What is due for time, in months of parts: gaps are none of it, and no time is billed twice."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.models import Plan
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.operations import subscriptions
from billing.invoicing.models import InvoiceLine
from billing.invoicing.proofs.shadow import shadowed
from tests.billing.catalogue.changes import revises
from tests.billing.prices import requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines
from usage.models import Meter


def fee(amount: str, **document: Any) -> PriceTerms:
    return PriceTerms("pool", "Pool", {"model": "flat", "amount": amount} | document)


def calls(meter: Meter, **document: Any) -> PriceTerms:
    return PriceTerms("calls", "Calls", {"model": "per_unit", "unit_price": "1"} | document, meter)


def stays(acme: Customer, plan: Plan, since: str, until: str | None = None) -> None:
    subscriptions.start(
        account=acme.account,
        plan=plan,
        at=instant(since),
        until=None if until is None else instant(until),
        by=ADA,
        reason=WHY,
    )


def joins(story: Story, plan: Plan, *stays_of: tuple[str, str | None]) -> Customer:
    """Acme, with the plan from days until days of September."""
    acme = story.on("2026-09-01").account("Acme")
    acme.app("acme-web")
    for since, until in stays_of:
        stays(acme, plan, f"2026-09-{since}", until and f"2026-09-{until}")
    return acme


def bills(acme: Customer) -> str:
    """The invoice of September, which the second rater must confirm."""
    acme.story.on("2026-10-01").runs_billing()
    (found,) = shadowed([acme.invoice.pk])
    assert found.differences == []
    return acme.statement


def test_a_gap_counted_as_time_for_the_allowance(story: Story) -> None:
    """Two thirds of the month: 200 of 300 are free."""
    meter = requests(story)
    included = {"quantity": "300", "proration": "day"}
    plan = story.plan("calls", calls(meter, included=included))
    acme = joins(story, plan, ("01", "11"), ("21", None))
    acme.story.on("2026-10-01")
    acme.uses("router.requests", "acme-web", "2026-09-22", quantity="240")
    assert bills(acme) == lines("""
        Calls  40  40.00
        total  40.00
    """)


def test_a_gap_counted_as_time_for_the_maximum_and_the_minimum(story: Story) -> None:
    meter = requests(story)
    for limit, total in (("maximum", "200.00"), ("minimum", "240.00")):
        price = calls(meter, **{limit: {"amount": "300", "proration": "day"}})
        plan = story.plan(limit, price)
        acme = story.on("2026-09-01").account(limit)
        acme.app(f"{limit}-web")
        stays(acme, plan, "2026-09-01", "2026-09-11")
        stays(acme, plan, "2026-09-21")
        acme.story.on("2026-10-01")
        acme.uses("router.requests", f"{limit}-web", "2026-09-22", quantity="240")
        assert bills(acme).endswith(f"total  {total}")


def test_a_month_that_moved_from_a_whole_to_a_prorated_fee_paid_both(story: Story) -> None:
    plan = story.plan("pool", fee("30", proration="none"))
    acme = joins(story, plan, ("01", None))
    revises(story, plan, fee("60"), existing_from="2026-09-16")
    assert bills(acme) == lines("""
        Pool  1  30.00
        total  30.00
    """)


def test_a_whole_fee_in_arrears_pays_for_the_time_after_it_too(story: Story) -> None:
    plan = story.plan("pool", fee("30", proration="none", billed="arrears"))
    acme = joins(story, plan, ("01", None))
    revises(story, plan, fee("60"), existing_from="2026-09-16")
    assert bills(acme).endswith("total  30.00")


def test_a_prorated_fee_before_a_whole_one_is_due_for_its_time(story: Story) -> None:
    plan = story.plan("pool", fee("30"))
    acme = joins(story, plan, ("01", None))
    revises(story, plan, fee("60", proration="none"), existing_from="2026-09-16")
    assert bills(acme) == lines("""
        Pool  1  15.00
        Pool  1  60.00
        total  75.00
    """)


def test_a_discount_was_given_by_a_prorated_fee_and_by_the_whole_one_after_it(story: Story) -> None:
    off = [{"amount": "10", "name": "Welcome"}]
    plan = story.plan("pool", fee("30", discounts=off))
    acme = joins(story, plan, ("01", None))
    revises(story, plan, fee("60", proration="none", discounts=off), existing_from="2026-09-16")
    assert bills(acme).endswith("total  65.00")


@pytest.mark.parametrize(
    ("first", "then", "total"),
    [("none", "second", "50.00"), ("second", "none", "75.00"), ("none", "none", "50.00")],
)
def test_seats_that_were_paid_for_the_month_are_not_paid_for_a_part_of_it_again(
    story: Story, first: str, then: str, total: str
) -> None:
    """Ten seats at 5.00 all month: whole, whole again, or half of it by time."""
    meter = story.meter("seats", aggregation="latest", event_type="router.requests")
    seats = {"unit_price": "5", "model": "per_unit"}
    plan = story.plan("seats", calls(meter, **seats, proration=first))
    acme = joins(story, plan, ("01", None))
    later = calls(meter, **seats, proration=then, unit="seat")
    revises(story, plan, later, existing_from="2026-09-16")
    acme.story.on("2026-10-01")
    for day in ("02", "20"):
        acme.uses("router.requests", "acme-web", f"2026-09-{day}", quantity="10")
    assert bills(acme).endswith(f"total  {total}")


FEES = (
    {"amount": "30", "proration": "none"},
    {"amount": "60", "proration": "day"},
    {"amount": "90", "proration": "second"},
    {"amount": "120", "proration": "none"},
    {"amount": "150", "proration": "thirty_day_month"},
)


@dataclass(frozen=True)
class Part:
    """A fee from a day of September until another; of 30 days, so every share is exact."""

    terms: dict[str, str]
    since: int
    until: int


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    which=st.lists(st.integers(0, len(FEES) - 1), min_size=2, max_size=2),
    days=st.lists(st.integers(1, 30), min_size=2, max_size=8, unique=True),
    changes=st.integers(2, 29),
)
def test_a_month_of_parts_pays_every_time_once(
    db: None, which: list[int], days: list[int], changes: int
) -> None:
    """The plan has the first fee until a day and the second from then on; Acme comes and goes."""
    with django_transaction.atomic():
        story = Story()
        early, late = (FEES[each] for each in which)
        plan = story.plan("pool", fee(**early))
        acme = story.on("2026-09-01").account("Acme")
        if early != late:
            at = f"2026-09-{changes:02}"
            revises(story.on(at), plan, fee(**late), existing_from=at)
        bounds = sorted(days[: len(days) // 2 * 2])
        parts = []
        for since, until in zip(bounds[::2], bounds[1::2], strict=True):
            stays(acme, plan, f"2026-09-{since:02}", f"2026-09-{until:02}")
            parts.append(Part(early, since, min(until, changes)))
            parts.append(Part(late, max(since, changes), until))
        story.on("2026-10-01").runs_billing()
        issued = [invoice.pk for invoice in acme.invoices]
        billed = InvoiceLine.objects.filter(invoice__in=issued)
        assert sum(line.amount_minor for line in billed) == _due(parts) * 100
        assert [found.differences for found in shadowed(issued)] == [[] for _ in issued]
        django_transaction.set_rollback(True)


def _due(parts: list[Part]) -> Fraction:
    """A whole fee once, by the first terms that have one; time before it as it passes."""
    due, is_paid = Fraction(0), False
    for part in parts:
        if part.since >= part.until or is_paid:
            continue
        is_paid = part.terms["proration"] == "none"
        share = Fraction(1) if is_paid else Fraction(part.until - part.since, 30)
        due += Fraction(part.terms["amount"]) * share
    return due
