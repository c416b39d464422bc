"""The second rater over issued invoices: 0.00, whatever kind of price; and it sees a wrong cent."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.invariants.shadow import second_rater_agrees
from billing.invoicing.models import Invoice
from billing.invoicing.proofs.shadow import shadowed
from tests.billing.catalogue.changes import agrees, revises
from tests.billing.prices import dyno_month, dyno_seconds, flat, requests
from tests.story import Story
from tests.tampering import guards_off

TIERS = [{"up_to": "100", "unit_price": "0.10", "fee": "1"}, {"unit_price": "0.05"}]
PRICES: dict[str, dict[str, Any]] = {
    "per_unit": {"model": "per_unit", "unit_price": "0.333", "included": "10"},
    "graduated": {"model": "graduated", "tiers": TIERS, "discounts": [{"percent": "12.5"}]},
    "volume": {"model": "volume", "tiers": TIERS},
    "package": {"model": "package", "size": "7", "price": "1.11"},
    "capped": {"model": "per_unit", "unit_price": "1", "maximum": "55.55"},
    "minimum": {"model": "per_unit", "unit_price": "0.01", "minimum": "99.99"},
    "minimum_per_account": {
        "model": "per_unit",
        "unit_price": "0.01",
        "minimum": {"amount": "20", "per": "account"},
    },
    "committed": {
        "model": "per_unit",
        "unit_price": "2",
        "commitment": {"quantity": "500", "overage_factor": "1.5"},
    },
    "converted": {
        "model": "per_unit",
        "unit_price": "3",
        "convert": {"divide_by": "1000", "round": "up", "decimals": 2},
    },
    "matrix": {
        "model": "matrix",
        "dimensions": ["region"],
        "cells": [
            {"match": {"region": "eu/west"}, "unit_price": "0.7"},
            {"match": {}, "price": {"model": "graduated", "tiers": TIERS}},
        ],
    },
}


def billed(story: Story, document: dict[str, Any], later: dict[str, Any] | None = None) -> Invoice:
    """April's invoice of two apps; with `later` the price changes on the 16th."""
    meter = story.meter("calls", dimensions=("region",))
    groups = ["resource", "region"]
    terms = PriceTerms("calls", "Calls", document, meter, group_by=groups)
    plan = story.plan("calls", terms, flat("9.99"))
    acme = story.on("2026-04-01").account("Acme")
    for app in ("web", "api"):
        acme.app(app)
    acme.subscribes(plan)
    if later is not None:
        new = PriceTerms("calls", "Calls", later, meter, group_by=groups)
        revises(story, plan, new, flat("19.99"), existing_from="2026-04-16")
    story.on("2026-05-01")
    for day, app, region, quantity in (
        ("2026-04-02", "web", "eu/west", "73.5"),
        ("2026-04-03", "api", "us", "151"),
        ("2026-04-20", "web", "us", "33.25"),
        ("2026-04-20", "web", "eu/west", "90"),
    ):
        acme.uses("calls", app, day, quantity=quantity, region=region)
    story.runs_billing()
    return acme.invoice


@pytest.mark.parametrize("name", PRICES)
def test_every_kind_of_price_agrees(story: Story, name: str):
    invoice = billed(story, PRICES[name])
    (shadow,) = shadowed([invoice.pk])
    assert (shadow.differences, str(shadow.delta.amount)) == ([], "0.00")
    assert shadow.line_count == invoice.lines.count() > 1


@pytest.mark.parametrize("later", PRICES)
@pytest.mark.parametrize("name", ["per_unit", "graduated", "volume", "capped", "minimum"])
def test_a_period_split_between_any_two_prices_agrees(story: Story, name: str, later: str):
    (shadow,) = shadowed([billed(story, PRICES[name], PRICES[later]).pk])
    assert (shadow.differences, str(shadow.delta.amount)) == ([], "0.00")


def test_agreed_prices_dynos_and_late_usage_agree(story: Story):
    seconds, calls = dyno_seconds(story), requests(story)
    prices = [
        dyno_month(seconds, "standard-1x", "25.00"),
        PriceTerms("calls", "Calls", PRICES["graduated"], calls),
        flat("7.77"),
    ]
    acme = story.on("2026-03-11T07:30").account("Acme", anchor="2026-03-01")
    plan = story.plan("heroku", *prices)
    acme.app("web")
    subscription = acme.subscribes(plan)
    agrees(story, subscription, "fee", since="2026-03-20", model="flat", amount="5.55")
    acme.scales("web", "standard-1x", "3", at="2026-03-11T08:00")
    story.on("2026-04-02")
    acme.uses("router.requests", "web", "2026-03-20", quantity="90")
    story.on("2026-04-03").runs_billing()
    acme.uses("router.requests", "web", "2026-03-21", quantity="30")
    story.on("2026-05-02").runs_billing()
    assert Invoice.objects.filter(lines__corrects__isnull=False).exists()
    shadows = list(shadowed([invoice.pk for invoice in acme.invoices]))
    assert [(shadow.agrees, shadow.differences) for shadow in shadows] == [(True, [])] * 2
    assert second_rater_agrees().holds


def overcharge(invoice: Invoice) -> None:
    """A cent more on a line and on the total, past every trigger."""
    with guards_off("invoicing_invoiceline", "invoicing_invoice") as cursor:
        cursor.execute(
            "UPDATE invoicing_invoiceline SET amount_minor = amount_minor + 1 WHERE kind = 'fee'"
        )
        cursor.execute(
            "UPDATE invoicing_invoice SET subtotal_minor = subtotal_minor + 1,"
            " total_minor = total_minor + 1"
        )
    invoice.refresh_from_db()


def test_a_wrong_cent_is_seen_and_named(story: Story):
    invoice = billed(story, PRICES["per_unit"])
    overcharge(invoice)
    (shadow,) = shadowed([invoice.pk])
    assert [(each.stored_minor, each.shadow_minor) for each in shadow.differences] == [(1000, 999)]
    assert str(shadow.delta.amount) == "-0.01"
    result = second_rater_agrees()
    assert (result.violations, result.sample_ids) == (1, (invoice.public_id,))


def test_lines_that_cannot_be_worked_out_are_a_difference(story: Story):
    invoice = billed(story, PRICES["per_unit"])
    with guards_off("invoicing_invoiceline") as cursor:
        cursor.execute("UPDATE invoicing_invoiceline SET explanation = '[9]'")
    (shadow,) = shadowed([invoice.pk])
    assert not shadow.agrees
    assert "cannot be worked out" in shadow.differences[0].detail


def run_command(*arguments: str) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("shadow_rate", *arguments, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return code, out.getvalue().strip()


def test_the_command_says_0_00_and_ends_well(story: Story):
    billed(story, PRICES["graduated"])
    code, text = run_command()
    assert (code, text.splitlines()[-1]) == (
        0,
        "1 invoices, 7 lines, 0 differ; difference 0.00 USD",
    )


def test_the_command_names_what_differs_and_fails(story: Story):
    invoice = billed(story, PRICES["per_unit"])
    overcharge(invoice)
    code, text = run_command()
    assert code == 1
    assert f"{invoice.number} " in text
    assert "invoice 1000, second rater 999" in text
    code, text = run_command("--json")
    assert (code, json.loads(text)["difference"]) == (1, {"USD": "-0.01"})


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--since", "2026-05-01", "--until", "2026-05-02"], 1),
        (["--since", "2026-05-02"], 0),
        (["--until", "2026-05-01"], 0),
        (["--account", "acc_nobody"], 0),
    ],
)
def test_the_command_looks_at_what_is_asked_for(story: Story, options: list[str], count: int):
    billed(story, PRICES["per_unit"])
    assert run_command(*options, "--json")[1].startswith(f'{{"invoices": {count},')


def test_more_invoices_cost_no_more_queries(story: Story):
    plan = story.plan("team", flat("1.00"))
    for name in "ABC":
        story.on("2026-01-01").account(name).subscribes(plan)
    story.on("2026-04-01").runs_billing()
    with CaptureQueriesContext(connection) as captured:
        assert all(
            each.agrees for each in shadowed(list(Invoice.objects.values_list("pk", flat=True)))
        )
    assert len(captured) == 3
