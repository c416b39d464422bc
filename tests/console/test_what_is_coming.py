"""What will join or change an account's bill is on the bill, and is called what it is."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from accounts.permissions import Role
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.models import LateUsageDecision
from billing.publishing import operations as publishing
from tests.billing.prices import flat
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import WHY
from usage.models import Event
from usage.operations import event_corrections


@pytest.fixture
def later(platform: Platform) -> Platform:
    """Half an hour after April was billed."""
    platform.story.on("2026-05-12T11:30")
    return platform


@pytest.fixture
def ulla(platform: Platform) -> Browser:
    """Ada of finance, who decides."""
    return client_of(person("ulla", Role.FINANCE_ADMIN))


def requests_voided(platform: Platform) -> Event:
    event = Event.objects.filter(type__name="router.requests").earliest("occurred_at")
    event_corrections.void(event.key, at=platform.story.at, by=ADA, reason=WHY)
    return event


def bill_of(platform: Platform, client: Client) -> str:
    return words(client.get(f"/accounts/{platform.acme.account.public_id}/bill/").content)


def test_the_bill_so_far_counts_open_late_differences(later: Platform, support: Client) -> None:
    before = bill_of(later, support)
    later.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")

    page = bill_of(later, support)

    assert "What joins them on the next invoice" not in before
    assert f"Late usage of {later.invoice.number}, 1 line +$0.40" in page
    assert "Lines of 1–31 May 2026 so far $65.65" in page
    assert "The invoice, if the period ended now $66.05" in page


def test_what_the_bill_so_far_says_is_what_the_run_drafts(later: Platform, support: Client) -> None:
    requests_voided(later)

    page = bill_of(later, support)

    assert "The invoice, if the period ended now $65.05" in page


def test_a_published_price_rise_is_on_the_accounts_it_will_reach(
    later: Platform, support: Client
) -> None:
    kept = [
        PriceTerms(each.code, each.name, each.definition, each.meter, each.match, each.group_by)
        for each in later.version.prices.exclude(code="fee")
    ]
    rise = plans.draft_version(
        plan=later.version.plan,
        effective_from=dt.datetime(2026, 6, 1, tzinfo=dt.UTC),
        existing_from=dt.date(2026, 6, 1),
        prices=[*kept, flat("12.00")],
        by=ADA,
        reason=WHY,
    )
    publishing.publish(version=rise, at=later.story.at, by=ADA, reason=WHY)

    overview = words(support.get(f"/accounts/{later.acme.account.public_id}/").content)
    bill = bill_of(later, support)

    assert "Standard version 2 takes over on 1 Jun 2026." in overview
    assert "the bill so far would be $67.65 instead of $65.65 ( +$2.00 )" in bill


def test_a_credit_owed_to_the_customer_is_not_waived_as_if_it_were_a_favour(
    later: Platform, ulla: Browser
) -> None:
    requests_voided(later)
    url = f"/usage/late/{later.invoice.number}/waive/"

    listed, page = words(ulla.get("/usage/late/").content), words(ulla.get(url).content)

    assert "−$0.60 owed to the customer" in listed
    assert "Withhold…" in listed
    assert "Acme was charged $0.60 too much." in page
    assert "withhold $0.60" in page
    assert "waive" not in page


def test_a_credit_is_withheld_only_by_who_says_that_it_is_owed(
    later: Platform, ulla: Browser
) -> None:
    requests_voided(later)
    url = f"/usage/late/{later.invoice.number}/waive/"

    ulla.post(url, {"reason": "Agreed with them"})
    unsaid = LateUsageDecision.objects.count()
    answer = ulla.post(url, {"reason": "Agreed with them", "is_owed": "on"}, follow=True)

    assert unsaid == 0
    assert "it will not be given back." in words(answer.content)


def test_an_effect_says_why_it_does_not_begin_with_the_figure_of_the_invoice(
    later: Platform, ulla: Browser
) -> None:
    later.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")
    event = Event.objects.filter(type__name="router.requests").earliest("occurred_at")

    answer = ulla.post(f"/usage/events/{event.key}/void/", {"reason": "Counted twice"})

    page = words(answer.content)
    assert f"Invoice {later.invoice.number} charged for the period $110.60" in page
    assert "Late usage of it, still open +$0.40" in page
    assert "All usage of the period comes to now $111.00" in page
