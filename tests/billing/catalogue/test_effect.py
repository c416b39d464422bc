"""The effect of a version before it is published: how many, how much, who most; nothing saved."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.catalogue.models import Plan, PlanVersion
from billing.invoicing.models import BillRun, Invoice
from billing.publishing.queries.effects import effect
from core.money import Money
from tests.billing.catalogue.changes import agrees, drafts
from tests.billing.prices import flat, per_unit, requests
from tests.story import Customer, Story
from usage.models import Meter


@pytest.fixture
def meter(story: Story) -> Meter:
    return requests(story)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def customers(story: Story, meter: Meter, *used: str) -> list[Customer]:
    """Accounts on one plan that used so much in the first week of April."""
    plan = story.plan("calls", per_unit(meter, "1.00"), flat("10.00"))
    found = []
    story.on("2026-04-01")
    for number in range(1, len(used) + 1):
        customer = story.account(f"Customer {number}")
        customer.app(f"app-{number}")
        customer.subscribes(plan)
        found.append(customer)
    story.on("2026-04-08")
    for number, (customer, quantity) in enumerate(zip(found, used, strict=True), start=1):
        if quantity != "0":
            customer.uses("router.requests", f"app-{number}", "2026-04-03", quantity=quantity)
    return found


def draft(story: Story, meter: Meter, price: str, fee: str = "10.00") -> PlanVersion:
    plan = Plan.objects.get()
    return drafts(story, plan, per_unit(meter, price), flat(fee))


def test_it_counts_subscriptions_and_money_at_this_months_usage(story: Story, meter: Meter):
    customers(story, meter, "5", "100", "0")
    found = effect(draft(story, meter, "1.50"), story.at)
    assert (found.subscription_count, found.account_count, found.changed_count) == (3, 3, 2)
    assert (found.before, found.after, found.delta) == (usd("135.00"), usd("187.50"), usd("52.50"))
    assert [(each.account.name, each.before, each.after) for each in found.top] == [
        ("Customer 2", usd("110.00"), usd("160.00")),
        ("Customer 1", usd("15.00"), usd("17.50")),
    ]


def test_a_bill_that_falls_counts_as_much_as_one_that_rises(story: Story, meter: Meter):
    customers(story, meter, "5", "100")
    found = effect(draft(story, meter, "1.10", fee="7.00"), story.at, top=1)
    assert [(each.account.name, each.delta) for each in found.top] == [("Customer 2", usd("7.00"))]
    assert found.delta == usd("4.50")


def test_agreed_prices_stay_in_force(story: Story, meter: Meter):
    (customer,) = customers(story, meter, "100")
    agrees(
        story,
        customer.account.subscriptions.get(),
        "requests",
        since="2026-04-01",
        model="per_unit",
        unit_price="0.10",
    )
    found = effect(draft(story, meter, "9.00", fee="11.00"), story.at)
    assert (found.before, found.after) == (usd("20.00"), usd("21.00"))


def test_those_who_ended_or_have_another_plan_are_not_asked(story: Story, meter: Meter):
    (customer,) = customers(story, meter, "1")
    other = story.plan("team", flat("5.00"))
    story.account("Other").subscribes(other)
    story.account("Gone").subscribes(Plan.objects.get(code="calls"), until="2026-04-09")
    story.on("2026-04-10")
    version = drafts(story, Plan.objects.get(code="calls"), per_unit(meter, "2.00"))
    found = effect(version, story.at)
    assert (found.account_count, [each.account.name for each in found.top]) == (
        1,
        [customer.account.name],
    )


def test_an_account_that_cannot_be_rated_is_named_and_left_out(story: Story, meter: Meter):
    customers(story, meter, "5", "0")
    version = drafts(story, Plan.objects.get(), flat("20.00"))
    found = effect(version, story.at)
    assert [
        (each.account.name, "No price covers requests" in each.problem) for each in found.unrated
    ] == [("Customer 1", True)]
    assert (found.before, found.after) == (usd("10.00"), usd("20.00"))


def test_nothing_is_saved(story: Story, meter: Meter):
    customers(story, meter, "5")
    effect(draft(story, meter, "2.00"), story.at)
    assert not Invoice.objects.exists()
    assert not BillRun.objects.exists()


def test_more_accounts_cost_no_more_queries(story: Story, meter: Meter):
    customers(story, meter, *["1"] * 12)
    version = draft(story, meter, "2.00")
    effect(version, story.at)
    with CaptureQueriesContext(connection) as captured:
        assert effect(version, story.at).account_count == 12
    # Who has the plan, draft prices, names, calendars, and a dozen for each of the two ratings.
    assert len(captured) <= 32
