"""Whoever is cut off sends the same again: one effect, one answer, wherever the process died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from api.models import IdempotencyKey
from billing.ledger.models import Journal
from billing.receivables.models import Payment
from eventing.models import OutboxEvent
from tests.api.bearer import token_of
from tests.api.killed_request import POINTS
from tests.at_once import at_once, rounds
from tests.billing.receivables.books import Books
from tests.billing.test_workers import database_url
from tests.cast import credential, partner
from tests.story import Story

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PATH = "/api/v1/payments"


@pytest.fixture
def books(transactional_db: None) -> Books:
    story = Story()
    customer = story.account("Acme", currency="EUR")
    return Books(story.on("2026-06-01"), customer)


@pytest.fixture
def token(books: Books) -> str:
    bank = partner("Bank", reads_every_account=True)
    return token_of(credential(bank, "payments:read", "payments:write"))


def report(books: Books, key: str) -> str:
    return json.dumps(
        {
            "account": books.customer.account.public_id,
            "amount": {"currency": "EUR", "decimal": "50.00"},
            "received_at": "2026-06-01T00:00:00Z",
            "external_key": key,
            "reason": "Statement of the day",
        }
    )


def send(token: str, key: str, body: str) -> Any:
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return client.post(
        PATH, body, content_type="application/json", headers={"Idempotency-Key": key}
    )


def killed_at(point: str, token: str, key: str, body: str) -> None:
    died = subprocess.run(
        [sys.executable, "-m", "tests.api.killed_request", point, token, key, PATH, body],
        env=os.environ | {"DATABASE_URL": database_url()},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()


def effects() -> tuple[int, int, int, int]:
    """Payments, journals, facts for others, answers kept."""
    told = OutboxEvent.objects.filter(type="payment.received")
    return (
        Payment.objects.count(),
        Journal.objects.count(),
        told.count(),
        IdempotencyKey.objects.count(),
    )


@pytest.mark.parametrize("point", POINTS)
def test_TD48_a_killed_request_is_sent_again_and_has_one_effect_and_one_answer(
    books: Books, token: str, point: str
) -> None:
    body = report(books, "row-1")
    killed_at(point, token, "K", body)
    done = 1 if point == "before the answer" else 0
    assert effects() == (done,) * 4
    first = send(token, "K", body)
    assert first.status_code == 201, first.content
    again = [send(token, "K", body) for _ in range(3)]
    assert {(each.status_code, each.content) for each in again} == {(201, first.content)}
    assert effects() == (1, 1, 1, 1)
    assert first["Idempotency-Replayed"] == ("true" if done else "false")


@pytest.mark.concurrency
def test_TD48_the_same_key_at_once_is_one_effect_and_one_answer(books: Books, token: str) -> None:
    connection.close()
    for number in range(rounds(5)):
        body = report(books, f"row-{number}")
        answers = at_once(*[lambda: send(token, f"K{number}", body)] * 8)  # noqa: B023  called here
        assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
        replayed = sorted(each["Idempotency-Replayed"] for each in answers)
        assert replayed == ["false", *["true"] * 7]
        assert effects() == (number + 1,) * 4
