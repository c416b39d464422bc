"""Whoever watches the processes learns what waits, since when, and whether the web can serve."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from billing.invoicing.models import BillRun, BillRunChunk
from billing.whatif.operations import simulations
from core.clock import now
from core.periods import Period
from tests.cast import account
from tests.people import ADA
from tests.story import Story
from usage.models import StaleUsage
from usage.partitions import ensure_ahead


@pytest.fixture
def partitions(db: None) -> None:
    ensure_ahead(at=now())


def look(status: int = 200) -> dict[str, Any]:
    """What is said of each check, by its name, and of the whole."""
    answer = Client().get("/readyz")
    assert answer.status_code == status
    assert "no-store" in answer.headers["Cache-Control"]
    said = answer.json()
    return {"status": said["status"]} | {check["name"]: check for check in said["checks"]}


def chunk(**state: Any) -> BillRunChunk:
    at = now()
    run = BillRun.objects.create(
        as_of=at, grace=timedelta(0), started_at=at, started_by="Ada", reason="Told by a test"
    )
    return BillRunChunk.objects.create(run=run, number=1, **state)


def test_a_process_that_lives_says_so_and_asks_nobody(
    django_assert_num_queries: DjangoAssertNumQueries, db: None
) -> None:
    with django_assert_num_queries(0):
        assert Client().get("/livez").json() == {"status": "alive"}


@pytest.mark.usefixtures("partitions")
def test_all_is_well() -> None:
    said = look()
    assert said["status"] == "ready"
    assert {name: said[name]["health"] for name in said if name != "status"} == dict.fromkeys(
        (
            "database",
            "broker",
            "partitions",
            "stale_usage",
            "bill_runs",
            "simulations",
            "close_checks",
            "bill_comparisons",
            "papers",
        ),
        "ok",
    )


@pytest.mark.usefixtures("partitions")
def test_stale_usage_is_late_after_ten_minutes() -> None:
    since = now() - timedelta(minutes=9)
    mark = StaleUsage.objects.create(
        account=account("Acme"), day_from=date(2026, 5, 1), marked_at=since
    )
    assert look()["stale_usage"]["health"] == "ok"
    mark.marked_at = since - timedelta(minutes=1)
    mark.save()
    said = look()
    assert said["status"] == "degraded"
    assert said["stale_usage"]["detail"] == "The oldest has waited for 10 minutes."
    assert said["stale_usage"]["since"].startswith(f"{mark.marked_at:%Y-%m-%dT%H:%M}")


@pytest.mark.usefixtures("partitions")
@pytest.mark.parametrize("state", ["ready", "leased"])
def test_a_chunk_nobody_takes_is_late(state: str) -> None:
    ago = now() - timedelta(minutes=6)
    lease = {"lease_until": ago} if state == "leased" else {}
    chunk(state=state, not_before=ago - timedelta(days=bool(lease)), **lease)
    said = look()["bill_runs"]
    assert (said["health"], said["detail"]) == ("late", "The oldest has waited for 6 minutes.")


@pytest.mark.usefixtures("partitions")
def test_a_simulation_nobody_works_is_late() -> None:
    asked_at = now() - timedelta(minutes=6)
    day = Period(asked_at - timedelta(days=2), asked_at - timedelta(days=1))
    asked: dict[str, Any] = {"at": asked_at, "by": ADA, "reason": "Counted twice"}
    simulations.left_out(meter=Story().meter("requests"), span=day, waits=False, **asked)
    said = look()["simulations"]
    assert (said["health"], said["detail"]) == ("late", "The oldest has waited for 6 minutes.")


@pytest.mark.usefixtures("partitions")
def test_work_that_is_not_due_or_is_being_done_is_not_late() -> None:
    later = now() + timedelta(minutes=1)
    chunk(not_before=later)
    chunk(state="leased", lease_until=later, not_before=now() - timedelta(days=1))
    assert look()["bill_runs"]["health"] == "ok"


@pytest.mark.usefixtures("partitions")
def test_a_missing_partition_is_named() -> None:
    day = now().date() + timedelta(days=3)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TABLE usage_event_{day:%Y%m%d}")
    assert look()["partitions"]["detail"] == (
        f"There is no event partition for {day.isoformat()}; one is tried each minute."
    )


@pytest.mark.usefixtures("partitions")
def test_a_lost_broker_delays_and_does_not_take_the_web_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    said = look()
    assert (said["status"], said["broker"]["health"]) == ("degraded", "late")


@pytest.mark.usefixtures("partitions")
def test_without_a_database_the_web_cannot_serve() -> None:
    def refuse(*args: Any) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        said = look(503)
    assert (said["status"], said["database"]["health"]) == ("unavailable", "down")
    assert "partitions" not in said


@pytest.mark.usefixtures("partitions")
def test_looking_costs_a_known_number_of_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(9):
        look()


def test_nothing_is_changed_here(db: None) -> None:
    assert Client().post("/readyz").status_code == 405
