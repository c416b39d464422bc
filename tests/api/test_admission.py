"""Whoever is let in: revoked at the next request, counted by minute, noted as having been there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import Account, CredentialScope, Partner
from accounts.operations import partners
from accounts.operations.partners import IssuedCredential
from api.models import CredentialUse
from core.actor import acting_as
from core.clock import now
from tests.api.bearer import client_of, token_of
from tests.cast import credential, partner
from tests.people import ADA
from tests.story import WHY

LIMITS = "/api/v1/rate-limits"
NOON = datetime(2026, 6, 1, 12, 0, 10, tzinfo=UTC)


@pytest.fixture
def agency(acme: Account) -> Partner:
    return partner("Agency", reads=(acme,))


def client_with(issued: IssuedCredential) -> Client:
    return Client(headers={"Authorization": f"Bearer {token_of(issued)}"})


def doors(client: Client, account: Account) -> dict[str, Any]:
    """What each kind of door answers."""
    question = json.dumps({"query": "{ accounts(first: 1) { nodes { id } } }"})
    days = {"from": "2026-01-01", "until": "2026-02-01"}
    return {
        "rest": client.get("/api/v1/accounts"),
        "graph": client.post("/graphql", question, content_type="application/json"),
        "feed": client.get("/api/v1/events-feed", {"after": "0"}),
        "export": client.get(f"/api/v1/accounts/{account.public_id}/focus", days),
        "compatible": client.get(
            "/heroku/account/invoices",
            headers={"Accept": "application/vnd.heroku+json; version=3"},
        ),
    }


def test_TD52_what_is_revoked_ends_at_the_next_request_at_every_door(
    agency: Partner, acme: Account
) -> None:
    issued = credential(agency, *CredentialScope.values)
    client = client_with(issued)
    before = {name: each.status_code for name, each in doors(client, acme).items()}
    assert 401 not in before.values(), before
    partners.revoke_credential(credential=issued.credential, at=now(), by=ADA, reason=WHY)
    after = {name: each.status_code for name, each in doors(client, acme).items()}
    assert set(after.values()) == {401}, after


def test_TD52_a_scope_that_is_cut_is_cut_of_living_tokens(agency: Partner, acme: Account) -> None:
    issued = credential(agency, "accounts:read", "invoices:read")
    client = client_with(issued)
    assert client.get("/api/v1/invoices").status_code == 200
    with acting_as(ADA, reason=WHY):
        issued.credential.scopes = ["accounts:read"]
        issued.credential.save()
    assert client.get("/api/v1/invoices").status_code == 403
    assert client.get("/api/v1/accounts").status_code == 200


def test_TD52_the_last_use_is_kept_to_the_minute(
    agency: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = credential(agency)
    assert not CredentialUse.objects.exists()
    with time_machine.travel(NOON, tick=False):
        client = client_with(issued)
        for _ in range(3):
            client.get("/api/v1/accounts")
    assert CredentialUse.objects.get().last_used_at == NOON
    assert CredentialUse.objects.get().credential == issued.credential


def test_so_many_a_minute_are_answered_and_each_answer_says_how_many_are_left(
    agency: Partner, settings: Settings
) -> None:
    settings.API_REQUESTS_A_MINUTE = 3
    with time_machine.travel(NOON, tick=False) as clock:
        client = client_of(agency, "accounts:read")
        left = [client.get("/api/v1/accounts")["RateLimit-Remaining"] for _ in range(2)]
        assert left == ["2", "1"]
        told = client.get(LIMITS).json()
        assert told == {"limit": 3, "remaining": 0, "resets_at": "2026-06-01T12:01:00Z"}
        refused = client.get("/api/v1/accounts")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert (refused["Retry-After"], refused["RateLimit-Remaining"]) == ("50", "0")
        question = json.dumps({"query": "{ accounts(first: 1) { nodes { id } } }"})
        graph = client.post("/graphql", question, content_type="application/json")
        assert (graph.status_code, graph["RateLimit-Limit"]) == (429, "3")
        other = client_of(agency, "accounts:read")
        assert other.get("/api/v1/accounts").status_code == 200
        clock.move_to(NOON.replace(minute=1))
        assert client.get("/api/v1/accounts").status_code == 200


def test_where_the_counters_are_away_nobody_is_refused(agency: Partner, settings: Settings) -> None:
    """Each process counts for itself then, from nothing."""
    away = {"BACKEND": "config.steady_cache.SteadyCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}
    settings.API_REQUESTS_A_MINUTE = 2
    cache.clear()
    client = client_of(agency, "accounts:read")
    assert client.get(LIMITS).json()["remaining"] == 1
    assert client.get("/api/v1/accounts").status_code == 200
