"""Statements sent ahead of their answers, and thousands of values as one parameter."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.db.arrays import bigints, dates, instants, jsonbs, texts, uuids
from core.db.pipelining import ahead
from core.db.transactions import NoTransaction

KEPT = "INSERT INTO kept (number) VALUES (%s)"


@pytest.fixture
def kept(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept (number int PRIMARY KEY) ON COMMIT DROP")


def numbers() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM kept ORDER BY number")
        return [row[0] for row in cursor.fetchall()]


def test_each_sees_what_those_before_it_did(kept: None) -> None:
    with transaction.atomic(), ahead() as send:
        send(KEPT, (1,))
        counted = send("SELECT count(*) FROM kept", ())
        send(KEPT, (2,))
    assert counted.fetchone() == (1,)
    assert numbers() == [1, 2]


def send_one_twice() -> None:
    with ahead() as send:
        send(KEPT, (1,))
        send("SAVEPOINT before", ())
        send(KEPT, (1,))
        send(KEPT, (3,))


def test_the_first_that_fails_keeps_those_after_it_out(kept: None) -> None:
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            send_one_twice()
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT before")
        assert numbers() == [1]


def send_one_and_fail() -> None:
    with ahead() as send:
        send(KEPT, (1,))
        raise LookupError


def test_an_error_of_the_block_comes_out_of_it(kept: None) -> None:
    with transaction.atomic(), pytest.raises(LookupError):
        send_one_and_fail()
    assert numbers() == [1]


def test_they_are_counted_like_any_query(
    kept: None, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    with transaction.atomic(), django_assert_num_queries(2), ahead() as send:
        send(KEPT, (1,))
        send(KEPT, (2,))


@pytest.mark.django_db(transaction=True)
def test_there_is_a_transaction_to_send_them_in() -> None:
    with pytest.raises(NoTransaction), ahead():
        pass


def back(packed: bytes, type_name: str) -> list[Any]:
    """What PostgreSQL reads from a packed array."""
    with transaction.atomic(), ahead() as send:
        read = send(f"SELECT %s::{type_name}[]", (packed,))
    found: list[Any] = read.fetchone()[0]
    return found


_INSTANTS = st.datetimes(timezones=st.just(UTC))


@pytest.mark.django_db
@given(
    whole=st.lists(st.integers(-(2**63), 2**63 - 1)),
    words=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
    days=st.lists(st.dates(date(1000, 1, 1))),
    at=st.lists(_INSTANTS),
    keys=st.lists(st.uuids()),
    said=st.lists(st.none() | st.sampled_from(["{}", '{"a": 1.50}', '"é"'])),
)
def test_packed_values_come_out_as_they_went_in(
    whole: list[int],
    words: list[str],
    days: list[date],
    at: list[datetime],
    keys: list[Any],
    said: list[str | None],
) -> None:
    assert back(bigints(whole), "bigint") == whole
    assert back(texts(words), "text") == words
    assert back(dates(days), "date") == days
    assert back(instants(at), "timestamptz") == at
    assert back(uuids([key.hex for key in keys]), "uuid") == keys
    assert [each is None for each in back(jsonbs(said), "jsonb")] == [each is None for each in said]
