"""Making a partition beside somebody who reads the events for hours, as a dump does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg
import pytest
from django.db import connection

from tests.usage.test_keeping import _drop, _tables
from tests.usage.world import World, instant, meter, outcomes
from tests.usage.world import event as said
from usage.models import Event
from usage.partitions import PUT_OFF_FOR, ensure_ahead, missing_days
from usage.queries.health import usage_checks

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

NOW = instant("2031-05-01")
DAY = date(2031, 4, 20)


@pytest.fixture
def world(transactional_db: None) -> World:
    meter("requests")
    return World(at=NOW)


@contextmanager
def somebody_reads() -> Iterator[None]:
    """A reader on a connection of its own, in a transaction that stays open."""
    settings = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: settings[name] for name in names if name in settings}) as reader:
        reader.execute("SELECT count(*) FROM usage_event")
        yield


def test_senders_and_readers_go_on_while_a_dump_reads(world: World):
    with somebody_reads():
        sent = world.sends(said("requests", "2031-04-20", id="r-1", quantity="5"))
        assert outcomes(sent) == [("accepted", None)]
        assert missing_days([DAY]) == [DAY]
        assert _tables() == {"usage_event_default"}
        assert world.quantity("2031-04-01", "2031-05-01") == "5"
    _drop()


def test_the_ring_is_put_off_and_makes_it_once_the_reader_is_gone(world: World):
    with somebody_reads():
        world.sends(said("requests", "2031-04-20", id="r-1", quantity="5"))
        assert ensure_ahead(at=NOW, days=0) == []
        found = {each.name: each for each in usage_checks(at=NOW)}
        assert found["partitions"].health == "late"
    assert DAY in ensure_ahead(at=NOW, days=0)
    assert _tables() == {"usage_event_20310420"}
    assert Event.objects.get().quantity == 5
    _drop("2031-04-20", "2031-04-30", "2031-05-01")


def test_a_sender_does_not_ask_for_it_again_within_a_minute(world: World):
    with somebody_reads():
        world.sends(said("requests", "2031-04-20", id="r-1", quantity="5"))
    world.sends(said("requests", "2031-04-20", id="r-2", quantity="5"))
    assert missing_days([DAY]) == [DAY]
    world.at = NOW + PUT_OFF_FOR + timedelta(seconds=1)
    world.sends(said("requests", "2031-04-20", id="r-3", quantity="5"))
    assert _tables() == {"usage_event_20310420"}
    assert world.quantity("2031-04-01", "2031-05-01") == "15"
    _drop("2031-04-20")
