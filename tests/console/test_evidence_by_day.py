"""Many events behind a charge are bars by day; a day opens its rows."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from billing.invoicing.models import Invoice
from billing.invoicing.queries.billed_evidence import SHOWN
from tests.console.platform import Platform
from tests.console.test_evidence_as_billed import event_of
from tests.console.test_explain_page import REQUESTS, explain
from tests.console.test_invoice_page import words
from tests.people import ADA
from usage.operations import event_corrections

FOLDED = "disclosure--rows"


@pytest.fixture
def may(platform: Platform) -> Platform:
    """May was billed: 400,000 requests on the 2nd, 60 events on the 3rd, two on the 31st."""
    acme = platform.acme
    platform.story.on("2026-06-02")
    for minute in range(60):
        acme.uses("router.requests", "acme-web", f"2026-05-03T00:{minute:02}", quantity="10000")
    acme.uses("router.requests", "acme-web", "2026-05-31T00:00", quantity="1")
    acme.uses("router.requests", "acme-web", "2026-05-31T23:59:59", quantity="2")
    platform.story.runs_billing()
    return platform


def line_url(invoice: Invoice) -> str:
    line = invoice.lines.get(description=REQUESTS)
    return f"/invoices/{invoice.number}/lines/{line.position}/explain/"


def test_the_bars_of_the_days_come_to_what_was_billed(may: Platform, support: Client) -> None:
    html = support.get(line_url(may.invoice)).content.decode()
    page = words(html.encode())

    assert "Highest: 600,000 requests in 60 events on 3 May 2026" in page
    assert "2 May 2026 400,000 requests in 1 event" in page
    assert "31 May 2026 3 requests in 2 events" in page
    assert "1 May 2026 0 requests in 0 events" in page
    assert "63 events" in page
    assert html.count('class="bars__hit"') == 31


def test_the_rows_are_folded_below_the_bars(may: Platform, support: Client) -> None:
    html = support.get(line_url(may.invoice)).content.decode()

    assert FOLDED in html
    assert f"Show the first {SHOWN} of 63 events" in words(html.encode())


def test_a_day_opens_its_rows_and_pages_through_them(may: Platform, support: Client) -> None:
    url = line_url(may.invoice)
    first = support.get(url, {"day": "2026-05-03"}).content.decode()
    following = re.search(r'rel="next" href="([^"#]+)', first)
    assert following is not None

    second = support.get(url + following[1].replace("&amp;", "&")).content.decode()

    assert FOLDED not in first
    of_the_day = 'datetime="2026-05-03T00:'
    assert (first.count(of_the_day), second.count(of_the_day)) == (SHOWN, 10)
    assert "2 May 2026, 09:30" not in first + second


def test_a_day_on_which_nothing_counted_says_so(may: Platform, support: Client) -> None:
    page = words(support.get(line_url(may.invoice), {"day": "2026-05-04"}).content)

    assert "Nothing counted on this day." in page


@pytest.mark.parametrize(("day", "status"), [("2026-06-01", 404), ("1-5-2026", 422)])
def test_a_day_outside_the_charge_is_refused(
    day: str, status: int, may: Platform, support: Client
) -> None:
    answer = support.get(line_url(may.invoice), {"day": day})

    assert answer.status_code == status


def test_a_charge_for_time_has_no_days_to_open(may: Platform, support: Client) -> None:
    url = f"/invoices/{may.invoice.number}/lines/1/explain/"

    assert support.get(url, {"day": "2026-05-03"}).status_code == 404


def test_a_day_stays_as_it_was_billed_when_an_event_of_it_is_voided(
    may: Platform, support: Client
) -> None:
    may.story.on("2026-06-02T11:30")
    voided = event_of("router.requests", 1)  # the one of 2 May
    event_corrections.void(voided.key, at=may.story.at, by=ADA, reason="Counted by the old router")

    html = support.get(line_url(may.invoice)).content.decode()
    day = support.get(line_url(may.invoice), {"day": "2026-05-02"}).content.decode()
    other = support.get(line_url(may.invoice), {"day": "2026-05-31"}).content.decode()

    assert "2 May 2026 400,000 requests in 1 event" in words(html.encode())
    assert FOLDED not in html  # what is struck through must not hide
    assert "<del>" in day
    assert "<del>" not in other


def test_events_of_one_day_are_listed_at_once(platform: Platform, support: Client) -> None:
    page = explain(platform, support, REQUESTS)

    assert "by day" not in page
    assert "10 Apr 2026, 09:30:00" in page
