"""What stands on a line is what was rated: no quantity, price or sentence that is not its own."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.catalogue.operations.plans import PriceTerms
from tests.billing.prices import flat, per_unit
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import WHY, Customer
from usage.models import Event
from usage.operations import event_corrections


@pytest.fixture
def payer(platform: Platform) -> Customer:
    """Somebody who joined on 21 March: jobs at 10.00 and 12 % off, builds of which 10 are free."""
    story = platform.story
    discounted = per_unit(
        story.meter("jobs", unit="job"),
        "10",
        unit="job",
        discounts=[{"percent": "12", "name": "contract"}],
    )
    allowed = per_unit(story.meter("builds", unit="build"), "2", unit="build", included="10")
    each = {"model": "per_unit", "unit_price": "3", "unit": "copy"}
    copies = PriceTerms("copies", "Copies", each, story.meter("copies"), group_by=["resource"])
    whole = {"model": "flat", "amount": "25", "proration": "none"}
    fee = PriceTerms("fee", "Platform fee", whole)
    plan = story.plan("jobs", discounted, allowed, copies, fee)
    payer = story.on("2026-03-21").account("Payer")
    payer.app("payer-web")
    payer.subscribes(plan)
    story.on("2026-04-01")
    payer.uses("jobs", "payer-web", "2026-03-25", quantity="3")
    payer.uses("builds", "payer-web", "2026-03-25", quantity="14")
    payer.uses("copies", "payer-web", "2026-03-25", quantity="4")
    story.runs_billing(account_ids=[payer.account.pk])
    return payer


def invoice_of(customer: Customer, client: Client) -> str:
    return words(client.get(f"/invoices/{customer.invoice.number}/lines/").content)


def why(customer: Customer, client: Client, description: str) -> str:
    line = customer.invoice.lines.get(description__endswith=description)
    url = f"/invoices/{customer.invoice.number}/lines/{line.position}/explain/"
    return words(client.get(url).content)


def test_a_minimum_of_all_charges_is_told_by_what_they_come_to(
    platform: Platform, support: Client
) -> None:
    story = platform.story
    least = {"model": "all_charges", "minimum": "100"}
    plan = story.plan("least", flat("10.00"), PriceTerms("spend", "Monthly minimum", least))
    zed = story.on("2026-04-01").account("Zed")
    zed.subscribes(plan)
    story.on("2026-05-01").runs_billing(account_ids=[zed.account.pk])
    page = why(zed, support, "Monthly minimum")
    assert (
        "All charges of the plan come to $10.00, and at least $100.00 is due for them. "
        "This line is $90.00."
    ) in page


def test_the_records_show_no_quantity_of_a_discount_either(
    payer: Customer, support: Client
) -> None:
    lines = {line.kind: line for line in payer.invoice.lines.filter(description__contains="jobs")}
    listed = words(support.get(f"/admin/invoicing/invoiceline/?q={payer.invoice.number}").content)
    assert "1 jobs 3 job 30.00 USD" in listed
    assert "jobs · discount -3.60 USD" in listed
    for kind in ("usage", "discount"):
        page = words(support.get(f"/admin/invoicing/invoiceline/{lines[kind].pk}/change/").content)
        assert ("Quantity: 3 job" in page) is (kind == "usage")
        assert "Quantity: 1" not in page


def test_a_discount_has_no_quantity_and_no_unit_price_of_the_line_it_is_taken_off(
    payer: Customer, support: Client
) -> None:
    page = invoice_of(payer, support)

    assert "jobs 21–31 Mar 2026 3 jobs $10.00 $30.00" in page
    assert "jobs · discount 21–31 Mar 2026 12 % off $30.00 −$3.60" in page


def test_an_allowance_stands_on_its_line(payer: Customer, support: Client) -> None:
    page = invoice_of(payer, support)

    assert "builds 21–31 Mar 2026 4 builds 14 used, 10 included $2.00 $8.00" in page


def test_a_line_that_takes_back_shows_what_it_takes_back_and_no_quantity_of_its_own(
    payer: Customer, support: Client
) -> None:
    story = payer.story
    event = Event.objects.get(resource__platform_id="payer-web", type__name="copies")
    event_corrections.void(event.key, at=story.at, by=ADA, reason=WHY)
    story.on("2026-05-01").runs_billing(account_ids=[payer.account.pk])

    page = invoice_of(payer, support)

    assert "Copies · reversal 21–31 Mar 2026 billed before, taken back −$12.00" in page
    assert "1 copy" not in page


def test_a_line_that_only_takes_back_does_not_say_that_the_price_charges_by_itself(
    payer: Customer, support: Client
) -> None:
    story = payer.story
    event = Event.objects.get(resource__platform_id="payer-web", type__name="copies")
    event_corrections.void(event.key, at=story.at, by=ADA, reason=WHY)
    story.on("2026-05-01").runs_billing(account_ids=[payer.account.pk])

    page = why(payer, support, "reversal")

    assert "Nothing is left of this usage" in page
    assert "charges by itself" not in page


def test_a_fee_for_part_of_the_month_says_that_it_is_due_in_full(
    payer: Customer, support: Client
) -> None:
    page = why(payer, support, "Platform fee")

    assert "The whole fee is due, although this line is for 21–31 Mar 2026 only" in page
    assert "No proration" not in page


def test_usage_of_part_of_the_month_says_that_only_what_was_used_counts(
    payer: Customer, support: Client
) -> None:
    page = why(payer, support, "builds")

    assert "Only usage of 21–31 Mar 2026 counts; the price of a unit stays the same." in page


def test_a_whole_month_has_no_word_about_parts(platform: Platform, support: Client) -> None:
    line = platform.invoice.lines.get(description="Platform fee")
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/"

    assert "No discount, cap or minimum." in words(support.get(url).content)


def test_a_price_by_the_tier_reached_is_not_called_tiered(
    platform: Platform, support: Client
) -> None:
    story = platform.story
    reached = [{"up_to": "10", "unit_price": "5"}, {"unit_price": "4", "fee": "1"}]
    packs = {"model": "volume", "tiers": reached}
    plan = story.plan(
        "packs", PriceTerms("packs", "Packs", packs, story.meter("packs", unit="pack"))
    )
    customer = story.on("2026-04-01").account("Packer")
    customer.app("packer-web")
    customer.subscribes(plan)
    story.on("2026-05-01")
    customer.uses("packs", "packer-web", "2026-04-25", quantity="14")
    story.runs_billing(account_ids=[customer.account.pk])

    page = invoice_of(customer, support)

    assert "Packs 14 by tier reached $57.00" in page
