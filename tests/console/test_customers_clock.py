"""What is said to a customer is said on their clock, in dates, hours and days, and adds up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Resource
from accounts.permissions import Role
from billing.catalogue.operations.plans import PriceTerms
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_explain_page import DYNO
from tests.console.test_invoice_page import words
from tests.story import Customer
from usage.models import Event


def addon_in(platform: Platform, zone: str) -> Customer:
    """Somebody with a Redis add-on from the 6th of a month, 23:17 on their clock, on."""
    story = platform.story
    seconds = story.meter(
        "addon-seconds",
        name="Add-on time",
        unit="addon-second",
        aggregation="duration",
        event_type="addon.changed",
        dimensions=("plan",),
        state_key=("plan",),
    )
    price = PriceTerms(
        "addons",
        "Redis Premium-0",
        {
            "model": "per_unit",
            "unit": "add-on month",
            "unit_price": "15.00",
            "convert": {"divide_by": "period_seconds"},
        },
        seconds,
        group_by=["resource"],
    )
    fee = PriceTerms("fee", "Support", {"model": "flat", "amount": "31", "proration": "second"})
    plan = story.plan("addons", price, fee)
    customer = story.on("2025-12-31").account("Blaue Stunde", zone=zone, anchor="2020-01-01")
    customer.resource("redis-1", kind="addon")
    customer.subscribes(plan)
    return customer


@pytest.fixture
def berlin(platform: Platform) -> Customer:
    return addon_in(platform, "Europe/Berlin")


@pytest.fixture
def approver(platform: Platform) -> Client:
    return client_of(person("ada", Role.FINANCE_APPROVER))


def runs(customer: Customer, since: str, *, billed: str) -> None:
    story = customer.story.on(billed)
    customer.uses("addon.changed", "redis-1", since, plan="premium-0", quantity="1")
    story.runs_billing(account_ids=[customer.account.pk])


def line_page(customer: Customer, client: Client, description: str) -> str:
    invoice = customer.invoice
    line = invoice.lines.get(description=description)
    url = f"/invoices/{invoice.number}/lines/{line.position}/explain/"
    return client.get(url).content.decode()


def told(customer: Customer, client: Client, description: str) -> str:
    invoice = customer.invoice
    line = invoice.lines.get(description=description)
    url = f"/invoices/{invoice.number}/lines/{line.position}/explain/"
    return str(client.get(url).context["for_customer"])


def test_an_addon_is_said_to_have_run_from_a_date_and_hour_of_the_customers_clock(
    berlin: Customer, support: Client
) -> None:
    runs(berlin, "2026-01-06T22:17", billed="2026-02-02")

    assert told(berlin, support, "Redis Premium-0") == (
        "Redis Premium-0 on redis-1, 1–31 Jan 2026: $12.11\n"
        "\n"
        "It ran from 6 Jan, 23:17 to the end of 31 Jan, about 25.03 of 31 days.\n"
        "$15.00 × about 25.03 ÷ 31 = $12.11."
    )


def test_the_days_shown_are_as_exact_as_the_sum_needs(berlin: Customer, support: Client) -> None:
    runs(berlin, "2026-01-06T22:17", billed="2026-02-02")

    text = told(berlin, support, "Redis Premium-0")

    days = text.split("× about ")[1].split(" ÷")[0]
    redis = berlin.invoice.lines.get(description="Redis Premium-0")
    assert round(1500 * Decimal(days) / 31) == redis.amount_minor


def test_a_month_with_a_change_of_clock_is_told_in_hours_and_says_why(
    berlin: Customer, support: Client
) -> None:
    runs(berlin, "2026-03-20T22:00", billed="2026-04-02")

    text = told(berlin, support, "Redis Premium-0")

    assert "It ran from 20 Mar, 23:00 to the end of 31 Mar, 264 of 743 hours." in text
    assert "$15.00 × 264 ÷ 743 = $5.33." in text
    assert (
        "The clock in Europe/Berlin goes forward by 1 h on 29 Mar, so the period has 743 hours."
        in text
    )


def test_several_dynos_are_told_stretch_by_stretch(platform: Platform, support: Client) -> None:
    line = platform.invoice.lines.get(description=DYNO)
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/"

    assert support.get(url).context["for_customer"] == (
        "Dyno · standard-2x on acme-web, 1–30 Apr 2026: $100.00\n"
        "\n"
        "1 × web, standard-2x ran from the start of 1 Apr to 16 Apr, 00:00, 15 days.\n"
        "3 × web, standard-2x ran from 16 Apr, 00:00 to the end of 30 Apr, 15 days.\n"
        "Together that is 60 days; the period has 30.\n"
        "$50.00 × 60 ÷ 30 = $100.00."
    )


def test_a_fee_for_part_of_a_month_says_which_days(platform: Platform, support: Client) -> None:
    customer = addon_in(platform, "UTC")
    left = customer.story.on("2026-01-21").account("Left early")
    left.subscribes(customer.account.subscriptions.get().plan)
    left.story.on("2026-02-02").runs_billing(account_ids=[left.account.pk])

    assert told(left, support, "Support") == (
        "Support, 21–31 Jan 2026: $11.00\n"
        "\n"
        "It was due from 21 Jan, 00:00 to the end of 31 Jan, 11 of 31 days.\n"
        "$31.00 × 11 ÷ 31 = $11.00."
    )


def test_a_page_shows_the_accounts_clock_with_utc_below_it(
    berlin: Customer, support: Client
) -> None:
    runs(berlin, "2026-01-06T22:17", billed="2026-02-02")

    page = words(line_page(berlin, support, "Redis Premium-0").encode())

    assert "6 Jan 2026, 23:17:00 6 Jan 2026, 22:17:00 UTC" in page
    assert "Times are those of Europe/Berlin, the account’s clock" in page


def test_the_events_of_an_app_are_on_its_owners_clock(berlin: Customer, support: Client) -> None:
    runs(berlin, "2026-01-06T22:17", billed="2026-02-02")
    redis = Resource.objects.get(platform_id="redis-1")

    page = words(
        support.get("/usage/events/", {"resource": redis.public_id, "on": "2026-01-06"}).content
    )

    assert "Day, Europe/Berlin" in page
    assert "6 Jan 2026, 23:17:00 6 Jan 2026, 22:17:00 UTC" in page
    assert "Times are those of Europe/Berlin, the account’s clock" in page


def test_a_day_on_which_the_clock_is_set_says_how_long_it_is(
    berlin: Customer, support: Client
) -> None:
    asked = {"account": berlin.account.public_id, "on": "2026-10-25"}

    page = words(support.get("/usage/events/", asked).content)

    assert "The clock in Europe/Berlin goes back by 1 h on 25 Oct, so the day has 25 hours." in page


def test_held_events_of_an_app_are_on_its_owners_clock(berlin: Customer, support: Client) -> None:
    berlin.story.on("2026-02-02")
    berlin.uses("addon.unheard", "redis-1", "2026-01-06T22:17")

    page = words(support.get("/usage/quarantine/", {"subject": "redis-1"}).content)
    everybody = words(support.get("/usage/quarantine/").content)

    assert "Day it occurred, Europe/Berlin" in page
    assert "6 Jan 2026, 23:17:00 6 Jan 2026, 22:17:00 UTC" in page
    assert "Times are UTC." in everybody


def test_an_event_that_is_corrected_is_on_its_owners_clock(
    berlin: Customer, approver: Client
) -> None:
    runs(berlin, "2026-01-06T22:17", billed="2026-02-02")
    event = Event.objects.get(resource__platform_id="redis-1")

    page = words(approver.get(f"/usage/events/{event.key}/void/").content)

    assert "Occurred 6 Jan 2026, 23:17:00 6 Jan 2026, 22:17:00 UTC" in page
