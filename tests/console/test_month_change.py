"""An invoice beside the one before it, price by price; the differences add up to the cent."""

from __future__ import annotations

from django.test import Client

from billing.invoicing.queries.month_change import month_change
from tests.console.platform import Platform
from tests.console.test_invoice_page import words


def test_the_differences_of_the_prices_sum_to_that_of_the_invoices(
    platform: Platform, support: Client
) -> None:
    platform.story.on("2026-05-12T11:30")
    platform.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")
    platform.story.on("2026-06-02").runs_billing()
    may = platform.acme.invoice

    change = month_change(may)

    assert change is not None
    assert sum(each.delta.minor for each in change.rows) == change.delta.minor
    page = words(support.get(f"/invoices/{may.number}/").content)
    assert "Dyno $100.00 $150.00 +$50.00" in page
    assert "Late usage of earlier periods $0.00 $0.40 +$0.40" in page
    assert "Platform fee $10.00 $10.00 the same" in page
    assert "Subtotal $110.60 $160.40 +$49.80" in page


def test_a_first_invoice_has_nothing_to_be_set_against(platform: Platform) -> None:
    assert month_change(platform.invoice) is None
