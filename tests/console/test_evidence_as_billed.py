"""The evidence of an issued line stays what it was billed from; what changed since says so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from tests.console.platform import Platform
from tests.console.test_explain_page import DYNO, REQUESTS, explain
from tests.console.test_invoice_page import words
from tests.people import ADA
from usage.models import Event
from usage.operations import event_corrections


@pytest.fixture
def later(platform: Platform) -> Platform:
    """Half an hour after April was billed."""
    platform.story.on("2026-05-12T11:30")
    return platform


def event_of(type_name: str, number: int = 0) -> Event:
    found = Event.objects.filter(type__name=type_name, resource__platform_id="acme-web")
    return found.order_by("occurred_at")[number]


def voids(platform: Platform, event: Event) -> None:
    event_corrections.void(
        event.key, at=platform.story.at, by=ADA, reason="Counted by the old router"
    )


def test_voiding_the_only_event_leaves_the_evidence_of_the_issued_line_struck_through(
    later: Platform, support: Client
) -> None:
    voids(later, event_of("router.requests"))

    page = explain(later, support, REQUESTS)

    assert "As billed they add up to 2,500,001 requests" in page
    assert "Today they add up to 0 requests" in page
    assert "was voided “Counted by the old router”" in page
    assert "12 May 2026, 11:30:00 UTC · Ada" in page
    assert "Open difference of this charge −$0.60" in page


def test_an_amended_event_shows_what_was_billed_and_what_it_says_today(
    later: Platform, support: Client
) -> None:
    event = event_of("router.requests")
    event_corrections.amend(
        event.key,
        quantity=Decimal(3_500_001),
        data={},
        at=later.story.at,
        by=ADA,
        reason="Recounted",
    )

    page = explain(later, support, REQUESTS)

    assert "2,500,001 3,500,001" in page
    assert "was amended “Recounted”" in page
    assert "Open difference of this charge +$0.40" in page


def test_usage_that_arrives_later_is_shown_as_new(later: Platform, support: Client) -> None:
    later.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")

    page = explain(later, support, REQUESTS)

    assert "As billed they add up to 2,500,001 requests" in page
    assert "Today they add up to 3,500,001 requests" in page
    assert "20 Apr 2026, 00:00:00 UTC arrived" in page


def test_a_state_that_was_voided_stands_as_it_was_billed_beside_what_holds_today(
    later: Platform, support: Client
) -> None:
    voids(later, event_of("formation.scaled", 1))  # to three, on 16 April

    page = explain(later, support, DYNO)

    assert "As billed they add up to 5,184,000 dyno-seconds" in page
    assert "Today they add up to 2,592,000 dyno-seconds" in page
    assert page.count("as billed, not so any more") == 2
    assert page.count("since it was billed") == 1
    assert "Open difference of this charge −$50.00" in page


def test_what_became_of_the_difference_is_said_once_it_is_billed(
    later: Platform, support: Client
) -> None:
    april = later.invoice
    voids(later, event_of("router.requests"))
    later.story.on("2026-06-02").runs_billing()
    line = april.lines.get(description=REQUESTS)

    page = words(support.get(f"/invoices/{april.number}/lines/{line.position}/explain/").content)

    assert f"Given back on {later.invoice.number} −$0.60" in page
    assert "Open difference of this charge $0.00" in page


def test_what_was_corrected_before_the_bill_is_no_news(platform: Platform, support: Client) -> None:
    page = explain(platform, support, REQUESTS)

    assert "They add up to 2,500,001 requests" in page
    assert "struck through" not in page
