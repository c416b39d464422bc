"""The database goes away, or somebody holds what is needed: 503, when to come back, and no claim.

A sender that comes back with the same events finds each of them stored once.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test import Client
from pytest_django import Settings

from accounts.permissions import Role
from core.db import limits
from tests.api.bearer import ask_token, client_of
from tests.broken_line import breakable_line
from tests.cast import account, credential, partner, person, resource
from tests.usage.world import meter
from usage.models import EventKey

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = "/api/v1/usage/events"
NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(transactional_db: None) -> Client:
    """A router's, whose app-1 has a meter."""
    resource("app-1", of=account("Acme"))
    meter("dyno.seconds")
    return client_of(partner("Router", sources=("router/us-1",)))


@pytest.fixture
def line() -> Iterator[Any]:
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as directory,
        breakable_line(Path(directory)) as line,
    ):
        yield line


@contextmanager
def limited(settings: Settings, **limit: str) -> Iterator[None]:
    """The web's limits in this process, shortened."""
    web = settings.DATABASE_LIMITS["web"] | limit
    settings.DATABASE_LIMITS = settings.DATABASE_LIMITS | {"web": web}
    limits.this_process_is(limits.ProcessKind.WEB)
    connection.close()
    try:
        yield
    finally:
        limits.this_process_is(None)
        connection.close()


@contextmanager
def somebody_holds(table: str) -> Iterator[None]:
    """Somebody else has the whole table to themselves."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                held.set()
                let_go.wait()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(60)
        yield
        let_go.set()
        holding.result()


def send(client: Client, *ids: str) -> Any:
    batch = [
        {
            "specversion": "1.0",
            "id": id,
            "source": "router/us-1",
            "type": "dyno.seconds",
            "subject": "app-1",
            "time": "2026-01-15T10:00:00Z",
            "data": {"quantity": "60"},
        }
        for id in ids
    ]
    return client.post(EVENTS, json.dumps(batch), content_type="application/cloudevents-batch+json")


def refused(answer: Any, code: str) -> dict[str, Any]:
    """A refusal for the time being: when to come back, and nothing said about what was stored."""
    assert answer.status_code == 503, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    problem: dict[str, Any] = answer.json()
    assert (problem["code"], problem["retryable"]) == (code, True)
    assert "nothing was stored" not in problem["detail"].lower()
    return problem


def test_a_commit_whose_answer_is_lost_is_claimed_neither_way_and_counts_once(
    client: Client, line: Any
) -> None:
    assert send(client, "e-0").status_code == 200
    line.break_at(b"COMMIT", delivers=True)
    problem = refused(send(client, "e-1", "e-2"), "database_away")
    assert "nobody can say yet" in problem["detail"]
    assert EventKey.objects.count() == 3
    again = send(client, "e-1", "e-2", "e-3").json()
    assert again["counts"]["duplicate"] == 2
    assert EventKey.objects.count() == 4


def test_a_line_that_breaks_before_the_commit_stores_nothing_and_the_same_again_all(
    client: Client, line: Any
) -> None:
    assert send(client, "e-0").status_code == 200
    line.break_at(b"COMMIT", delivers=False)
    refused(send(client, "e-1", "e-2"), "database_away")
    assert EventKey.objects.count() == 1
    assert send(client, "e-1", "e-2").status_code == 200
    assert EventKey.objects.count() == 3


def test_without_a_database_every_address_of_the_api_asks_to_come_back(
    client: Client, line: Any
) -> None:
    line.close()
    for address in ("/api/v1/accounts", "/api/v1/invoices"):
        refused(client.get(address), "database_away")
    refused(send(client, "e-1"), "database_away")


def test_without_a_database_a_token_cannot_be_had_and_its_client_is_told_when(
    client: Client, line: Any
) -> None:
    issued = credential(partner("Late Inc"))
    line.close()
    answer = ask_token(issued)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"]


def test_without_a_database_a_page_is_calm_and_asks_it_for_nothing(
    client: Client, line: Any
) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(person("ada"))
    line.close()
    for address in ("/", "/accounts/", "/admin/"):
        page = browser.get(address)
        assert page.status_code == 503
        assert page.headers["Retry-After"]
        assert "Not available right now" in page.text
        assert "Nothing was saved" not in page.text


def test_who_waits_for_a_lock_is_sent_away_before_the_server_gives_up(
    client: Client, settings: Settings
) -> None:
    with limited(settings, lock="50ms"), somebody_holds("usage_eventkey"):
        refused(send(client, "e-1"), "database_busy")
    assert send(client, "e-1").status_code == 200


def test_a_page_that_takes_too_long_says_so(client: Client, settings: Settings) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(person("sena", Role.SENIOR_SUPPORT))
    with limited(settings, statement="50ms"), somebody_holds("accounts_account"):
        page = browser.get("/accounts/")
    assert (page.status_code, "This took too long" in page.text) == (503, True)


def test_a_defect_of_ours_is_no_outage() -> None:
    from core.db.outage import outage_of

    with pytest.raises(Exception) as error, connection.cursor() as cursor:  # noqa: PT011
        cursor.execute("SELECT 1 / 0")
    assert outage_of(error.value) is None
    assert outage_of(ValueError()) is None
    assert outage_of(InterfaceError("the connection is closed")) is not None
    assert outage_of(OperationalError("connection refused")) is not None
