"""Bills of calls whose tiers count every party's calls together, each at the price of its party."""

from typing import Any

import pytest

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.invariants.shadow import second_rater_agrees
from billing.invoicing.queries.month_to_date import month_to_date
from billing.invoicing.queries.proofs import invoice_line_proof
from billing.publishing.queries.publication import version_cautions
from billing.verifier.proofs import verify
from tests.billing.catalogue.changes import drafts
from tests.story import Customer, Story, lines
from usage.models import Meter

CALLS: dict[str, Any] = {
    "model": "matrix",
    "dimensions": {"party": ["first", "third"]},
    "tiers_count": "all",
    "cells": [
        {
            "match": {"party": "first"},
            "price": {
                "model": "graduated",
                "tiers": [{"up_to": "1000", "unit_price": "0.12"}, {"unit_price": "0.10"}],
            },
        },
        {
            "match": {"party": "third"},
            "price": {
                "model": "graduated",
                "tiers": [{"up_to": "1000", "unit_price": "0.15"}, {"unit_price": "0.12"}],
            },
        },
    ],
}


@pytest.fixture
def calls(story: Story) -> Meter:
    return story.meter("calls", value_property="count", dimensions=("party",))


@pytest.fixture
def acme(story: Story, calls: Meter) -> Customer:
    plan = story.plan("calls", PriceTerms("calls", "Calls", CALLS, calls))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    return acme


def test_calls_are_billed_in_the_order_they_happened_however_late_they_were_told(
    story: Story, acme: Customer
) -> None:
    story.on("2026-05-01")
    acme.uses("calls", "acme-web", "2026-04-09", party="third", count="1000")
    acme.uses("calls", "acme-web", "2026-04-02", party="first", count="11")
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  1011  150.99
        total  150.99
    """)
    assert second_rater_agrees().holds
    assert verify(invoice_line_proof(acme.invoice, 1)).is_identical


def test_a_call_of_a_closed_month_changes_who_paid_the_lower_tier(
    story: Story, acme: Customer
) -> None:
    story.on("2026-05-01")
    acme.uses("calls", "acme-web", "2026-04-09", party="third", count="1000")
    story.runs_billing()
    assert str(acme.invoice.total.amount) == "150.00"
    acme.uses("calls", "acme-web", "2026-04-02", party="first", count="11")
    story.on("2026-06-01").runs_billing()
    assert [str(invoice.total.amount) for invoice in acme.invoices] == ["150.00", "0.99"]
    assert second_rater_agrees().holds


def test_the_bill_so_far_counts_them_together(story: Story, acme: Customer) -> None:
    story.on("2026-04-20")
    acme.uses("calls", "acme-web", "2026-04-02", party="first", count="990")
    acme.uses("calls", "acme-web", "2026-04-03", party="third", count="20")
    bill = month_to_date(acme.account, at=story.at)
    assert bill is not None
    assert [line.amount_minor for line in bill.lines] == [121_50]


def test_a_party_without_a_price_parks_the_account(story: Story, acme: Customer) -> None:
    story.on("2026-05-01")
    acme.uses("calls", "acme-web", "2026-04-02", party="nobody", count="1")
    parked = story.runs_billing().items.get(state="parked")
    assert "no cell for party=nobody" in parked.parked_reason


def test_counting_apart_what_counts_together_is_cautioned(
    story: Story, acme: Customer, calls: Meter
) -> None:
    plan = acme.account.subscriptions.get().plan
    apart = PriceTerms("calls", "Calls", CALLS, calls, group_by=("party",))
    version = drafts(story, plan, apart)
    cautions = [each.code for each in version_cautions(version, at=story.at)]
    assert cautions == ["dimension_grouped", "no_worked_case"]
