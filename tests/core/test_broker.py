"""A message that nobody can read kills no worker, and is not delivered again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from config.celery import app
from config.queues import DEFAULT
from tests.billing.test_workers import kill, start_worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PROPERTIES = {
    "delivery_tag": "a-tag",
    "delivery_info": {"exchange": "", "routing_key": "celery"},
    "body_encoding": "base64",
}
TASK = {"task": "usage.tasks.tidy_reference_changes", "id": "an-id"}


def message(**changes: object) -> str:
    whole = {
        "body": "W1tdLCB7fSwge31d",
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": TASK,
        "properties": PROPERTIES,
    }
    return json.dumps(whole | changes)


GARBAGE = [
    "garbage",
    b"\xff\xfe\x00",
    "5",
    "null",
    "[]",
    "{}",
    '{"__type__": "datetime", "__value__": 5}',
    "[" * 100_000,
    message(properties={}),
    message(properties={"delivery_tag": []}),
    message(properties=PROPERTIES | {"delivery_info": None}),
    message(properties=PROPERTIES | {"delivery_tag": {"a": 1}}),
    message(body="%%%"),
    message(body=5),
    message(body="e30="),
    message(headers=None),
    message(headers=5),
    message(headers={}),
    message(headers={"task": "no.such.task", "id": "1"}),
    message(headers={"task": TASK["task"]}),
    message(headers=TASK | {"timelimit": 5}),
    message(headers=TASK | {"eta": "never", "expires": "always"}),
    message(**{"content-type": "application/x-python-serialize"}),
]


@pytest.fixture
def broker(transactional_db: None) -> Iterator[Any]:
    app.control.purge()
    with app.connection() as connection:
        client = connection.default_channel.client  # type: ignore[attr-defined]  # redis has it
        yield client
        client.delete("unacked", "unacked_index")
    app.control.purge()


def waiting_for_an_answer(broker: Any) -> list[bytes]:
    """Ours: the tags of real messages, such as another test's killed worker leaves, are UUIDs."""
    return [tag for tag in broker.hkeys("unacked") if len(tag) != len(str(uuid4()))]


def test_a_worker_reads_past_garbage_and_goes_on(broker: Any) -> None:
    worker = start_worker()
    try:
        for each in GARBAGE:
            broker.lpush(DEFAULT, each)
        wait_until(lambda: broker.llen(DEFAULT) == 0, seconds=60)
        assert worker.poll() is None
        assert app.control.ping(timeout=5.0)
        assert worker.poll() is None
        wait_until(lambda: not waiting_for_an_answer(broker), seconds=60)
    finally:
        kill(worker)
