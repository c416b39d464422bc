"""What is derived can be dropped; partitions are there in time; invariants see what is wrong."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from core.invariants import invariants
from tests.tampering import guards_off
from tests.usage.world import LATER, World, dynos, event, instant, meter
from usage import tasks
from usage.models import Event, EventKey, Interval, QuarantinedEvent, StaleUsage, UsageDay
from usage.operations.housekeeping import forget_reference_changes
from usage.partitions import ensure_ahead, missing_days

OURS = ("I1", "I2", "I3", "I5", "I6", "U1", "U2")


@pytest.fixture
def busy(world: World) -> World:
    """A platform with something of every kind."""
    meter("requests")
    meter("peak", "max", event_type="requests")
    meter("lowest", "min", event_type="requests")
    meter("mean", "mean", event_type="requests")
    meter("level", "latest", event_type="requests")
    meter("held", "time_weighted_sum", event_type="requests", carries_over=True)
    meter("p95", "percentile", event_type="requests", percentile=95, sample_seconds=300)
    meter("users", "unique", event_type="active", member_property="user")
    dynos()
    world.uses("requests", *[(f"2026-05-{n:02d}T{n:02d}:00", f"{n}.5") for n in range(1, 20)])
    world.sends(*[event("active", "2026-05-03", id=f"a-{n}", user=f"u{n % 3}") for n in range(9)])
    world.scales(("2026-05-01", "1", "1x"), ("2026-05-03", "2", "2x"), ("2026-05-05", "0", "1x"))
    world.sends(event("unheard.of", "2026-05-03", id="x-1"))
    return world


def rebuild(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("rebuild_rollups", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def figures(world: World) -> list[tuple[str, str]]:
    found = world.metered("2026-05-01", "2026-06-01")
    return [(each.meter_code, str(each.quantity)) for each in found]


class TestRebuilding:
    def test_everything_derived_comes_back_to_the_digit(self, busy: World):
        before = figures(busy)
        UsageDay.objects.all().delete()
        Interval.objects.all().delete()
        rebuild()
        assert figures(busy) == before
        assert rebuild("--check")["different"] == 0

    @pytest.mark.parametrize("table", [UsageDay, Interval])
    def test_a_changed_figure_is_found(self, busy: World, table: type[Any]):
        figures(busy)
        row = table.objects.earliest("pk")
        row.quantity += 1
        row.save()
        with pytest.raises(SystemExit):
            call_command("rebuild_rollups", "--check", stdout=StringIO())

    def test_one_account_can_be_rebuilt_alone(self, busy: World):
        figures(busy)
        UsageDay.objects.all().delete()
        assert rebuild("--account", busy.account.public_id) == {"accounts": 1}
        assert UsageDay.objects.exists()


class TestInvariants:
    def test_all_hold_on_a_busy_platform(self, busy: World):
        assert [each.text for each in invariants(OURS) if not each.check().holds] == []

    def violated(self) -> set[str]:
        return {each.id for each in invariants(OURS) if not each.check().holds}

    def test_a_lost_event_is_seen(self, busy: World):
        EventKey.objects.create(key=uuid4(), fingerprint=uuid4(), occurred_at=LATER, receipt_id=1)
        assert "I1" in self.violated()

    def test_a_vanished_held_event_is_seen(self, busy: World):
        QuarantinedEvent.objects.all().delete()
        assert {"I1", "I2"} <= self.violated()

    def test_a_doubled_figure_is_seen(self, busy: World):
        figures(busy)
        UsageDay.objects.filter(meter__code="requests").first().delete()  # type: ignore[union-attr]
        assert self.violated() == {"I6"}

    def test_verdicts_that_do_not_add_up_are_seen(self, busy: World):
        self.force(
            "usage_receipt",
            "ALTER TABLE usage_receipt DROP CONSTRAINT usage_receipt_counts_add_up;"
            " UPDATE usage_receipt SET sent_count = sent_count + 1",
        )
        assert self.violated() == {"I3"}

    def test_a_receipt_that_promises_more_than_is_stored_is_seen(self, busy: World):
        self.force(
            "usage_receipt",
            "UPDATE usage_receipt SET accepted_count = accepted_count + 1,"
            " sent_count = sent_count + 1",
        )
        assert self.violated() == {"I2"}

    def test_an_event_that_was_moved_in_time_is_seen(self, busy: World):
        self.force("usage_eventkey", "UPDATE usage_eventkey SET occurred_at = now()")
        assert "I1" in self.violated()

    def test_a_negative_figure_is_seen(self, busy: World):
        figures(busy)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE usage_usageday SET quantity = -1")
        broken = [each.text for each in invariants(["I6"]) if not each.check().holds]
        assert "No quantity is below 0 where its meter counts from 0 up." in broken

    def force(self, table: str, statement: str) -> None:
        """Change rows as only the owner of the table can: with its triggers switched off."""
        with guards_off(table) as cursor:
            cursor.execute(statement)

    def test_a_state_nobody_ends_is_seen(self, busy: World):
        figures(busy)
        busy.scales(("2026-05-20", "1", "1x"))
        figures(busy)
        with guards_off("usage_meter") as cursor:
            cursor.execute("UPDATE usage_meter SET retired_at = now() WHERE code = 'dyno_seconds'")
        assert "U1" in self.violated()


class TestTheDatabaseItself:
    def test_events_are_append_only(self, busy: World):
        for statement in (
            "UPDATE usage_event SET quantity = 0",
            "DELETE FROM usage_event",
            "TRUNCATE usage_event",
            "UPDATE usage_eventkey SET fingerprint = key",
        ):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

    def test_no_state_overlaps_itself(self, busy: World):
        figures(busy)
        first = Interval.objects.earliest("started_at")
        first.pk = None
        first.started_at += timedelta(hours=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            _save_at_once(first)

    @pytest.mark.parametrize("number", ["NaN", "Infinity"])
    def test_no_figure_is_other_than_a_number(self, busy: World, number: str):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE usage_usageday SET quantity = %s", [number])


@pytest.mark.django_db(transaction=True)
class TestPartitions:
    def test_they_are_made_ahead_once(self):
        at = instant("2031-01-01T12:00")
        made = ensure_ahead(at=at, days=2)
        assert [str(day) for day in made] == [
            "2030-12-31",
            "2031-01-01",
            "2031-01-02",
            "2031-01-03",
        ]
        assert ensure_ahead(at=at, days=2) == []
        _drop("2030-12-31", "2031-01-01", "2031-01-02", "2031-01-03")

    def test_an_event_without_a_partition_is_kept_and_moved_into_its_own(self):
        meter("requests")
        world = World(at=instant("2031-05-01"))
        day = date(2031, 4, 20)
        with transaction.atomic():
            world.uses("requests", ("2031-04-20", "5"))
        assert missing_days([day]) == [day]
        assert _tables() == {"usage_event_default"}
        ensure_ahead(at=instant("2031-04-20"), days=0)
        assert _tables() == {"usage_event_20310420"}
        assert Event.objects.get().quantity == 5
        _drop("2031-04-19", "2031-04-20")

    def test_an_old_event_gets_its_partition_on_demand(self):
        meter("requests")
        World(at=instant("2031-05-01")).uses("requests", ("2031-04-10", "5"))
        assert _tables() == {"usage_event_20310410"}
        _drop("2031-04-10")

    def test_an_event_in_the_partition_of_another_day_is_seen(self):
        meter("requests")
        World(at=instant("2031-05-01")).uses("requests", ("2031-04-10", "5"))
        [rule] = invariants(["I5"])
        assert rule.check().holds
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE usage_event_20310410 RENAME TO usage_event_20310411")
            assert rule.check().violations == 1
            cursor.execute("ALTER TABLE usage_event_20310411 RENAME TO usage_event_20310410")
        _drop("2031-04-10")


class TestTasks:
    def test_stale_usage_is_worked_off(self, busy: World):
        assert StaleUsage.objects.exists()
        assert tasks.refresh_stale_usage() > 0
        assert not StaleUsage.objects.exists()

    def test_old_notes_of_changes_are_forgotten(self, busy: World):
        assert forget_reference_changes(before=LATER.replace(year=2000)) == 0
        with time_machine.travel(LATER + timedelta(days=3_650), tick=False):
            assert tasks.tidy_reference_changes() > 0


def _save_at_once(row: Interval) -> None:
    """Insert, and have what is checked at commit checked now."""
    row.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM usage_event")
        return {row[0] for row in cursor.fetchall()}


def _drop(*days: str) -> None:
    """Leave the table with the partitions it had; the process forgets them with its test."""
    from usage import partitions

    with connection.cursor() as cursor:
        for day in days:
            cursor.execute(f"DROP TABLE usage_event_{day.replace('-', '')}")
    partitions._known.clear()
    partitions._put_off_at.clear()
