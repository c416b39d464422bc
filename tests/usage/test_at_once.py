"""Real transactions at the same time: an event is booked once, and no figure is lost or doubled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction

from accounts.operations import resources
from core.decimals import decimal_text
from tests.cast import account, resource
from tests.people import PLATFORM
from tests.usage.world import LATER, LONG_AGO, World, dynos, event, instant, meter
from usage.derivation import period_totals
from usage.derivation.period_totals import DayPeriod
from usage.derivation.rebuild import compare, rebuild
from usage.derivation.refresh import refresh
from usage.invariants import kept_periods_are_their_days
from usage.models import Event, EventConflict, Receipt, UsageDay

Result = TypeVar("Result")

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


def at_once(*calls: Callable[[], Result]) -> list[Result]:
    """Call all of them at the same moment, each on its own connection."""
    ready = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        try:
            ready.wait(timeout=20)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [done.result(timeout=60) for done in [threads.submit(run, call) for call in calls]]


def request(number: int, quantity: str = "1", day: int = 16) -> dict[str, Any]:
    return event("requests", f"2026-05-{day:02d}", id=f"r-{number:05d}", quantity=quantity)


def assert_derived_is_right() -> None:
    assert [each for comparison in compare() for each in comparison.differences] == []


def test_parallel_same_id_x16_is_accepted_once(world: World):
    meter("requests")
    found = at_once(*[lambda: world.sends(request(1)).verdicts[0].outcome] * 16)
    assert Counter(found) == {"accepted": 1, "duplicate": 15}
    assert (Event.objects.count(), Receipt.objects.count()) == (1, 1)
    assert UsageDay.objects.get().quantity == 1


def test_of_two_contents_under_one_id_at_once_one_is_kept_and_one_shown(world: World):
    meter("requests")
    calls = [lambda n=n: world.sends(request(1, str(n))).verdicts[0].outcome for n in range(1, 9)]
    assert Counter(at_once(*calls)) == {"accepted": 1, "conflict": 7}
    assert (Event.objects.count(), EventConflict.objects.count()) == (1, 7)
    assert UsageDay.objects.get().quantity == Event.objects.get().quantity


def test_overlapping_batches_in_different_order_neither_deadlock_nor_double(world: World):
    meter("requests")
    for number in range(2, 31):
        resource(f"app-{number}", of=world.account, at=LONG_AGO)
    everything = [
        request(number, day=1 + number % 20) | {"subject": f"app-{1 + number % 30}"}
        for number in range(600)
    ]

    def sender(seed: int) -> Callable[[], int]:
        def send() -> int:
            mine = random.Random(seed).sample(everything, len(everything))
            batches = [mine[start : start + 150] for start in range(0, len(mine), 150)]
            return sum(world.sends(*batch).counts["accepted"] for batch in batches)

        return send

    assert sum(at_once(*[sender(seed) for seed in range(6)])) == 600
    assert Event.objects.count() == 600
    assert sum(UsageDay.objects.values_list("event_count", flat=True)) == 600
    assert_derived_is_right()


def test_the_same_batch_in_opposite_order_does_not_deadlock(world: World):
    meter("requests")
    rounds = [[request(1_000 * turn + n) for n in range(900)] for turn in range(6)]
    start = Barrier(4)

    def sender(turned: bool) -> Callable[[], int]:
        def send() -> int:
            accepted = 0
            for batch in rounds:
                start.wait(timeout=20)
                mine = batch[::-1] if turned else batch
                accepted += world.sends(*mine).counts["accepted"]
            return accepted

        return send

    assert sum(at_once(sender(False), sender(True), sender(False), sender(True))) == 6 * 900


def test_rebuilding_while_events_come_in_loses_and_doubles_nothing(world: World):
    meter("requests")
    meter("peak", "max", event_type="requests")
    meter("users", "unique", event_type="active", member_property="user")
    dynos()

    def send(part: int) -> Callable[[], int]:
        def batches() -> int:
            for step in range(12):
                number = part * 1_000 + step * 10
                world.sends(
                    *[request(number + n, str(n), day=1 + step) for n in range(8)],
                    event("active", f"2026-05-{1 + step:02d}", id=f"a-{number}", user=f"u{step}"),
                    event(
                        "formation.scaled",
                        f"2026-05-{1 + step:02d}T{part:02d}:00",
                        id=f"s-{number}",
                        process_type="web",
                        size="1x",
                        quantity=str(step % 3),
                    ),
                )
            return 12

        return batches

    def keep(work: Callable[[], object]) -> Callable[[], int]:
        def again() -> int:
            for _ in range(10):
                work()
            return 0

        return again

    may = DayPeriod(world.account.pk, date(2026, 5, 1), date(2026, 6, 1))
    at_once(
        send(1),
        send(2),
        keep(lambda: list(rebuild())),
        keep(refresh),
        keep(lambda: period_totals.keep([may])),
    )
    assert Event.objects.count() == 2 * 12 * 10
    assert_derived_is_right()
    assert kept_periods_are_their_days().violations == 0


def test_what_is_kept_of_a_month_never_lacks_an_event_that_was_accepted(world: World):
    meter("requests")
    may = DayPeriod(world.account.pk, date(2026, 5, 1), date(2026, 6, 1))
    missing: list[tuple[int, str]] = []

    def send() -> int:
        for number in range(1, 31):
            world.sends(request(number, day=1 + number % 20))
            found = world.quantity("2026-05-01", "2026-06-01")
            if found != str(number):
                missing.append((number, found))
        return 0

    def keep() -> int:
        return sum(period_totals.keep([may]) for _ in range(60))

    sent, *kept = at_once(send, keep, keep)
    assert (sent, missing) == (0, [])
    assert sum(kept) > 0
    assert kept_periods_are_their_days().violations == 0


def test_a_transfer_while_events_come_in_leaves_each_event_with_its_owner(world: World):
    meter("requests")
    other = account("Other", at=LONG_AGO)
    moment = instant("2026-05-10")

    def send() -> int:
        for number in range(40):
            world.sends(*[request(number * 50 + n, day=1 + n % 20) for n in range(25)])
        return 0

    def hand_over() -> int:
        resources.transfer(resource=world.app, to=other, at=moment, by=PLATFORM, reason="As agreed")
        return 0

    at_once(send, hand_over)
    refresh()
    before, after = (
        sum(UsageDay.objects.filter(account=owner).values_list("event_count", flat=True))
        for owner in (world.account, other)
    )
    assert (before, after) == (
        Event.objects.filter(occurred_at__lt=moment).count(),
        Event.objects.filter(occurred_at__gte=moment).count(),
    )
    assert_derived_is_right()


def test_a_resource_registered_by_another_process_is_known_at_once(world: World):
    """What a process remembers is checked in the transaction that books the event."""
    meter("requests")
    new = request(1) | {"subject": "app-new"}
    assert world.sends(new).verdicts[0].code == "unknown_subject"
    at_once(lambda: resource("app-new", of=world.account, at=LONG_AGO))
    assert world.sends(new | {"id": "r-2"}).verdicts[0].outcome == "accepted"


def test_an_owner_changed_by_another_process_is_known_at_once(world: World):
    meter("requests")
    world.sends(request(1, day=11))
    other = account("Other", at=LONG_AGO)
    at_once(
        lambda: resources.transfer(
            resource=world.app, to=other, at=instant("2026-05-10"), by=PLATFORM, reason="As agreed"
        )
    )
    refresh()
    world.sends(request(2, day=12))
    assert list(UsageDay.objects.values_list("account", flat=True)) == [other.pk, other.pk]
    assert_derived_is_right()


def test_what_a_rolled_back_transaction_made_is_not_remembered(world: World):
    meter("requests")
    with transaction.atomic():
        ghost = resource("app-ghost", of=world.account, at=LONG_AGO)
        assert world.sends(request(1) | {"subject": "app-ghost"}).counts["accepted"] == 1
        transaction.set_rollback(True)
    assert world.sends(request(1) | {"subject": "app-ghost"}).verdicts[0].code == "unknown_subject"
    assert not Event.objects.filter(resource_id=ghost.pk).exists()


def test_readers_always_see_whole_figures(world: World):
    """A figure read while its day is being built again is that of all events booked before."""
    meter("users", "unique", event_type="active", member_property="user")
    seen: list[str] = []

    def send() -> int:
        for number in range(30):
            world.sends(event("active", "2026-05-16", id=f"a-{number}", user=f"u{number}"))
        return 0

    def read() -> int:
        for _ in range(15):
            seen.extend(decimal_text(q.quantity) for q in world.metered("2026-05-01", "2026-06-01"))
        return 0

    at_once(send, read, read)
    assert world.quantity("2026-05-01", "2026-06-01") == "30"
    assert all(0 < int(text) <= 30 for text in seen)


def test_a_year_old_replay_is_still_a_duplicate(world: World):
    meter("requests")
    world.sends(request(1))
    later = LATER + timedelta(days=400)
    assert world.sends(request(1), at=later).verdicts[0].outcome == "duplicate"
