"""What cannot be worked on stands aside and says so; the others go on, and it waits its turn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from accounts.models import Account
from core.isolating import isolated
from tests.cast import account, resource
from tests.people import ADA
from tests.usage.world import LATER, LONG_AGO, World, days, event, meter, outcomes
from usage.derivation import period_totals, refresh
from usage.derivation.period_totals import DayPeriod
from usage.derivation.sweeping import RETRY_AFTER, sweep
from usage.expressions import compile_expression
from usage.models import QuarantinedEvent, QuarantineReason, StaleUsage, UsagePeriod
from usage.operations import quarantine
from usage.operations.ingest.placing import Placing
from usage.queries.health import usage_checks
from usage.reference_cache import Directory

DECIDED: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "Ticket 4711"}
MAY = (date(2026, 5, 1), date(2026, 6, 1))


def fails_for(poisoned: Account, monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    """Whatever is built again for this account fails."""
    rebuild = refresh._rebuild

    def rebuild_others(marks: Any) -> None:
        if any(mark.account_id == poisoned.pk for mark in marks):
            raise problem
        rebuild(marks)

    monkeypatch.setattr(refresh, "_rebuild", rebuild_others)


class TestSweepingWhatIsStale:
    @pytest.fixture
    def poisoned(self, world: World, monkeypatch: pytest.MonkeyPatch) -> Account:
        """Three accounts with a mark each; that of the first cannot be built."""
        meter("seats", "latest")
        for name in ("app-2", "app-3"):
            resource(name, of=account(name, at=LONG_AGO), at=LONG_AGO)
        for name in ("app-1", "app-2", "app-3"):
            world.sends(event("seats", "2026-05-02", id=name, subject=name, quantity="4"))
        fails_for(world.account, monkeypatch, IntegrityError('duplicate key "usage_day_bucket"'))
        return world.account

    def test_BL7_the_marks_of_other_customers_are_worked(self, poisoned: Account):
        assert sweep(at=LATER, limit=100) == 2
        (mark,) = StaleUsage.objects.all()
        assert (mark.account, mark.tried_at) == (poisoned, LATER)
        assert mark.problem.startswith("It could not be built again")
        assert "duplicate key" not in mark.problem
        assert days() == [("2026-05-02", "4"), ("2026-05-02", "4")]

    def test_what_failed_is_not_picked_first_again(self, poisoned: Account, world: World):
        sweep(at=LATER, limit=100)
        world.sends(
            event("seats", "2026-05-03", id="more", subject="app-2", quantity="4"),
            at=LATER + RETRY_AFTER,
        )
        assert sweep(at=LATER + RETRY_AFTER, limit=1) == 1
        assert StaleUsage.objects.get().account == poisoned

    def test_it_is_tried_again_later_and_goes_through_once_mended(
        self, poisoned: Account, monkeypatch: pytest.MonkeyPatch
    ):
        sweep(at=LATER, limit=100)
        monkeypatch.undo()
        assert sweep(at=LATER + timedelta(minutes=1), limit=100) == 0
        assert sweep(at=LATER + RETRY_AFTER, limit=100) == 1
        assert not StaleUsage.objects.exists()

    def test_nothing_is_set_aside_for_a_database_that_went_away(
        self, world: World, poisoned: Account, monkeypatch: pytest.MonkeyPatch
    ):
        fails_for(world.account, monkeypatch, OperationalError("the connection is lost"))
        with pytest.raises(OperationalError):
            sweep(at=LATER, limit=100)
        assert set(StaleUsage.objects.values_list("problem", flat=True)) == {""}

    def test_health_says_that_something_cannot_be_built(self, poisoned: Account):
        sweep(at=LATER, limit=100)
        found = {each.name: each for each in usage_checks(at=LATER + timedelta(hours=1))}
        assert found["stale_usage"].detail == (
            "The oldest has waited for 60 minutes. 1 could not be built."
        )


def test_a_period_that_cannot_be_added_up_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    others = [account(name, at=LONG_AGO) for name in ("Second", "Third")]
    keep = period_totals._keep

    def keep_others(missing: Any) -> None:
        if any(each[0] == world.account.pk for each in missing):
            raise IntegrityError("out of range")
        keep(missing)

    monkeypatch.setattr(period_totals, "_keep", keep_others)
    asked = [DayPeriod(each.pk, *MAY) for each in (world.account, *others)]
    assert period_totals.keep(asked) == 2
    kept = UsagePeriod.objects.values_list("account", flat=True)
    assert set(kept) == {each.pk for each in others}


class TestTryingHeldEventsAgain:
    def test_one_that_cannot_be_judged_holds_up_no_other(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        meter("requests")
        names = ("app-2", "app-3", "app-4", "app-5")
        world.sends(
            *[event("requests", "2026-05-02", id=n, subject=n, quantity="1") for n in names]
        )
        for name in names:
            resource(name, of=world.account, at=LONG_AGO)
        place = Placing.place

        def place_others(self: Placing, draft: Any) -> Any:
            if draft.subject == "app-3":
                raise ZeroDivisionError("poison")
            return place(self, draft)

        monkeypatch.setattr(Placing, "place", place_others)
        settled = quarantine.retry_all(QuarantineReason.UNKNOWN_SUBJECT, **DECIDED)
        assert (settled.released, settled.held) == (3, {"unknown_subject": 1})
        held = QuarantinedEvent.objects.get(state="held")
        assert (held.subject, held.tried_at) == ("app-3", LATER)
        assert held.detail.startswith("Trying it again failed")
        assert "poison" not in held.detail


class TestTakingEventsIn:
    def test_one_that_cannot_be_judged_is_held_and_the_others_are_taken_in(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        meter("requests")
        standing_at = Directory.standing_at

        def standing_of_others(self: Directory, subject: str, at: Any) -> Any:
            if subject == "app-2":
                raise LookupError("poison")
            return standing_at(self, subject, at)

        monkeypatch.setattr(Directory, "standing_at", standing_of_others)
        found = world.sends(
            event("requests", "2026-05-02", id="a", quantity="1"),
            event("requests", "2026-05-02", id="b", subject="app-2", quantity="1"),
            event("requests", "2026-05-02", id="c", quantity="1"),
        )
        assert outcomes(found) == [
            ("accepted", None),
            ("quarantined", "not_judged"),
            ("accepted", None),
        ]
        assert "poison" not in QuarantinedEvent.objects.get().detail

    def test_a_value_of_a_thousand_terms_holds_its_own_events_only(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        """Saved before there was a bound."""
        monkeypatch.setattr("usage.expressions.parser.PARTS_MAX", 1_000)
        meter("long", value_expression="+".join(["a"] * 1_000))
        meter("requests")
        monkeypatch.undo()
        compile_expression.cache_clear()
        found = world.sends(
            event("requests", "2026-05-02", id="a", quantity="1"),
            event("long", "2026-05-02", id="b", quantity="1", a=1),
        )
        assert outcomes(found) == [("accepted", None), ("quarantined", "unreadable_property")]

    def test_a_value_that_grows_beyond_all_bounds_holds_its_event(self, world: World):
        meter("grows", value_expression="*".join(["a"] * 200))
        found = world.sends(event("grows", "2026-05-02", id="a", quantity="1", a=99_999))
        assert outcomes(found) == [("quarantined", "unreadable_property")]
        assert "more than 200 digits" in QuarantinedEvent.objects.get().detail


def isolating(bad: set[int], count: int) -> tuple[list[int], list[int], int]:
    done: list[int] = []
    aside: list[int] = []

    def work(items: Any) -> None:
        if bad & set(items):
            raise ValueError("poison")
        done.extend(items)

    worked = isolated(list(range(count)), work, set_aside=lambda item, _: aside.append(item))
    return done, aside, worked


@pytest.mark.parametrize("bad", [set(), {0}, {6}, {3, 4}, set(range(7))])
def test_exactly_what_fails_is_set_aside_and_the_rest_is_done_once(bad: set[int]):
    done, aside, worked = isolating(bad, 7)
    assert sorted(aside) == sorted(bad)
    assert sorted(done) == sorted(set(range(7)) - bad)
    assert worked == len(done)


def test_one_among_a_thousand_is_found_in_twenty_steps():
    calls = 0

    def work(items: Any) -> None:
        nonlocal calls
        calls += 1
        if 500 in items:
            raise ValueError("poison")

    isolated(list(range(1_000)), work, set_aside=lambda item, problem: None)
    assert calls <= 21
