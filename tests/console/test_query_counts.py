"""Every screen costs a known number of queries, whatever it shows.

Three of each are the session, the person and their roles.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from django.test import Client

from accounts.permissions import Role
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.pages import BILLING, COUNTS, WORK, address
from tests.console.platform import NOW, Platform
from tests.people import ADA
from tests.story import instant
from usage.models import Backfill
from usage.operations import backfills
from usage.operations.backfills import Range

QUERIES = {
    "search": 3,
    "accounts": 8,
    "account": 64,
    "account-bill": 49,
    "account-invoices": 10,
    "account-plans": 15,
    "account-resources": 9,
    "account-history": 26,
    "account-statement": 22,
    "resource": 34,
    "receivables": 5,
    "books": 5,
    "payments": 8,
    "payment": 14,
    "bank-files": 5,
    "bank-file": 13,
    "dunning": 8,
    "closes": 5,
    "close": 9,
    "invoices": 5,
    "invoice": 21,
    "invoice-lines": 10,
    "invoice-payments": 15,
    "invoice-compare": 9,
    "invoice-history": 11,
    "proposals": 4,
    "explain": 13,
    "explain-bill": 25,
    "events": 8,
    "event": 22,
    "late": 22,
    "sources": 4,
    "backfills": 4,
    "backfill": 6,
    "plans": 5,
    "plan": 5,
    "version": 7,
    "version-cases": 12,
    "version-check": 19,
    "version-compare": 6,
    "simulations": 4,
    "simulation": 8,
    "meters": 4,
    "meter": 6,
    "parallel-runs": 5,
    "inbox": 15,
    "papers": 10,
    "quarantine": 7,
    "runs": 5,
    "run": 11,
    "shortcuts": 3,
    "tokens": 4,
    "style": 3,
}

DECISIONS = {
    "run-start": 13,
    "quarantine-settle": 63,
    "event-correct": 18,
    "late-waive": 22,
    "backfill-new": 4,
    "backfill-step": 60,
    "meter-new": 3,
    "meter-version": 5,
    "meter-retire": 5,
    "account-personal": 4,
    "disclosures": 4,
    "payment-record": 3,
    "payment-step": 5,
    "bank-file-new": 4,
    "bank-row-put": 4,
    "account-promise": 8,
}
"""Pages that prepare a decision, opened; the savepoints of what is only supposed included."""

TERMS = {
    "document-event_type": "router.requests",
    "document-value_expression": "quantity * 10",
    "document-scale": "10",
    "effective_from": "2026-05-12T12:00",
    "reason": "Ticket 17",
}
METER = TERMS | {"code": "hits", "name": "Hits", "unit": "hits", "document-aggregation": "sum"}
AMENDED = {
    "quantity": "7",
    "property_0": "web",
    "property_1": "standard-2x",
    "reason": "Ticket 17",
}
PREVIEWS = {
    "event-correct": (87, AMENDED),
    "meter-new": (6, METER),
    "meter-version": (55, TERMS),
}
"""The same, once they show what would change; with what was said."""


def test_every_screen_has_a_number() -> None:
    assert set(QUERIES) == {*BILLING, *COUNTS}
    assert set(DECISIONS) == set(WORK)


@pytest.mark.parametrize("name", [*BILLING, *COUNTS])
def test_a_screen_asks_no_more_than_it_must(
    name: str,
    platform: Platform,
    senior: Client,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    url = address(name, platform)
    senior.get(url)  # what is read once a process

    with django_assert_num_queries(QUERIES[name]):
        senior.get(url)


@pytest.fixture
def approver(platform: Platform) -> Browser:
    """Ada of finance, who decides."""
    return client_of(person("ada", Role.FINANCE_APPROVER))


@pytest.fixture(params=[1, 12], ids=["few", "many"])
def crowd(request: pytest.FixtureRequest, platform: Platform) -> Platform:
    """One customer more, or twelve: each runs an app, was billed for April and reports late.

    Acme runs as many apps more, and as many events of it are held. All of April is reported again.
    """
    story, plan = platform.story, platform.version.plan
    for number in range(request.param):
        story.on("2026-04-01")
        other, web, api = story.account(f"Other {number}"), f"web-{number}", f"api-{number}"
        other.app(web)
        platform.acme.app(api)
        other.subscribes(plan)
        story.on("2026-05-12T11:00")
        other.uses("router.requests", web, "2026-04-12", quantity="3000000")
        story.runs_billing()
        story.on("2026-05-12T11:30")
        for app in (web, api):
            other.uses("router.requests", app, "2026-04-13", quantity="1000000")
            other.uses("router.requests", app, "2026-05-03", quantity="1000000")
        platform.acme.scales(api, "standard-2x", "1", at="2026-04-20")
        platform.acme.uses("dyno.hibernated", api, "2026-04-11", quantity="1")
    return replace(platform, backfill=april_again(platform))


def april_again(platform: Platform) -> Backfill:
    """What the source sent of April is replaced; nothing was sent again yet."""
    platform.backfill.refresh_from_db()
    backfills.close(backfill=platform.backfill, at=instant(NOW), by=ADA, reason="Not needed")
    span = Range(
        platform.backfill.source, instant("2026-04-01"), instant("2026-05-01"), replaces=True
    )
    return backfills.start(span, at=instant(NOW), by=ADA, reason="The router lost a day")


@pytest.mark.parametrize("name", WORK)
def test_a_page_that_prepares_a_decision_asks_as_much_for_many_rows_as_for_few(
    name: str,
    crowd: Platform,
    approver: Client,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    url = address(name, crowd)
    approver.get(url)  # what is read once a process

    with django_assert_num_queries(DECISIONS[name]):
        approver.get(url)


def test_closing_a_back_fill_asks_as_much_for_many_events_as_for_few(
    crowd: Platform,
    approver: Client,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    url = f"/usage/backfills/{crowd.backfill.public_id}/close/"
    approver.get(url)  # what is read once a process

    with django_assert_num_queries(85):
        assert b"will be voided" in approver.get(url).content


@pytest.mark.parametrize("name", PREVIEWS)
def test_a_preview_asks_as_much_for_many_rows_as_for_few(
    name: str,
    crowd: Platform,
    approver: Browser,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    count, said = PREVIEWS[name]
    url = address(name, crowd)
    said = said | {"made_from": ""} | approver.opened(url)
    approver.post(url, said)  # what is read once a process

    with django_assert_num_queries(count):
        assert b'name="seen"' in approver.post(url, said).content
