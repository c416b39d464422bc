"""Corrections are appended: who, why, and exactly the touched days change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.actor import ReasonMissing
from tests.people import ADA
from tests.usage.world import LATER, World, days, dynos, event, instant, meter, outcomes, seconds
from usage.derivation.rebuild import compare
from usage.derivation.refresh import refresh
from usage.envelope.received_event import event_key
from usage.models import Event, EventRevision, Source, StaleUsage, UsageDay
from usage.operations import backfills, event_corrections
from usage.operations.backfills import BackfillClosed, BackfillOpen, Range
from usage.operations.event_corrections import (
    AmendmentUnreadable,
    NothingChanged,
    NotVoided,
    VoidedAlready,
)
from usage.queries.fate import EventNotFound

WHY: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "Ticket 4711"}
MAY = ("2026-05-01", "2026-06-01")


def key(id: str, source: str = "router/us-1") -> UUID:
    return UUID(event_key(source, id))


def amend(id: str, quantity: str, **data: Any) -> EventRevision:
    return event_corrections.amend(key(id), quantity=Decimal(quantity), data=data, **WHY)


@pytest.fixture(autouse=True)
def _requests(world: World) -> None:
    meter("requests")
    world.sends(
        event("requests", "2026-05-16", id="r-1", quantity="5"),
        event("requests", "2026-05-17", id="r-2", quantity="7"),
    )


class TestOneEvent:
    def test_an_amended_event_counts_as_amended_and_stays_as_sent(self, world: World):
        amend("r-1", "6")
        assert world.quantity(*MAY) == "13"
        assert Event.objects.get(event_id="r-1").quantity == 5
        revision = EventRevision.objects.get()
        assert (revision.actor_name, revision.reason, revision.recorded_at) == (
            ADA.name,
            "Ticket 4711",
            LATER,
        )

    def test_voided_and_restored(self, world: World):
        amend("r-1", "6")
        event_corrections.void(key("r-1"), **WHY)
        assert world.quantity(*MAY) == "7"
        event_corrections.restore(key("r-1"), **WHY)
        assert world.quantity(*MAY) == "13"
        assert list(EventRevision.objects.order_by("number").values_list("kind", flat=True)) == [
            "amend",
            "void",
            "unvoid",
        ]

    def test_only_the_touched_day_is_built_again(self, world: World):
        amend("r-1", "6")
        stale = StaleUsage.objects.get()
        assert (str(stale.day_from), str(stale.day_until)) == ("2026-05-16", "2026-05-17")
        before = UsageDay.objects.get(day="2026-05-17").pk
        refresh()
        assert UsageDay.objects.get(day="2026-05-17").pk == before
        assert days() == [("2026-05-16", "6"), ("2026-05-17", "7")]

    def test_a_voided_change_of_state_gives_its_time_back(self, world: World):
        dynos()
        world.scales(
            ("2026-05-01", "1", "1x"), ("2026-05-03", "2", "1x"), ("2026-05-05", "0", "1x")
        )
        dyno_days = int(world.by_size_of("dyno_seconds", *MAY)["1x"])
        assert dyno_days == int(seconds(days=2)) + 2 * int(seconds(days=2))
        event_corrections.void(key("scale-000002"), **WHY)
        assert world.by_size_of("dyno_seconds", *MAY) == {"1x": seconds(days=4)}

    def test_a_retry_of_the_original_is_still_a_duplicate(self, world: World):
        amend("r-1", "6")
        again = event("requests", "2026-05-16", id="r-1", quantity="5")
        assert outcomes(world.sends(again)) == [("duplicate", "duplicate")]

    def test_rebuilding_keeps_corrections(self, world: World):
        amend("r-1", "6")
        event_corrections.void(key("r-2"), **WHY)
        assert [each for found in compare() for each in found.differences] == []
        assert world.quantity(*MAY) == "6"

    def test_what_a_correction_would_do_can_be_seen_without_doing_it(self, world: World):
        with event_corrections.only_supposed():
            amend("r-1", "100")
            supposed = world.quantity(*MAY)
        assert (supposed, world.quantity(*MAY)) == ("107", "12")
        assert not EventRevision.objects.exists()


class TestRefusals:
    def test_an_unknown_event(self):
        with pytest.raises(EventNotFound):
            event_corrections.void(uuid4(), **WHY)

    def test_the_same_again(self):
        with pytest.raises(NothingChanged):
            amend("r-1", "5")

    def test_twice_voided_or_never_voided(self):
        with pytest.raises(NotVoided):
            event_corrections.restore(key("r-1"), **WHY)
        event_corrections.void(key("r-1"), **WHY)
        with pytest.raises(VoidedAlready):
            event_corrections.void(key("r-1"), **WHY)
        with pytest.raises(VoidedAlready):
            amend("r-1", "6")

    def test_what_the_meter_could_not_read(self):
        with pytest.raises(AmendmentUnreadable):
            amend("r-1", "-6")

    def test_without_a_reason(self):
        with pytest.raises(ReasonMissing):
            event_corrections.void(key("r-1"), at=LATER, by=ADA, reason=" ")


class TestBackfills:
    @pytest.fixture
    def january(self) -> Range:
        source = Source.objects.get()
        return Range(source, instant("2026-01-01"), instant("2026-02-01"), replaces=True)

    def old(self, number: int, quantity: str) -> dict[str, Any]:
        return event("requests", "2026-01-10", id=f"old-{number}", quantity=quantity)

    def test_a_range_is_reported_again_and_replaces_what_was_there(
        self, world: World, january: Range
    ):
        world.sends(self.old(1, "5"), at=instant("2026-01-11"))
        backfill = backfills.start(january, **WHY)
        world.sends(self.old(2, "8"), backfill=backfill)
        assert backfills.close(backfill=backfill, **WHY) == 1
        assert world.quantity("2026-01-01", "2026-02-01") == "8"

    def test_taken_back_everything_is_as_before(self, world: World, january: Range):
        world.sends(self.old(1, "5"), at=instant("2026-01-11"))
        backfill = backfills.start(january, **WHY)
        world.sends(self.old(2, "8"), backfill=backfill)
        backfills.close(backfill=backfill, **WHY)
        backfills.take_back(backfill=backfill, **WHY)
        assert world.quantity("2026-01-01", "2026-02-01") == "5"
        with pytest.raises(BackfillClosed):
            backfills.take_back(backfill=backfill, **WHY)

    def test_events_outside_its_range_are_refused(self, world: World, january: Range):
        backfill = backfills.start(january, **WHY)
        stray = event("requests", "2026-02-10", id="stray", quantity="1")
        assert outcomes(world.sends(stray, backfill=backfill)) == [("rejected", "outside_backfill")]

    def test_one_at_a_time(self, january: Range):
        backfills.start(january, **WHY)
        with pytest.raises(BackfillOpen):
            backfills.start(january, **WHY)
