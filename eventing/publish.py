"""Publish a fact in the transaction of the change it tells of.

Only inserts. Nothing leaves the process here: delivery reads the rows once they are committed, so
a fact is told exactly when its change happened.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from core.db.transactions import require_transaction
from core.ids import new_id


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened (past tense, such as "invoice.issued"), to what, and its details.

    The payload holds JSON values only; amounts and quantities are given as text. `account` is the
    public id of the account it concerns: partners who may read that account hear of it, where the
    catalogue says that its type is for partners. What names none stays within the house.
    """

    type: str
    subject: str
    payload: Mapping[str, Any]
    account: str = ""


def publish(
    type: str, subject: str, payload: Mapping[str, Any], *, at: datetime, account: str = ""
) -> None:
    """Record one fact that happened at `at`. Raises: NoTransaction."""
    publish_all([Fact(type, subject, payload, account)], at=at)


def publish_all(facts: Sequence[Fact], *, at: datetime) -> None:
    """Record facts in their order, a few statements for all of them. Raises: NoTransaction."""
    require_transaction()
    told: Counter[str] = Counter()
    rounds: list[list[Fact]] = []
    for fact in facts:
        told[fact.subject] += 1
        if told[fact.subject] > len(rounds):
            rounds.append([])
        rounds[told[fact.subject] - 1].append(fact)
    for each in rounds:
        # Sorted, so that two transactions never wait for each other in opposite order.
        _insert(sorted(each, key=lambda fact: fact.subject), at)


_INSERT = """
    WITH fresh AS (
        INSERT INTO eventing_outboxevent
               (public_id, type, subject, account, sequence, payload, created_at)
        SELECT fact.public_id, fact.type, fact.subject, fact.account,
               1 + coalesce((SELECT max(sequence) FROM eventing_outboxevent AS told
                             WHERE told.subject = fact.subject), 0),
               fact.payload, %s
        FROM jsonb_to_recordset(%s::jsonb)
             AS fact(public_id text, type text, subject text, account text, payload jsonb)
        ORDER BY fact.subject
        ON CONFLICT (subject, sequence) DO NOTHING
        RETURNING id, subject
    ), untold AS (
        INSERT INTO eventing_untoldevent (event_id) SELECT id FROM fresh
    )
    SELECT subject FROM fresh
"""


def _insert(facts: Sequence[Fact], at: datetime) -> None:
    """Insert facts of different subjects.

    A sequence number that a concurrent transaction takes first is a conflict, which waits for
    that transaction and skips the row; the next round sees its number and takes the one after.
    """
    waiting = {fact.subject: fact for fact in facts}
    while waiting:
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT,
                [at, json.dumps([_row(fact) for fact in waiting.values()], allow_nan=False)],
            )
            for (subject,) in cursor.fetchall():
                del waiting[subject]


def _row(fact: Fact) -> dict[str, Any]:
    return {
        "public_id": new_id("evt"),
        "type": fact.type,
        "subject": fact.subject,
        "account": fact.account,
        "payload": fact.payload,
    }
