"""Work is done once, whoever dies: leases expire, tokens fence, worn-out items are parked."""

from datetime import timedelta

import pytest

from core import leases
from core.leases import LeaseLost, NotParked
from tests.cast import NOON
from tests.core.errands import MINUTE, Errand, claim, errand, errands_table

__all__ = ["errands_table"]

pytestmark = pytest.mark.usefixtures("errands_table")


def test_the_oldest_due_items_are_claimed_first() -> None:
    errand("later", not_before=NOON + MINUTE)
    errand("second", not_before=NOON - MINUTE)
    errand("first", not_before=NOON - 2 * MINUTE)
    assert [item.name for item in claim(limit=1)] == ["first"]
    assert [item.name for item in claim()] == ["second"]
    assert claim() == []


def test_a_claim_is_written_down() -> None:
    errand()
    (taken,) = claim()
    stored = Errand.objects.get()
    assert (taken.state, taken.token, taken.attempts) == ("leased", 1, 1)
    assert (stored.state, stored.token, stored.attempts) == ("leased", 1, 1)
    assert stored.lease_until == NOON + MINUTE


def test_a_lease_that_ran_out_is_claimed_again_under_another_token() -> None:
    errand()
    (dead,) = claim()
    assert claim(at=NOON + MINUTE - timedelta(microseconds=1)) == []
    (alive,) = claim(at=NOON + MINUTE)
    assert (dead.token, alive.token) == (1, 2)


def test_the_frozen_worker_changes_nothing_when_it_wakes() -> None:
    errand()
    (frozen,) = claim()
    (other,) = claim(at=NOON + MINUTE)
    for effect in (
        lambda: leases.hold(frozen),
        lambda: leases.complete(frozen, at=NOON + MINUTE),
        lambda: leases.fail(frozen, error="late", at=NOON + MINUTE),
        lambda: leases.park(frozen, reason="late"),
        lambda: leases.extend(frozen, at=NOON + MINUTE, lease_for=MINUTE),
    ):
        with pytest.raises(LeaseLost):
            effect()
    leases.hold(other)
    leases.complete(other, at=NOON + 2 * MINUTE)
    stored = Errand.objects.get()
    assert (stored.state, stored.done_at) == ("done", NOON + 2 * MINUTE)


def test_a_done_item_is_held_by_nobody() -> None:
    errand()
    (mine,) = claim()
    leases.complete(mine, at=NOON)
    with pytest.raises(LeaseLost):
        leases.hold(mine)


def test_a_failure_waits_twice_as_long_each_time_and_then_parks() -> None:
    errand()
    at, waits = NOON, []
    while True:
        (mine,) = claim(at=at)
        leases.fail(mine, error="no paper", at=at)
        if mine.state == "parked":
            break
        waits.append(int((mine.not_before - at).total_seconds()))
        at = mine.not_before
    assert waits == [10, 20, 40, 80]
    stored = Errand.objects.get()
    assert stored.parked_reason == "Gave up after 5 attempts: no paper"
    assert claim(at=NOON + timedelta(days=1)) == []


def test_an_item_that_kills_its_worker_is_parked_in_the_end() -> None:
    errand()
    for attempt in range(5):
        assert len(claim(at=NOON + attempt * MINUTE)) == 1
    assert claim(at=NOON + 5 * MINUTE) == []
    stored = Errand.objects.get()
    assert stored.state == "parked"
    assert stored.parked_reason == "Gave up after 5 attempts: its worker died each time"


def test_a_parked_item_is_released_with_all_its_attempts() -> None:
    errand()
    (mine,) = claim()
    leases.park(mine, reason="No price")
    leases.release(mine, at=NOON)
    (again,) = claim()
    assert (again.attempts, again.token) == (1, 2)
    with pytest.raises(NotParked):
        leases.release(again, at=NOON)


def test_backoff_is_bounded() -> None:
    assert leases.backoff(50) == timedelta(minutes=15)


def test_a_worn_item_does_not_keep_the_others_from_being_claimed() -> None:
    errand("worn", attempts=5)
    errand("next", not_before=NOON + MINUTE)
    assert [item.name for item in claim(limit=1, at=NOON + MINUTE)] == ["next"]
    worn = Errand.objects.get(name="worn")
    assert (worn.state, worn.parked_reason) == (
        "parked",
        "Gave up after 5 attempts: its worker died each time",
    )
