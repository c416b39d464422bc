"""What is billed is closed: every change that is given a date, before and at its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.billed_time import TimeBilled
from accounts.operations import payers, profiles, resources
from accounts.operations.profiles import ProfileTerms
from billing.catalogue.models import Plan
from billing.contracts.billability import BillableGate
from billing.contracts.operations import agreed_prices, subscriptions
from billing.contracts.operations.agreed_prices import AgreedPrice
from billing.invoicing.billed_time import billed_time, billed_until
from billing.invoicing.models import BilledSpan, BillRunItem, Invoice
from billing.invoicing.operations import bill_runs, invoices
from billing.invoicing.operations.invoices import PeriodNotOver
from billing.invoicing.queries.due import due_periods
from core.periods import Period
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines

DONE: dict[str, Any] = {"by": ADA, "reason": WHY}


@pytest.fixture
def plan(story: Story) -> Plan:
    return story.plan("calls", per_unit(requests(story), "10"), flat("5.00"))


@pytest.fixture
def acme(story: Story, plan: Plan) -> Customer:
    """An account whose March and April are issued; today is 10 May."""
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-05-02").runs_billing()
    story.on("2026-05-10")
    return acme


def revise(acme: Customer, at: str) -> None:
    terms = ProfileTerms("Acme Ltd", "America/New_York")
    profiles.revise(account=acme.account, terms=terms, at=instant(at), **DONE)


def assign(acme: Customer, at: str) -> None:
    payer = acme.story.on("2026-03-01").account("Parent")
    payers.assign(account=acme.account, payer=payer.account, at=instant(at), **DONE)


def hand_over(acme: Customer, at: str) -> None:
    other = acme.story.on("2026-03-01").account("Globex")
    app = acme.account.ownerships.get().resource
    resources.transfer(resource=app, to=other.account, at=instant(at), **DONE)


def take_over(acme: Customer, at: str) -> None:
    other = acme.story.on("2026-03-01").account("Globex")
    resources.transfer(resource=other.app("globex-web"), to=acme.account, at=instant(at), **DONE)


def subscribe(acme: Customer, at: str) -> None:
    plan = acme.story.plan("more", flat("1.00"))
    subscriptions.start(account=acme.account, plan=plan, at=instant(at), **DONE)


def end(acme: Customer, at: str) -> None:
    subscriptions.end(subscription=acme.account.subscriptions.get(), at=instant(at), **DONE)


def agree(acme: Customer, at: str) -> None:
    price = AgreedPrice("requests", {"model": "per_unit", "unit_price": "8"}, instant(at))
    agreed_prices.agree(
        subscription=acme.account.subscriptions.get(), price=price, at=instant(at), **DONE
    )


CHANGES = [
    (revise, "valid_from"),
    (assign, "paid_from"),
    (hand_over, "owned_from"),
    (take_over, "owned_from"),
    (subscribe, "started_at"),
    (end, "ended_at"),
    (agree, "valid_from"),
]


@pytest.mark.parametrize(("change", "field"), CHANGES)
@pytest.mark.parametrize("at", ["2026-03-15", "2026-04-15", "2026-04-30T23:59:59"])
def test_a_change_that_reaches_into_billed_time_is_refused_with_the_first_possible_instant(
    acme: Customer, change: Callable[[Customer, str], None], field: str, at: str
) -> None:
    with pytest.raises(TimeBilled, match="first possible instant is 2026-05-01 00:00") as refused:
        change(acme, at)
    assert refused.value.field == field
    assert refused.value.context["first_allowed"] == "2026-05-01T00:00:00+00:00"


@pytest.mark.parametrize(("change", "field"), CHANGES)
def test_the_first_instant_after_what_is_billed_is_possible(
    acme: Customer, change: Callable[[Customer, str], None], field: str
) -> None:
    change(acme, "2026-05-01")
    acme.story.on("2026-07-02").runs_billing()
    assert not BillRunItem.objects.filter(state="parked").exists()
    starts = [each.period_from for each in acme.invoices]
    ends = [each.period_until for each in acme.invoices]
    assert starts[1:] == ends[:-1]


def test_an_agreed_price_is_not_cleared_into_a_billed_month(acme: Customer) -> None:
    agree(acme, "2026-05-01")
    acme.story.on("2026-06-02").runs_billing()
    override = acme.account.subscriptions.get().price_overrides.get()
    with pytest.raises(TimeBilled, match="2026-06-01 00:00"):
        agreed_prices.clear(
            override=override, valid_until=instant("2026-05-20"), at=acme.story.at, **DONE
        )


def test_resources_registered_late_are_a_correction_and_not_refused(acme: Customer) -> None:
    acme.story.on("2026-03-05")
    acme.app("acme-worker")
    acme.story.on("2026-05-11")
    acme.uses("router.requests", "acme-worker", "2026-04-06", quantity="1")
    acme.story.on("2026-06-02").runs_billing()
    assert acme.statement == lines("""
        Platform fee  1  5.00
        Late usage of invoice CF-00000002 · requests  1  10.00
        total  15.00
    """)


@pytest.fixture
def holed(story: Story) -> Customer:
    """An account whose March was left out of the run that issued its April."""
    plan = story.plan("calls", per_unit(requests(story), "10"), flat("5.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-05-02")
    run = story.plans_a_run()
    march = run.items.get(period_from=instant("2026-03-01"))
    run.items.filter(pk=march.pk).delete()
    while claimed := bill_runs.claim_chunk(at=story.at):
        bill_runs.work(chunk=claimed, at=story.at)
    return acme


def test_a_month_before_an_issued_one_does_not_count_as_billed(
    story: Story, holed: Customer
) -> None:
    """April is billed, March is not."""
    pk = holed.account.pk
    april = Period(instant("2026-04-01"), instant("2026-05-01"))
    assert billed_time([pk]) == {pk: [april]}
    due = due_periods(as_of=story.at, grace=timedelta(0)).periods
    assert [each.period.start for each in due] == [instant("2026-03-01")]
    gate = BillableGate()
    meter_id = holed.account.subscriptions.get().plan_version.prices.get(code="requests").meter_id
    asked: dict[str, Any] = {"account_id": pk, "meter_id": meter_id, "dimensions": "[{}, {}]"}
    assert gate(**asked, occurred_at=instant("2026-03-31T23:59")) is None
    found = gate(**asked, occurred_at=instant("2026-04-15"))
    assert found is not None
    assert found.code == "late"
    assert gate(**asked, occurred_at=instant("2026-05-01")) is None
    price = AgreedPrice(
        "requests",
        {"model": "per_unit", "unit_price": "8"},
        instant("2026-03-01"),
        instant("2026-04-01"),
    )
    subscription = holed.account.subscriptions.get()
    agreed_prices.agree(subscription=subscription, price=price, at=story.at, **DONE)
    with pytest.raises(TimeBilled, match="2026-05-01"):
        revise(holed, "2026-03-15")
    holed.uses("router.requests", "acme-web", "2026-03-15", quantity="1")
    story.runs_billing()
    assert [each.total_minor for each in holed.invoices] == [1300, 500]
    assert billed_until([pk]) == {pk: april.end}
    assert BilledSpan.objects.count() == 1


def test_an_empty_month_is_settled_and_not_due_again(story: Story) -> None:
    """13 months of nothing: each run plans what has ended since the last."""
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2025-03-01").account("Acme")
    acme.subscribes(plan)
    planned = []
    for month in range(4, 10):
        run = story.on(f"2025-{month:02}-02").runs_billing()
        planned.append((run.items.count(), run.items.get().state))
    assert planned == [(1, "empty")] * 6
    assert billed_until([acme.account.pk]) == {acme.account.pk: instant("2025-09-01")}
    assert BilledSpan.objects.count() == 1
    with pytest.raises(TimeBilled):
        revise(acme, "2025-08-15")


def test_a_run_that_leaves_drafts_closes_nothing(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2025-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2025-04-02").runs_billing(issues=False)
    assert not BilledSpan.objects.exists()
    revise(acme, "2025-03-15")


def test_a_draft_takes_the_ends_that_a_new_zone_gives_its_period(story: Story, plan: Plan) -> None:
    """The header of an invoice once ended before its line did."""
    acme = story.on("2026-03-01T05:00").account("Acme", zone="America/New_York")
    acme.subscribes(plan)
    story.on("2026-05-02").runs_billing(issues=False)
    revise_to(acme, "Asia/Kathmandu", at="2026-03-20")
    story.runs_billing()
    march, april = acme.invoices
    assert (march.period_until, march.zone) == (instant("2026-03-31T18:15"), "America/New_York")
    assert april.period_from == march.period_until
    assert all(
        (line.period_from, line.period_until) == (invoice.period_from, invoice.period_until)
        for invoice in (march, april)
        for line in invoice.lines.all()
    )
    assert Invoice.objects.filter(state="draft").count() == 0


def revise_to(acme: Customer, zone: str, *, at: str) -> None:
    terms = ProfileTerms("Acme Ltd", zone)
    profiles.revise(account=acme.account, terms=terms, at=instant(at), **DONE)


def test_no_invoice_is_issued_before_its_period_has_ended(story: Story, plan: Plan) -> None:
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-02").runs_billing(issues=False)
    with pytest.raises(PeriodNotOver):
        invoices.issue(invoice_ids=[acme.invoice.pk], at=instant("2026-03-31T23:59"), **DONE)
    assert acme.invoice.is_draft
