"""GET /api/v1/spending-limits: what is spent of a limit, and every mark that was reached."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.bearer import client_of
from tests.billing.spending.spending import limited, looks, metered, uses
from tests.cast import partner
from tests.story import Customer, Story

LIMITS = "/api/v1/spending-limits"


@pytest.fixture
def acme(db: None) -> Customer:
    """Acme may spend 100.00 and used 103 requests of 1.00."""
    story = Story()
    acme = metered(story)
    limited(acme, "100.00")
    limited(acme, "1000.00", stops=False)
    uses(acme, "103", "2026-11-02T10:00")
    looks(story, "2026-11-02T10:00:04")
    return acme


@pytest.fixture
def client(acme: Customer) -> Client:
    return client_of(partner("Acme's agency", reads=(acme.account,)))


def get(client: Client, path: str = LIMITS, **query: str) -> Any:
    return client.get(path, query)


def test_what_is_spent_and_every_mark(client: Client) -> None:
    (limit,) = get(client, stops="true").json()["data"]
    assert (limit["state"], limit["amount"]["decimal"], limit["spent"]["decimal"]) == (
        "stopped",
        "100.00",
        "103.00",
    )
    warned, stop = limit["reached"]
    assert (warned["percent"], stop["percent"], stop["is_stop"]) == (80, 100, True)
    assert (stop["overshoot"]["decimal"], stop["resumed_at"]) == ("3.00", None)
    assert stop["event_id"].startswith("evt-")
    assert get(client, f"{LIMITS}/{limit['id']}").json() == limit
    (budget,) = get(client, stops="false").json()["data"]
    assert (budget["state"], budget["reached"]) == ("watched", [])


def test_a_page_asks_no_more_for_more_limits(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(10):
        assert len(get(client).json()["data"]) == 2


def test_another_partner_sees_none_of_it(acme: Customer) -> None:
    assert get(client_of(partner("Nobody"))).json()["data"] == []


def test_stops_is_true_or_false(client: Client) -> None:
    assert get(client, stops="sometimes").status_code == 422
