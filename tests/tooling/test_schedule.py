"""Whatever works in the background is rung by beat or woken by what is, and no ring is needed."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from celery import current_app

from config.celery import app
from tests.cast import account, resource
from tests.usage.world import LATER, meter
from usage.derivation.refresh import is_stale
from usage.models import StaleUsage
from usage.tasks import make_partitions, refresh_stale_usage, tidy_reference_changes

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("audit", "duty", "accounts", "approvals", "usage", "billing", "eventing", "core")


def our_tasks() -> set[str]:
    app.loader.import_default_modules()
    return {name for name in current_app.tasks if name.startswith(OURS)}


def woken() -> set[str]:
    """The tasks that some code sends a message to."""
    sources = [path.read_text() for ours in OURS for path in (PROJECT / ours).rglob("*.py")]
    return {
        name for source in sources for name in re.findall(r"(\w+)\.(?:delay|apply_async)", source)
    }


def test_every_task_is_rung_or_woken() -> None:
    rung = {entry["task"] for entry in app.conf.beat_schedule.values()}
    alone = {name for name in our_tasks() - rung if name.rpartition(".")[2] not in woken()}
    assert alone == set()


def test_every_ring_rings_something_and_is_forgotten_before_the_next() -> None:
    tasks = our_tasks()
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in tasks, name
        assert entry["options"]["expires"] <= entry["schedule"], name


@pytest.mark.django_db
def test_a_lost_ring_is_made_up_for_by_the_next_and_a_second_finds_nothing() -> None:
    acme = account("Acme")
    app_1, requests = resource("app-1", of=acme), meter("requests")
    StaleUsage.objects.create(
        account=acme, resource=app_1, meter=requests, day_from=date(2026, 5, 1), marked_at=LATER
    )
    # Rings were lost: nothing forgets what is due.
    assert is_stale([acme.pk])
    assert [refresh_stale_usage(), refresh_stale_usage()] == [1, 0]
    assert not is_stale([acme.pk])


@pytest.mark.django_db(transaction=True)
def test_making_partitions_and_tidying_twice_is_as_good_as_once() -> None:
    make_partitions()
    tidy_reference_changes()
    assert [make_partitions(), tidy_reference_changes()] == [0, 0]
