"""Settling many held events: in steps that may stop anywhere, each event once, and how far."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from core import leases
from core.actor import ReasonMissing
from core.leases import LeaseLost
from core.periods import Period
from tests.cast import resource
from tests.people import ADA
from tests.usage.world import LATER, LONG_AGO, World, days, event, instant, meter
from usage.models import HeldSettlement, QuarantinedEvent, QuarantineReason
from usage.operations import held_settlements, quarantine
from usage.operations.quarantine import NotWaivable
from usage.queries.held import HeldChoice

DECIDED: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "Ticket 4711"}
UNKNOWN = QuarantineReason.UNKNOWN_SUBJECT
RETRY = HeldSettlement.Verb.RETRY


@pytest.fixture(autouse=True)
def _steps_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_settlements, "STEP", 2)


@pytest.fixture
def lost(world: World) -> World:
    """Five events of app-2 and one of app-3, which nobody registered."""
    meter("requests")
    world.sends(*[_event(number, "app-2") for number in range(1, 6)], _event(6, "app-3"))
    return world


def _event(number: int, subject: str) -> dict[str, Any]:
    return event(
        "requests", "2026-05-16", id=f"r-{number}", region="eu", subject=subject, quantity="1"
    )


def start(choice: HeldChoice | None = None, verb: HeldSettlement.Verb = RETRY) -> HeldSettlement:
    return held_settlements.start(choice or HeldChoice(UNKNOWN), verb, **DECIDED)


def work(settlement: HeldSettlement, *, until: datetime = LATER) -> HeldSettlement:
    """A worker's turn, which ends after one step where its time is up."""
    item = held_settlements.claim(at=LATER, settlement=settlement)
    assert item is not None
    held_settlements.work_through(item, lambda: None, clock=lambda: LATER, until=until)
    settlement.refresh_from_db()
    return settlement


FOR_LONG = LATER + timedelta(hours=1)


def test_each_turn_goes_on_where_the_last_one_stopped(lost: World) -> None:
    resource("app-2", of=lost.account, at=LONG_AGO)
    settlement = start()

    taken = [work(settlement).taken_count for _ in range(4)]

    assert taken == [2, 4, 6, 6]
    assert settlement.is_done
    assert (settlement.settled_count, settlement.still_held) == (5, {"unknown_subject": 1})
    assert days() == [("2026-05-16", "5")]


def test_what_cannot_succeed_keeps_nothing_after_it_waiting(lost: World) -> None:
    """The first five stay unknown; the last alone is mended, and it is reached."""
    resource("app-3", of=lost.account, at=LONG_AGO)

    settlement = work(start(), until=FOR_LONG)

    assert (settlement.settled_count, settlement.still_held) == (1, {"unknown_subject": 5})


def test_a_worker_that_died_after_a_step_loses_and_doubles_nothing(
    lost: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource("app-2", of=lost.account, at=LONG_AGO)
    settlement = start()

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(leases, "hold", dies)
        with pytest.raises(KeyboardInterrupt):
            work(settlement)
    # Its lease ran out; somebody else goes on.
    HeldSettlement.objects.filter(pk=settlement.pk).update(lease_until=LATER)
    work(settlement, until=FOR_LONG)

    assert settlement.is_done
    assert days() == [("2026-05-16", "5")]
    # The step that was not written down had settled two: they were gone when they were looked for.
    assert (settlement.settled_count, settlement.gone_count) == (3, 2)
    assert settlement.total_count == 6


def test_a_frozen_worker_writes_nothing_over_the_one_that_went_on(lost: World) -> None:
    settlement = start()
    frozen = held_settlements.claim(at=LATER, settlement=settlement)
    assert frozen is not None
    HeldSettlement.objects.filter(pk=settlement.pk).update(lease_until=LATER)
    work(settlement, until=FOR_LONG)

    with pytest.raises(LeaseLost):
        held_settlements.work_through(frozen, lambda: None, clock=lambda: LATER, until=FOR_LONG)

    settlement.refresh_from_db()
    assert settlement.taken_count == 6


def test_what_others_settled_meanwhile_is_said(lost: World) -> None:
    settlement = start()
    work(settlement)
    ids = list(QuarantinedEvent.objects.order_by("pk").values_list("pk", flat=True))
    quarantine.drop(ids[2:4], **DECIDED)

    work(settlement, until=FOR_LONG)

    assert settlement.is_done
    assert (settlement.gone_count, settlement.still_held) == (2, {"unknown_subject": 4})


def test_only_what_was_chosen_is_settled(lost: World) -> None:
    chosen = HeldChoice(UNKNOWN, subjects=["app-3"])

    settlement = work(start(chosen, HeldSettlement.Verb.DROP), until=FOR_LONG)

    assert (settlement.total_count, settlement.settled_count) == (1, 1)
    left = QuarantinedEvent.objects.filter(state="held")
    assert set(left.values_list("subject", flat=True)) == {"app-2"}


def test_what_arrives_after_the_start_is_not_settled_unseen(lost: World) -> None:
    settlement = start(verb=HeldSettlement.Verb.DROP)
    lost.sends(_event(7, "app-4"))

    work(settlement, until=FOR_LONG)

    assert QuarantinedEvent.objects.get(subject="app-4").state == "held"
    assert settlement.settled_count == 6


def test_a_release_of_what_needs_a_fix_is_refused_before_it_starts(lost: World) -> None:
    with pytest.raises(NotWaivable):
        start(verb=HeldSettlement.Verb.RELEASE)

    assert not HeldSettlement.objects.exists()


def test_without_a_reason_nothing_starts(lost: World) -> None:
    with pytest.raises(ReasonMissing):
        held_settlements.start(HeldChoice(UNKNOWN), RETRY, at=LATER, by=ADA, reason=" ")


def test_what_keeps_failing_is_set_aside_and_goes_on_from_there(
    lost: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settlement = start()
    work(settlement)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(quarantine, "retry", broken)
        for _ in _until_parked(settlement):
            HeldSettlement.objects.filter(pk=settlement.pk).update(not_before=LATER)
            work(settlement)
    assert "the disk is full" not in settlement.parked_reason
    assert settlement.taken_count == 2

    leases.release(settlement, at=LATER)
    settlement.refresh_from_db()
    work(settlement, until=FOR_LONG)

    assert settlement.is_done
    assert settlement.taken_count == 6


def _until_parked(settlement: HeldSettlement) -> Iterator[int]:
    for turn in range(leases.ATTEMPTS_MAX + 1):
        if settlement.state == HeldSettlement.State.PARKED:
            return
        yield turn


def test_the_days_of_a_choice_are_kept(lost: World) -> None:
    day = Period(instant("2026-05-16"), instant("2026-05-17"))
    none = Period(instant("2026-05-17"), instant("2026-05-18"))

    assert start(HeldChoice(UNKNOWN, window=day)).total_count == 6
    assert start(HeldChoice(UNKNOWN, window=none)).total_count == 0
