"""Prices agreed with one subscription: a layer of their own, told on the line, never lost."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.billed_time import TimeBilled
from billing.catalogue.operations.drafts import PriceNotFound
from billing.contracts.models import PriceOverride
from billing.contracts.operations import agreed_prices
from billing.invoicing.models import BillRunItem
from billing.invoicing.operations import invoices
from billing.rating import cards_of, expand
from tests.billing.catalogue.changes import agrees, clears, revises
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, lines


@pytest.fixture
def acme(story: Story) -> Customer:
    """An account that has a plan for 24.95 a month since 15 September 2025."""
    plan = story.plan("team", flat("24.95"))
    customer = story.on("2025-09-15").account("Acme", anchor="2025-09-15")
    customer.subscribes(plan)
    return customer


def subscription(customer: Customer) -> Any:
    return customer.account.subscriptions.get()


def totals(customer: Customer) -> list[int]:
    return [invoice.total_minor for invoice in customer.invoices]


def test_wI10_a_discount_for_three_months_and_then_the_price(story: Story, acme: Customer):
    agrees(
        story,
        subscription(acme),
        "fee",
        since="2025-09-15",
        until="2025-12-15",
        model="flat",
        amount="4.95",
    )
    story.on("2026-01-15").runs_billing()
    assert totals(acme) == [495, 495, 495, 2495]


def test_wI11_a_trial_of_ten_days(story: Story):
    plan = story.plan("team", flat("24.95"))
    customer = story.on("2025-09-10").account("Acme", anchor="2025-09-20")
    trial = customer.subscribes(plan)
    agrees(story, trial, "fee", since="2025-09-10", until="2025-09-20", model="flat", amount="0")
    story.on("2025-10-20").runs_billing()
    trial_days = BillRunItem.objects.get(
        account=customer.account, period_until__lte="2025-09-21T00:00Z"
    )
    assert (trial_days.state, trial_days.empty_because) == ("empty", "free")
    assert totals(customer) == [2495]


def test_the_line_says_what_was_agreed_by_whom_and_why(story: Story, acme: Customer):
    override = agrees(
        story, subscription(acme), "fee", since="2025-09-15", model="flat", amount="4.95"
    )
    story.on("2025-10-15").runs_billing()
    line = acme.invoice.lines.get()
    assert acme.statement == "Platform fee · agreed price  1  4.95\ntotal  4.95"
    assert line.price_override == override
    words = cards_of(expand(line.explanation), "USD")["price"]
    assert words[0] == (
        f"Agreed for this subscription alone since 2025-09-15 by {ADA.name}: Contract 17"
    )


def test_rating_again_never_loses_it(story: Story, acme: Customer):
    agrees(story, subscription(acme), "fee", since="2025-09-15", model="flat", amount="4.95")
    story.on("2025-10-15").runs_billing(issues=False)
    revises(story, subscription(acme).plan, flat("99.00"), existing_from="2025-10-16")
    story.runs_billing(issues=False)
    assert totals(acme) == [495]
    story.on("2025-11-15").runs_billing()
    assert totals(acme) == [495, 495]


def test_agreeing_rebuilds_the_draft(story: Story, acme: Customer):
    story.on("2025-10-15").runs_billing(issues=False)
    agrees(story, subscription(acme), "fee", since="2025-09-15", model="flat", amount="4.95")
    story.runs_billing(issues=False)
    assert totals(acme) == [495]


def test_cleared_the_plans_price_counts_to_the_second(story: Story, acme: Customer):
    override = agrees(
        story, subscription(acme), "fee", since="2025-09-15", model="flat", amount="30.00"
    )
    clears(story, override, "2025-09-25")
    story.on("2025-10-15").runs_billing()
    assert acme.statement == lines("""
        Platform fee · agreed price  1  10.00
        Platform fee  1  16.63
        total  26.63
    """)


def test_an_agreed_usage_price_goes_on_in_the_tiers_of_the_plan(story: Story):
    meter = requests(story)
    plan = story.plan("calls", per_unit(meter, "1.00", included="100"))
    customer = story.on("2026-04-01").account("Acme")
    customer.app("acme-web")
    agrees(
        story,
        customer.subscribes(plan),
        "requests",
        since="2026-04-16T12:00",
        model="per_unit",
        unit_price="0.50",
        included="100",
    )
    story.on("2026-05-01")
    customer.uses("router.requests", "acme-web", "2026-04-16T11:59", quantity="90")
    customer.uses("router.requests", "acme-web", "2026-04-16T12:00", quantity="30")
    story.runs_billing()
    assert customer.statement == "requests · agreed price  20  10.00\ntotal  10.00"


def test_every_change_is_on_record_with_who_and_why(story: Story, acme: Customer):
    override = agrees(
        story, subscription(acme), "fee", since="2025-09-15", model="flat", amount="4.95"
    )
    clears(story, override, "2025-12-15")
    changes = PriceOverride.history.filter(id=override.pk).order_by("history_id")
    assert [(row.actor_name, row.history_change_reason) for row in changes] == [
        (ADA.name, "Contract 17"),
        (ADA.name, WHY),
    ]


@pytest.mark.parametrize(
    ("code", "document", "refused"),
    [
        ("no-such", {"model": "flat", "amount": "1"}, PriceNotFound),
        ("fee", {"model": "per_unit", "unit_price": "1"}, agreed_prices.OtherKindOfPrice),
    ],
)
def test_what_cannot_stand_for_the_price_is_refused(
    story: Story, acme: Customer, code: str, document: dict[str, str], refused: type[Exception]
):
    with pytest.raises(refused):
        agrees(story, subscription(acme), code, since="2025-09-15", **document)


def test_two_agreed_prices_never_hold_at_once(story: Story, acme: Customer):
    fee = {"model": "flat", "amount": "4.95"}
    agrees(story, subscription(acme), "fee", since="2025-09-15", until="2025-12-15", **fee)
    with pytest.raises(agreed_prices.AlreadyAgreed):
        agrees(story, subscription(acme), "fee", since="2025-12-14", **fee)
    agrees(story, subscription(acme), "fee", since="2025-12-15", **fee)


def test_what_is_billed_is_not_agreed_otherwise(story: Story, acme: Customer):
    fee = {"model": "flat", "amount": "4.95"}
    override = agrees(story, subscription(acme), "fee", since="2025-09-15", **fee)
    story.on("2025-10-15").runs_billing()
    with pytest.raises(TimeBilled):
        clears(story, override, "2025-10-14")
    clears(story, override, "2025-10-15")
    with pytest.raises(TimeBilled):
        agrees(story, subscription(acme), "fee", since="2025-10-01", **fee)


@pytest.mark.parametrize("until", ["2025-09-14", "2025-12-15", "2026-01-01"])
def test_an_agreement_is_only_made_shorter(story: Story, acme: Customer, until: str):
    override = agrees(
        story,
        subscription(acme),
        "fee",
        since="2025-09-15",
        until="2025-12-15",
        model="flat",
        amount="4.95",
    )
    with pytest.raises(agreed_prices.OutsideAgreement):
        clears(story, override, until)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contracts_priceoverride SET definition = '{}'",
        "UPDATE contracts_priceoverride SET valid_from = '2020-01-01'",
        "UPDATE contracts_priceoverride SET reason = 'another'",
        "DELETE FROM contracts_priceoverride",
    ],
)
def test_the_database_keeps_what_was_agreed(story: Story, acme: Customer, change: str):
    agrees(story, subscription(acme), "fee", since="2025-09-15", model="flat", amount="4.95")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_an_issued_invoice_keeps_the_agreed_price_in_its_hash(story: Story, acme: Customer):
    agrees(story, subscription(acme), "fee", since="2025-09-15", model="flat", amount="4.95")
    story.on("2025-10-15").runs_billing(issues=False)
    (issued,) = invoices.issue(invoice_ids=[acme.invoice.pk], at=story.at, by=ADA, reason=WHY)
    assert issued.content_sha256
    story.runs_billing()
    assert totals(acme) == [495]
