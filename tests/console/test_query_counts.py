"""Every screen costs a known number of queries, whatever it shows.

Three of each are the session, the person and their roles.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from tests.console.pages import BILLING, COUNTS, WORK, address
from tests.console.platform import Platform

QUERIES = {
    "search": 3,
    "accounts": 9,
    "account": 84,
    "account-bill": 53,
    "account-as-customer": 5,
    "account-invoices": 10,
    "account-plans": 27,
    "account-grants": 10,
    "account-grant": 11,
    "account-limits": 14,
    "account-resources": 9,
    "account-history": 34,
    "account-statement": 22,
    "resource": 35,
    "receivables": 7,
    "books": 6,
    "revenue": 5,
    "payments": 9,
    "payment": 14,
    "bank-files": 6,
    "bank-file": 13,
    "dunning": 9,
    "closes": 5,
    "close": 10,
    "invoices": 6,
    "invoice": 24,
    "invoice-lines": 13,
    "invoice-payments": 19,
    "invoice-documents": 12,
    "invoice-compare": 12,
    "invoice-history": 15,
    "credit-note": 14,
    "adjustment": 9,
    "proposals": 5,
    "disputes": 7,
    "dispute": 20,
    "proposals-policy": 9,
    "proposals-deputies": 6,
    "proposals-mandates": 6,
    "proposals-emergencies": 5,
    "incidents": 5,
    "incident": 35,
    "dispute-hours": 4,
    "dispute-others": 5,
    "dispute-batches": 7,
    "dispute-batch": 7,
    "explain": 15,
    "explain-bill": 25,
    "events": 9,
    "event": 22,
    "late": 23,
    "sources": 6,
    "backfills": 5,
    "backfill": 6,
    "plans": 6,
    "plan": 6,
    "version": 7,
    "version-cases": 12,
    "version-check": 20,
    "version-compare": 6,
    "simulations": 5,
    "simulation": 8,
    "meters": 5,
    "meter": 6,
    "parallel-runs": 6,
    "legacy-imports": 6,
    "licences": 5,
    "limits": 9,
    "licence": 69,
    "licence-quotes": 5,
    "licence-quote": 7,
    "inbox": 21,
    "papers": 11,
    "oncall": 28,
    "quarantine": 8,
    "runs": 6,
    "run": 11,
    "shortcuts": 3,
    "views": 4,
    "tokens": 4,
    "style": 3,
}

DECISIONS = {
    "run-start": 13,
    "quarantine-settle": 63,
    "event-correct": 19,
    "late-waive": 23,
    "backfill-new": 4,
    "backfill-step": 61,
    "meter-new": 4,
    "meter-version": 6,
    "meter-retire": 5,
    "account-personal": 4,
    "disclosures": 5,
    "payment-record": 3,
    "payment-step": 5,
    "bank-file-new": 4,
    "bank-row-put": 4,
    "account-promise": 8,
    "dunning-policy": 5,
    "rules": 7,
    "rules-bounds": 5,
    "rules-numbers": 5,
    "rules-format": 5,
    "rules-matching": 6,
    "rules-applying": 5,
    "sources-waive": 5,
    "plan-retire": 7,
    "account-grant-new": 9,
    "account-limit-new": 10,
    "account-limit-end": 10,
    "account-change": 16,
    "account-seats": 16,
    "account-seat-leave": 9,
    "account-coupon-redeem": 8,
    "account-change-withdraw": 9,
    "account-grant-revoke": 9,
    "oncall-queue": 4,
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
    "event-correct": (88, AMENDED),
    "meter-new": (7, METER),
    "meter-version": (56, TERMS),
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
