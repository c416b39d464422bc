"""A resource's page says what it was, what it cost, and who changed or corrected it."""

from __future__ import annotations

from django.test import Client

from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from usage.models import Event
from usage.operations import event_corrections


def page_of(platform: Platform, client: Client, query: str = "?on=2026-04-10") -> str:
    return client.get(f"/resources/{platform.app.public_id}/{query}").content.decode()


def test_an_app_shows_the_lines_of_its_month_with_their_sum_and_why(
    platform: Platform, support: Client
) -> None:
    page = page_of(platform, support)

    assert "1–30 Apr 2026 $100.00" in words(page.encode())
    assert "2 dyno-months $50.00 $100.00 Why? Together $100.00" in words(page.encode())
    line = platform.invoice.lines.get(resource=platform.app)
    assert f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/" in page


def test_the_running_month_shows_the_bill_so_far(platform: Platform, support: Client) -> None:
    page = words(page_of(platform, support, "").encode())

    assert "Lines of the bill so far" in page
    assert "1–31 May 2026, so far" in page


def test_states_are_bars_whose_height_is_how_many_were_on(
    platform: Platform, support: Client
) -> None:
    page = page_of(platform, support)

    assert 'x="0%" y="13" width="50.00%" height="7"' in page  # one of three
    assert 'x="50.00%" y="0" width="50.00%" height="20"' in page
    assert 'aria-label="16 Apr 2026, 00:00: 3 × web, standard-2x"' in page


def test_a_correction_is_a_cross_and_says_who_and_why(platform: Platform, support: Client) -> None:
    event = Event.objects.filter(type__name="router.requests").earliest("occurred_at")
    event_corrections.void(event.key, at=platform.story.at, by=ADA, reason="Counted twice")

    page = page_of(platform, support)

    assert 'aria-label="10 Apr 2026, 09:30: voided by Ada (finance)"' in page
    assert "was voided “Counted twice”" in words(page.encode())


def test_time_of_another_owner_is_hatched_and_named(platform: Platform, support: Client) -> None:
    platform.acme.hands_over(platform.app, platform.globex, at="2026-05-08T00:00")

    page = page_of(platform, support, "")

    assert "billed to Acme" in page
    assert "8 May 2026, 00:00: came to Globex" in page


def test_a_stretch_says_which_line_it_became_and_opens_its_event(
    platform: Platform, support: Client
) -> None:
    page = page_of(platform, support)
    line = platform.invoice.lines.get(resource=platform.app)

    explained = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/"
    row = words(page.encode()).partition("Show as a table")[0]
    assert f"$100.00 Why? {line.description} of " in row
    table = words(page.encode()).partition("Show as a table")[2]
    assert f"opens it line {line.position}, {line.description}" in table
    # At the end of the row of the picture, in the table by stretch, and among the lines.
    assert page.count(explained) >= 4


def test_a_stretch_of_another_owner_is_on_no_line_of_this_bill(
    platform: Platform, support: Client
) -> None:
    platform.acme.hands_over(platform.app, platform.globex, at="2026-05-08T00:00")

    table = words(page_of(platform, support, "").encode()).partition("Show as a table")[2]

    assert "billed to Acme" in table


def test_cost_by_month_opens_the_month(platform: Platform, support: Client) -> None:
    page = page_of(platform, support)

    assert 'href="?on=2026-04-01"' in page
    assert "Apr 2026" in page


def test_events_are_a_bar_a_day_that_opens_the_day(platform: Platform, support: Client) -> None:
    page = page_of(platform, support)

    assert f"resource={platform.app.public_id}&amp;on=2026-04-16" in page
    assert "16 Apr 2026: 1 event" in page


def test_a_day_that_is_none_is_refused_in_words(platform: Platform, support: Client) -> None:
    answer = support.get(f"/resources/{platform.app.public_id}/?on=yesterday")

    assert answer.status_code == 422
