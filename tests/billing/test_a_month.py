"""Whole months, from events to the issued invoice, as a customer would read them."""

import pytest

from billing.invoicing.models import Invoice
from tests.billing.prices import dyno_month, dyno_seconds, flat, per_unit, requests
from tests.story import Story, lines, statement


def test_a_dyno_that_runs_all_month_costs_its_monthly_price(story: Story) -> None:
    plan = story.plan("heroku", dyno_month(dyno_seconds(story), "standard-1x", "25.00"))
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.scales("acme-web", "standard-1x", "1", at="2026-03-01T00:00")
    acme.scales("acme-web", "standard-1x", "1", at="2026-03-17T09:30")  # restarted
    story.runs_billing()
    assert acme.statement == lines("""
        Dyno · standard-1x  1 dyno-month  25.00
        total  25.00
    """)


def test_scaling_up_for_half_a_month_costs_half_a_month(story: Story) -> None:
    plan = story.plan("heroku", dyno_month(dyno_seconds(story), "standard-2x", "50.00"))
    story.on("2026-04-01")
    acme = story.account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-05-01")
    acme.scales("acme-web", "standard-2x", "1", at="2026-04-01T00:00")
    acme.scales("acme-web", "standard-2x", "3", at="2026-04-16T00:00")
    story.runs_billing()
    assert acme.statement == lines("""
        Dyno · standard-2x  2 dyno-month  100.00
        total  100.00
    """)


def test_a_month_in_the_accounts_own_zone_starts_and_ends_at_its_midnights(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    story.on("2026-02-01")
    acme = story.account("Acme", zone="America/Los_Angeles")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-01T07:59:59", quantity="100")  # 28 Feb
    acme.uses("router.requests", "acme-web", "2026-03-01T08:00", quantity="200")  # 1 March
    acme.uses("router.requests", "acme-web", "2026-04-01T06:59:59", quantity="300")  # 31 March
    story.runs_billing()
    assert [statement(invoice) for invoice in acme.invoices] == [
        "requests  100  1.00\ntotal  1.00",
        "requests  500  5.00\ntotal  5.00",
    ]


def test_a_subscription_from_mid_month_pays_its_fee_to_the_second(story: Story) -> None:
    plan = story.plan("team", flat("30.00"))
    story.on("2026-04-16")
    acme = story.account("Acme")
    acme.subscribes(plan)
    story.on("2026-05-01").runs_billing()
    assert acme.invoice.total_minor == 1500


def test_an_app_handed_over_is_billed_to_each_owner_for_its_seconds(story: Story) -> None:
    plan = story.plan("heroku", dyno_month(dyno_seconds(story), "standard-1x", "30.00"))
    story.on("2026-04-01")
    acme, globex = story.account("Acme"), story.account("Globex")
    app = acme.app("shop")
    acme.subscribes(plan)
    globex.subscribes(plan)
    acme.scales("shop", "standard-1x", "1", at="2026-04-01T00:00")
    acme.hands_over(app, globex, at="2026-04-11T00:00")
    story.on("2026-05-01").runs_billing()
    assert acme.invoice.total_minor == 1000  # 10 of 30 days
    assert globex.invoice.total_minor == 2000


def test_usage_without_a_price_parks_the_account_and_never_stops_the_run(story: Story) -> None:
    meter = dyno_seconds(story)
    plan = story.plan("heroku", dyno_month(meter, "standard-1x", "25.00"))
    story.on("2026-03-01")
    acme, globex = story.account("Acme"), story.account("Globex")
    for customer, app in ((acme, "acme-web"), (globex, "globex-web")):
        customer.app(app)
        customer.subscribes(plan)
    story.on("2026-04-01")
    acme.scales("acme-web", "mega-99x", "1", at="2026-03-01T00:00")
    globex.scales("globex-web", "standard-1x", "1", at="2026-03-01T00:00")
    run = story.runs_billing()
    parked = run.items.get(state="parked")
    assert parked.account == acme.account
    assert parked.parked_code == "usage_without_price"
    assert "dyno-seconds size=mega-99x" in parked.parked_reason
    assert globex.invoice.state == Invoice.State.ISSUED
    assert acme.invoices == []


def test_an_account_without_usage_or_fee_gets_no_invoice(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.subscribes(plan)
    run = story.on("2026-04-01").runs_billing()
    assert acme.invoices == []
    assert run.items.get().state == "empty"


def test_months_nobody_billed_are_caught_up_oldest_first(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    story.on("2026-01-01")
    acme = story.account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-02").runs_billing()
    assert [(str(i.period_from.date()), i.number) for i in acme.invoices] == [
        ("2026-01-01", "CF-00000001"),
        ("2026-02-01", "CF-00000002"),
        ("2026-03-01", "CF-00000003"),
    ]


@pytest.mark.parametrize("again", [1, 3])
def test_running_again_changes_nothing(story: Story, again: int) -> None:
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    before = (acme.invoice.number, Invoice.history.count())
    for _ in range(again):
        assert story.runs_billing().items.count() == 0
    assert (acme.invoice.number, Invoice.history.count()) == before


def test_grace_keeps_a_period_open_for_late_usage(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01T23:00")
    assert story.plans_a_run().items.count() == 0  # 24 hours are not over
    story.on("2026-04-02")
    assert story.plans_a_run().items.count() == 1
