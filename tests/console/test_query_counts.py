"""Every screen costs a known number of queries, whatever it shows.

Three of each are the session, the person and their roles.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from tests.console.pages import BILLING, COUNTS, address
from tests.console.platform import Platform

QUERIES = {
    "search": 3,
    "accounts": 6,
    "account": 35,
    "account-bill": 22,
    "account-invoices": 9,
    "account-plans": 15,
    "account-resources": 9,
    "account-history": 16,
    "resource": 6,
    "invoices": 4,
    "invoice": 10,
    "explain": 11,
    "explain-bill": 23,
    "events": 8,
    "event": 20,
    "late": 16,
    "backfills": 4,
    "backfill": 6,
    "plans": 5,
    "plan": 5,
    "version": 6,
    "version-cases": 11,
    "version-check": 17,
    "version-compare": 6,
    "simulations": 4,
    "simulation": 8,
    "meters": 4,
    "meter": 6,
    "parallel-runs": 4,
    "inbox": 11,
    "quarantine": 5,
    "runs": 5,
    "run": 8,
    "shortcuts": 3,
    "style": 3,
}


def test_every_screen_has_a_number() -> None:
    assert set(QUERIES) == {*BILLING, *COUNTS}


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
