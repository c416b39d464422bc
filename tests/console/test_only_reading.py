"""Looking at something changes nothing: what is stale is built before, and by nobody's reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from tests.api.bearer import client_of as partner_client
from tests.cast import partner
from tests.console.pages import BILLING, COUNTS, address
from tests.console.platform import NOW, Platform
from tests.story import instant
from tests.usage.world import event, outcomes, send
from usage import account_locks
from usage.derivation import refresh, sweeping
from usage.envelope.received_event import event_key
from usage.models import Source, StaleUsage
from usage.operations import settling
from usage.operations.ingest import Reporter

WRITES = re.compile(
    r"^\s*(INSERT|UPDATE|DELETE|COPY|LOCK|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)"
    r"|\bFOR (NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)\b|pg_advisory|pg_try_advisory",
    re.IGNORECASE | re.DOTALL,
)
FIGURES = ("account", "account-bill", "explain", "explain-bill", "event", "late")


class Watched:
    """The statements that write or lock, but for those of bringing usage up to date."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.is_building = False

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if WRITES.search(sql):
            self.notice(sql)
        return execute(sql, *rest)

    def notice(self, what: str) -> None:
        if not self.is_building:
            self.found.append(what)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    watch, sweep, lock = Watched(), sweeping.sweep, account_locks._lock

    def build(**said: Any) -> int:
        watch.is_building = True
        try:
            return sweep(**said)
        finally:
            watch.is_building = False

    def take(function: str, account_ids: Any) -> None:
        watch.notice(function)
        lock(function, account_ids)

    monkeypatch.setattr(settling, "sweep", build)
    monkeypatch.setattr(account_locks, "_lock", take)
    return watch


@contextmanager
def only_reading(watch: Watched) -> Iterator[None]:
    watch.found.clear()
    with connection.execute_wrapper(watch):
        yield


def corrected(platform: Platform) -> None:
    """Something of both customers must be built again."""
    for customer in (platform.acme, platform.globex):
        StaleUsage.objects.create(
            account=customer.account, day_from=date(2026, 4, 1), marked_at=instant("2026-05-12")
        )


def test_a_statement_that_writes_is_noticed(watched: Watched, platform: Platform) -> None:
    with only_reading(watched):
        corrected(platform)
        list(Source.objects.select_for_update())
    assert [said.split()[0] for said in watched.found] == ["INSERT", "INSERT", "SELECT"]


def test_no_screen_writes_or_locks_while_it_reads(
    watched: Watched, platform: Platform, senior: Client
) -> None:
    wrote = {}
    for name in (*BILLING, *COUNTS):
        url = address(name, platform)
        senior.get(url)  # what is made once a session
        if not StaleUsage.objects.exists():
            corrected(platform)
        with only_reading(watched):
            assert senior.get(url).status_code == 200
        if watched.found:
            wrote[name] = list(watched.found)
    assert wrote == {}


@pytest.mark.parametrize("name", FIGURES)
def test_a_screen_of_figures_shows_what_was_corrected_since(
    name: str, platform: Platform, senior: Client
) -> None:
    corrected(platform)
    answer = senior.get(address(name, platform))
    assert not StaleUsage.objects.filter(account=platform.acme.account).exists()
    assert "They stand as they were before it" not in answer.content.decode()


@pytest.mark.parametrize("name", FIGURES)
def test_BL7_a_screen_opens_and_says_so_where_its_figures_cannot_be_built(
    name: str, platform: Platform, senior: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrected(platform)

    def poisoned(marks: object) -> None:
        raise IntegrityError("no")

    monkeypatch.setattr(refresh, "_rebuild", poisoned)
    answer = senior.get(address(name, platform))
    assert answer.status_code == 200
    assert "since 2026-05-12 00:00 UTC could not be built into these figures" in (
        answer.content.decode()
    )


def test_the_api_reads_no_other_way(watched: Watched, platform: Platform) -> None:
    account = platform.acme.account
    router = partner(
        "Router",
        sources=("router/us-1",),
        event_types=("router.requests",),
        reads=(account,),
    )
    told = event(
        "router.requests", "2026-05-10", id="r-1", subject=platform.app.platform_id, quantity="1"
    )
    sent = send(
        told,
        at=instant(NOW),
        reporter=Reporter(
            router.pk, router.name, frozenset(router.sources), frozenset(router.event_types)
        ),
    )
    assert outcomes(sent) == [("accepted", None)]
    client = partner_client(router)
    key = UUID(event_key("router/us-1", "r-1"))
    paths = (
        f"/api/v1/accounts/{account.public_id}/late-usage",
        f"/api/v1/usage/events/{key.hex}",
        "/api/v1/late-usage",
        "/api/v1/invoices",
        f"/api/v1/invoices/{platform.invoice.public_id}/lines",
        "/api/v1/accounts",
        "/api/v1/usage/quarantine",
        "/api/v1/usage/backfills",
    )
    for path in paths:
        client.get(path)  # what a token notes once
        if not StaleUsage.objects.exists():
            corrected(platform)
        with only_reading(watched):
            answer = client.get(path)
        assert (path, answer.status_code, watched.found) == (path, 200, [])


def test_BL7_the_api_says_what_its_figures_leave_out(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrected(platform)

    def poisoned(marks: object) -> None:
        raise IntegrityError("no")

    monkeypatch.setattr(refresh, "_rebuild", poisoned)
    account = platform.acme.account
    client = partner_client(partner("Acme's agency", reads=(account,)))
    answer = client.get(f"/api/v1/accounts/{account.public_id}/late-usage")
    assert answer.status_code == 200
    assert "could not be built into these figures" in answer.json()["behind"]
