"""Every rule of the books is looked at each night, a few at a time, and what was seen is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError

from core.invariants import Invariant, InvariantResult, invariants
from duty.models import RuleLook
from duty.operations.looking import AGAIN_AFTER, look_at, look_at_due
from duty.queries.looks import books_seen, rule_measures
from tests.usage.world import LATER

pytestmark = pytest.mark.django_db


class Clock:
    """Goes on by a second with each look at it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def test_all_rules_are_looked_at_and_none_again_before_the_next_night() -> None:
    known = len(invariants())
    hour = timedelta(hours=1)
    assert look_at_due(clock=Clock(LATER), until=LATER + hour) == known
    seen = books_seen()
    assert (seen.rules, seen.looked_at, seen.violations, seen.failed) == (known, known, 0, ())
    again = LATER + hour
    assert look_at_due(clock=Clock(again), until=again + hour) == 0
    tomorrow = LATER + AGAIN_AFTER + hour
    assert look_at_due(clock=Clock(tomorrow), until=tomorrow + timedelta(seconds=500)) > 0


def test_a_wake_up_ends_in_time_and_the_next_goes_on_where_it_was() -> None:
    clock = Clock(LATER)
    first = look_at_due(clock=clock, until=LATER + timedelta(seconds=len(invariants()) + 10))
    assert 0 < first < len(invariants())
    assert books_seen().oldest is None
    while look_at_due(clock=clock, until=clock.at + timedelta(hours=1)):
        pass
    looks = RuleLook.objects.values_list("rule", "text")
    assert len(looks) == len(set(looks)) == len(invariants())


def test_what_breaks_a_rule_is_kept_with_examples() -> None:
    broken = Invariant("X1", "No row is wrong.", lambda: InvariantResult(10, 2, ("a", "b")))
    look = look_at(broken, at=LATER)
    assert (look.examined, look.violations, look.samples) == (10, 2, ["a", "b"])
    with pytest.raises(DatabaseError, match="append-only"):
        RuleLook.objects.update(violations=0)


def test_a_rule_that_takes_too_long_keeps_no_other_from_being_looked_at() -> None:
    def slow() -> InvariantResult:
        raise DatabaseError("canceling statement due to statement timeout")

    look = look_at(Invariant("X1", "No row is wrong.", slow), at=LATER)
    assert look.failed == "canceling statement due to statement timeout"


def test_whoever_watches_is_told_of_the_books() -> None:
    look_at_due(clock=Clock(LATER), until=LATER + timedelta(hours=1))
    found = {number.name: number.value for number in rule_measures(at=LATER + timedelta(hours=2))}
    assert found["counterfoil_rule_violations"] == 0
    assert found["counterfoil_rules_age_seconds"] > 3600
