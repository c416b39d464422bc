"""Instants read in the fast way are those that are read in the plain way."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.db.fast_instants import FastInstantLoader, PlainLoader

INSTANTS = st.datetimes(timezones=st.just(UTC))


def loaded(text: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        found: datetime = cursor.fetchone()[0]
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(at=INSTANTS)
@example(at=datetime.min.replace(tzinfo=UTC))
@example(at=datetime.max.replace(tzinfo=UTC))
@example(at=datetime(2026, 5, 1, tzinfo=UTC))
@example(at=datetime(2026, 5, 1, 12, 30, 15, 120, tzinfo=UTC))
def test_an_instant_comes_back_as_it_was(db: None, at: datetime) -> None:
    found = loaded(at.isoformat())
    assert (found, found.tzinfo) == (at, UTC)


@pytest.mark.parametrize(
    "sent",
    [
        b"2026-05-01 00:00:00+00",
        b"2026-05-01 00:00:00.5+00",
        b"0001-01-01 00:00:00+00",
        b"2026-05-01 02:00:00+02",
        b"2026-05-01 05:45:00.000001+05:45",
    ],
)
def test_whatever_zone_it_is_sent_in_it_is_read_in_the_plain_way(sent: bytes) -> None:
    plain = type("Plain", (PlainLoader,), {"timezone": UTC})(1184)
    assert FastInstantLoader(1184).load(sent) == plain.load(sent)


@pytest.mark.parametrize("sent", [b"infinity", b"10000-01-01 00:00:00+00", b"nonsense"])
def test_what_no_instant_can_hold_is_refused_in_the_plain_way(sent: bytes) -> None:
    refused = []
    for loader in (FastInstantLoader, PlainLoader):
        with pytest.raises(Exception) as caught:  # noqa: PT011  whatever the plain way raises
            loader(1184).load(sent)
        refused.append((caught.type, str(caught.value)))
    assert refused[0] == refused[1]


def test_every_connection_reads_in_the_fast_way(db: None) -> None:
    with connection.cursor() as cursor:
        assert cursor.connection.adapters.get_loader(1184, 0) is FastInstantLoader
