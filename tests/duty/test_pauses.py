"""A queue that is paused is left alone, finishes what was begun, and goes on by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from config.celery import app
from config.queues import NEVER_HELD, QUEUES, is_held_back
from console.oncall.views import QUEUES as SHOWN
from core.tasks import hold_tasks_back_while
from duty.models import QueuePause
from duty.operations.pauses import (
    AlreadyPaused,
    NotPaused,
    PauseOutOfBounds,
    UnsaidPause,
    pause,
    resume,
)
from duty.operations.releases import note_release
from duty.queries.pauses import is_paused, open_pauses
from eventing.models import OutboxEvent
from tests.people import ADA
from tests.usage.world import LATER
from usage.tasks import refresh_stale_usage

HOUR = timedelta(hours=1)
WHY: dict[str, Any] = {"by": ADA, "reason": "The database is moved"}

pytestmark = pytest.mark.django_db


def test_a_pause_has_an_end_a_person_and_a_reason() -> None:
    made = pause(queue="papers", until=LATER + HOUR, at=LATER, **WHY)
    assert (made.paused_by, made.reason) == (ADA.name, "The database is moved")
    assert is_paused("papers", at=LATER)
    assert not is_paused("billing", at=LATER)
    assert not is_paused("papers", at=LATER + HOUR)
    assert open_pauses(at=LATER + HOUR) == {}


def test_a_pause_ends_with_a_reason_and_both_are_told() -> None:
    made = pause(queue="papers", until=LATER + HOUR, at=LATER, **WHY)
    resume(queue="papers", at=LATER + HOUR / 2, by=ADA, reason="It is moved")
    assert not is_paused("papers", at=LATER + HOUR / 2)
    told = OutboxEvent.objects.filter(subject=made.public_id).order_by("sequence")
    assert [event.type for event in told] == ["queue.paused", "queue.resumed"]


def test_two_who_pause_one_queue_see_each_other() -> None:
    pause(queue="papers", until=LATER + HOUR, at=LATER, **WHY)
    with pytest.raises(AlreadyPaused, match="The database is moved"):
        pause(queue="papers", until=LATER + HOUR, at=LATER, **WHY)
    with pytest.raises(NotPaused):
        resume(queue="billing", at=LATER, **WHY)


@pytest.mark.parametrize("hours", [-1, 0, 25])
def test_a_pause_is_over_within_a_day(hours: int) -> None:
    with pytest.raises(PauseOutOfBounds):
        pause(queue="papers", until=LATER + hours * HOUR, at=LATER, **WHY)


def test_a_pause_says_why() -> None:
    with pytest.raises(UnsaidPause):
        pause(queue="papers", until=LATER + HOUR, at=LATER, by=ADA, reason=" ")


def test_the_database_knows_no_pause_without_end_or_reason() -> None:
    row: dict[str, Any] = {"queue": "papers", "paused_at": LATER, "paused_by": "Ada"}
    for wrong in ({"until": LATER + 25 * HOUR, "reason": "x"}, {"until": LATER + HOUR}):
        with pytest.raises(IntegrityError), transaction.atomic():
            QueuePause.objects.create(**row, **wrong)


def test_a_task_of_a_paused_queue_is_left_alone() -> None:
    hold_tasks_back_while(lambda name: name == "usage.tasks.refresh_stale_usage")
    try:
        assert refresh_stale_usage.apply().result is None
    finally:
        hold_tasks_back_while(is_held_back)
    assert refresh_stale_usage.apply().result == 0


def test_partitions_are_made_whatever_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.queues.now", lambda: LATER)
    for queue in QUEUES:
        pause(queue=queue, until=LATER + HOUR, at=LATER, **WHY)
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert {name for name in ours if not is_held_back(name)} == NEVER_HELD


def test_the_page_shows_the_queues_there_are() -> None:
    assert list(SHOWN) == list(QUEUES)


def test_a_release_is_noted_once() -> None:
    assert note_release(version="0.1.0", at=LATER)
    assert not note_release(version="0.1.0", at=LATER + HOUR)
    assert note_release(version="0.2.0", at=LATER + HOUR)
