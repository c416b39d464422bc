"""Worked cases of areas F, H and I: which invoice usage is on, and the day an invoice is issued."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.operations import subscriptions
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.models import LateUsageDecision
from billing.invoicing.operations import late_usage as late
from tests.billing.prices import dyno_month, dyno_seconds, flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines, statement
from usage.models import QuarantinedEvent
from usage.operations import quarantine


def calls(story: Story, since: str, *more: PriceTerms) -> Customer:
    """An account that pays 10 for each request since a day."""
    plan = story.plan("calls", per_unit(requests(story), "10"), *more)
    acme = story.on(since).account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    return acme


def asked(acme: Customer, at: str, quantity: str) -> str:
    """Report requests; the verdict."""
    return acme.uses("router.requests", "acme-web", at, quantity=quantity).outcome.value


def totals(acme: Customer) -> list[int]:
    return [invoice.total_minor for invoice in acme.invoices]


def january_usage_released_on(story: Story, acme: Customer, day: str) -> None:
    """Three requests of 20 January come too late for their source, and are released by decision."""
    story.on(day)
    assert asked(acme, "2026-01-20", "3") == "quarantined"
    held = QuarantinedEvent.objects.get()
    assert held.reason == "too_late"
    quarantine.release([held.pk], at=story.at, by=ADA, reason=WHY)


def test_wF4_usage_of_three_periods_back_is_an_open_item_until_the_next_invoice(
    story: Story,
) -> None:
    """Another system ignores it without a word."""
    acme = calls(story, "2026-01-01")
    for month in ("2026-01", "2026-02", "2026-03"):
        story.on(f"{month}-28")
        asked(acme, f"{month}-05", "1")
    story.on("2026-04-02").runs_billing()
    january = acme.invoices[0]
    assert totals(acme) == [1000, 1000, 1000]
    january_usage_released_on(story, acme, "2026-04-10")
    (open_item,) = late_usage([january])
    assert (open_item.amount_minor, open_item.problem) == (3000, None)

    story.on("2026-05-01").runs_billing()
    assert acme.statement == lines("""
        Late usage of invoice CF-00000001 · requests  3  30.00
        total  30.00
    """)
    assert acme.invoice.lines.get().corrects == january
    (settled,) = late_usage([january])
    assert list(settled.lines) == []


def test_wF4_no_age_makes_late_usage_vanish(story: Story) -> None:
    """Of a month that no run looks back to any more, it waits for a person."""
    acme = calls(story, "2026-01-01", flat("5.00"))
    story.on("2026-12-02").runs_billing()
    january = acme.invoices[0]
    january_usage_released_on(story, acme, "2026-12-10")
    story.on("2027-01-02").runs_billing()
    assert totals(acme) == [500] * 12
    (open_item,) = late_usage([january])
    assert open_item.amount_minor == 3000
    decision = late.waive(invoice=january, at=story.at, by=ADA, reason="Too old to ask for")
    assert decision.amount_minor == 3000


def test_wF5_usage_of_a_closed_month_leaves_its_invoice_alone_and_is_on_the_next(
    story: Story,
) -> None:
    """One system bills it at once, one never, one leaves the invoice frozen and stops there."""
    acme = calls(story, "2026-03-01")
    story.on("2026-04-02")
    asked(acme, "2026-03-05", "5")
    story.runs_billing()
    march = acme.invoice
    before = (statement(march), march.content_sha256)
    story.on("2026-04-03")
    assert asked(acme, "2026-03-31T23:59:59", "3") == "accepted"
    march.refresh_from_db()
    assert totals(acme) == [5000]  # nothing is billed at once
    story.on("2026-05-02").runs_billing()
    assert (statement(acme.invoices[0]), acme.invoices[0].content_sha256) == before
    assert totals(acme) == [5000, 3000]
    assert LateUsageDecision.objects.get().fate == "billed"


def test_wH16_a_contract_that_ends_in_mid_month_leaves_no_day_out_and_none_twice(
    story: Story,
) -> None:
    """The contract covers 1 to 15 January, the direct plan the rest; both on one invoice."""
    meter = dyno_seconds(story)
    contract = story.plan("contract", flat("31.00"), dyno_month(meter, "standard-1x", "62.00"))
    direct = story.plan("direct", flat("62.00"), dyno_month(meter, "standard-1x", "93.00"))
    acme = story.on("2026-01-01").account("Acme")
    acme.app("acme-web")
    agreed = acme.subscribes(contract)
    acme.scales("acme-web", "standard-1x", "1", at="2026-01-01")
    story.on("2026-01-16")
    subscriptions.end(subscription=agreed, at=story.at, by=ADA, reason=WHY)
    acme.subscribes(direct)
    story.on("2026-02-05").runs_billing()

    found = acme.invoice.lines.order_by("kind", "period_from")
    spans = [(line.kind, line.period_from, line.period_until, line.amount_minor) for line in found]
    start, change, end = instant("2026-01-01"), instant("2026-01-16"), instant("2026-02-01")
    assert spans == [
        ("fee", start, change, 1500),
        ("fee", change, end, 3200),
        ("usage", start, change, 3000),
        ("usage", change, end, 4800),
    ]


@pytest.fixture
def october(story: Story) -> Customer:
    """An account that has a plan since October."""
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(plan)
    return acme


@pytest.mark.parametrize(("grace", "day"), [(0, "2026-11-01"), (2, "2026-11-03")])
def test_wI1_an_invoice_is_issued_when_its_grace_is_over(
    story: Story, october: Customer, grace: int, day: str
) -> None:
    waits = timedelta(days=grace)
    story.at = instant(day) - timedelta(microseconds=1)
    assert story.runs_billing(grace=waits).items.count() == 0
    story.on(day).runs_billing(grace=waits)
    assert (october.invoice.issued_at, october.invoice.state) == (instant(day), "issued")


def test_wI2_grace_moves_the_day_of_issue_and_never_the_period(
    story: Story, october: Customer
) -> None:
    """The date another system keeps is here the end of the period, 1 November."""
    story.on("2026-11-03").runs_billing(grace=timedelta(days=2))
    assert october.invoice.period_until == instant("2026-11-01")
    assert october.invoice.issued_at == instant("2026-11-03")
    assert str(october.invoice.due_on) == "2026-12-03"


def test_wI4_within_grace_usage_reaches_the_draft_and_the_new_month_stays_out(
    story: Story,
) -> None:
    acme = calls(story, "2026-01-01")
    story.on("2026-02-01").runs_billing(issues=False)
    story.on("2026-02-02")
    asked(acme, "2026-01-11", "2")
    asked(acme, "2026-02-02", "7")
    story.runs_billing(issues=False)
    assert (acme.invoice.state, acme.invoice.total_minor) == ("draft", 2000)
    story.on("2026-02-04").runs_billing(grace=timedelta(days=3))
    assert (acme.invoice.state, acme.invoice.total_minor) == ("issued", 2000)
    story.on("2026-03-04").runs_billing(grace=timedelta(days=3))
    assert totals(acme) == [2000, 7000]


def test_wI5_twelve_hours_of_grace_end_at_noon(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-07-01").account("Acme")
    acme.subscribes(plan)
    half_a_day = timedelta(hours=12)
    assert story.on("2026-08-01T11:59:59").runs_billing(grace=half_a_day).items.count() == 0
    story.on("2026-08-01T12:00").runs_billing(grace=half_a_day)
    issued: datetime | None = acme.invoice.issued_at
    assert issued == instant("2026-08-01T12:00")
