"""Limits on spending: told once at each mark, stopped and resumed, and no usage ever refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Resource
from billing.spending.invariants import stops_are_of_limits_that_stop, stops_end_with_their_limit
from billing.spending.models import SpendingLimit, SpendingMark, SpendingResume, SpendingWatch
from billing.spending.operations import limits, looking
from billing.spending.operations.limits import SpendingLimitEnded, SpendingLimitInvalid
from billing.spending.queries.limits import limits_of, reactions
from billing.spending.queries.spent import spent_so_far
from eventing.models import OutboxEvent
from tests.at_once import at_once, rounds
from tests.billing.prices import dyno_month, dyno_seconds
from tests.billing.spending.spending import limited, looks, metered, told, uses
from tests.people import ADA, PLATFORM
from tests.story import WHY, Customer, Story
from usage.models import Event
from usage.operations import event_corrections

LIMIT = limits.LimitTerms(100_00, stops=True)


@pytest.fixture
def acme(story: Story) -> Customer:
    return metered(story)


def test_TD47_a_mark_fires_at_equality_once_whatever_comes_after(acme: Customer) -> None:
    story = acme.story
    limited(acme, "100.00")
    uses(acme, "79.99", "2026-11-02T10:00")
    looks(story)
    assert told() == []
    uses(acme, "0.01", "2026-11-02T10:01")
    looks(story)
    assert told() == [("mark_reached", 80)]
    assert [looks(story, f"2026-11-02T10:0{minute}") for minute in (2, 3)] == [0, 0]

    first = Event.objects.order_by("occurred_at").first()
    assert first is not None
    event_corrections.amend(
        first.key, quantity=Decimal("74.99"), data={}, at=story.at, by=ADA, reason=WHY
    )
    looks(story, "2026-11-02T10:20")
    uses(acme, "6.00", "2026-11-02T10:21")
    looks(story)
    assert told() == [("mark_reached", 80)]

    uses(acme, "49.00", "2026-11-02T10:22")
    looks(story)
    assert told() == [("mark_reached", 80), ("stopped", 100)]
    uses(acme, "80.00", "2026-12-01T10:00")
    looks(story)
    assert told()[2:] == [("resumed", "new_period"), ("mark_reached", 80)]
    assert not stops_end_with_their_limit().violations
    assert not stops_are_of_limits_that_stop().violations


def test_a_mark_is_one_row_also_in_the_database(acme: Customer) -> None:
    limited(acme, "100.00")
    uses(acme, "100", "2026-11-02T10:00")
    looks(acme.story)
    mark = SpendingMark.objects.get(mark=100)
    mark.pk, mark.public_id = None, "lmk_00000000000000000000000000"
    with pytest.raises(IntegrityError, match="spending_mark_once"), transaction.atomic():
        mark.save(force_insert=True)


def test_TD46_nothing_is_refused_and_the_stop_names_the_event_that_crossed(
    acme: Customer,
) -> None:
    story = acme.story
    limited(acme, "100.00", marks=())
    looks(story)
    for batch in range(4):
        story.on(f"2026-11-02T10:00:0{batch}")
        verdicts = story.sends(
            *(
                {
                    "id": f"req-{batch}-{number}",
                    "type": "router.requests",
                    "subject": "acme-web",
                    "time": story.at.isoformat(),
                    "data": {"quantity": "1"},
                }
                for number in range(100)
            )
        )
        assert {str(each.outcome) for each in verdicts} == {"accepted"}
    looks(story, "2026-11-02T10:00:05")
    looks(story, "2026-11-02T10:00:06")
    (stop,) = SpendingMark.objects.all()
    assert (stop.event_id, stop.spent_minor, stop.overshoot_minor) == ("req-0-99", 40_000, 30_000)
    assert stop.reaction == timedelta(seconds=5)
    fact = OutboxEvent.objects.get(type="spending_limit.stopped").payload
    assert fact["overshoot"] == {"currency": "USD", "decimal": "300.00"}
    assert (fact["event"]["id"], fact["reaction_ms"]) == ("req-0-99", 5000)

    story.on("2026-11-02T10:05")
    limited(acme, "450.00", marks=())
    looks(story, "2026-11-02T10:30")
    assert told() == [("stopped", 100), ("resumed", "raised")]
    uses(acme, "50", "2026-11-02T11:00")
    looks(story)
    assert told()[2:] == [("stopped", 100)]
    found = reactions(at=story.at)
    assert found is not None
    assert (found.count, found.most) == (2, timedelta(seconds=5))


def test_what_was_set_is_history_and_what_is_too_low_stays_stopped(acme: Customer) -> None:
    story = acme.story
    first = limited(acme, "100.00")
    uses(acme, "200", "2026-11-02T10:00")
    looks(story)
    story.on("2026-11-02T11:00")
    second = limited(acme, "150.00")
    assert told() == [("mark_reached", 80), ("stopped", 100), ("stopped", 100)]
    assert SpendingResume.objects.get().because == "replaced"
    rows = limits_of(acme.account.pk)
    assert [(row.limit.pk, row.state, row.percent) for row in rows] == [
        (second.pk, "stopped", 133),
        (first.pk, "ended", 0),
    ]
    story.on("2026-11-02T12:00")
    limits.end_limit(limit=second, at=story.at, by=ADA, reason=WHY)
    assert told()[3:] == [("resumed", "ended")]
    with pytest.raises(SpendingLimitEnded):
        limits.end_limit(limit=second, at=story.at, by=ADA, reason=WHY)
    assert {(row.set_by, row.reason) for row in SpendingLimit.objects.all()} == {(ADA.name, WHY)}


def test_a_budget_tells_and_stops_nothing(acme: Customer) -> None:
    limited(acme, "100.00", stops=False, marks=(50, 100))
    uses(acme, "100", "2026-11-02T10:00")
    looks(acme.story)
    assert told() == [("mark_reached", 50), ("mark_reached", 100)]
    assert not SpendingMark.objects.filter(is_stop=True).exists()


def test_an_app_has_a_limit_of_its_own_use(acme: Customer, story: Story) -> None:
    """Requests are priced for the account as a whole; each app has its share of the line."""
    web = Resource.objects.get(platform_id="acme-web")
    limited(acme, "50.00", resource=web, marks=())
    uses(acme, "49", "2026-11-02T10:00")
    uses(acme, "500", "2026-11-02T10:01", app="acme-worker")
    looks(story)
    assert told() == []
    assert SpendingWatch.objects.get().spent == {"": 54_900, web.public_id: 4_900}
    uses(acme, "1", "2026-11-02T10:02")
    looks(story)
    assert told() == [("stopped", 100)]
    assert SpendingMark.objects.get().spent_minor == 5_000


def test_a_pace_is_told_once_for_a_period(acme: Customer) -> None:
    """300.00 for 30 days are 10.00 a day; at 150 per cent that is 15.00."""
    story = acme.story
    limited(acme, "300.00", stops=False, marks=(), pace_percent=150)
    uses(acme, "14.99", "2026-11-01T12:00")
    looks(story, "2026-11-02")
    assert told() == []
    uses(acme, "0.02", "2026-11-02T00:00:01")
    looks(story)
    assert told() == [("pace_high", 150)]
    uses(acme, "100", "2026-11-03T00:00")
    looks(story)
    assert told() == [("pace_high", 150)]


def test_what_runs_reaches_a_mark_without_any_event(story: Story) -> None:
    """A dyno of 30.00 a month comes to 15.00 in the middle of November."""
    plan = story.plan("dynos", dyno_month(dyno_seconds(story), "basic", "30.00"))
    story.on("2026-11-01")
    acme = story.account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    acme.scales("acme-web", "basic", "1", "2026-11-01T00:00")
    limited(acme, "15.00", marks=())
    looks(story)
    assert looks(story, "2026-11-15T23:50") == 1
    assert looks(story, "2026-11-15T23:55") == 0
    assert looks(story, "2026-11-16T00:00") == 1
    (stop,) = SpendingMark.objects.all()
    assert (stop.spent_minor, stop.event_id, stop.reaction) == (1500, "", None)


def test_one_that_cannot_be_looked_at_keeps_no_other_waiting(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, rate = metered(story), spent_so_far
    broken = story.account("Broken").account
    limits.set_limit(account=broken, terms=LIMIT, at=story.at, by=ADA, reason=WHY)
    limited(acme, "10.00", marks=())
    uses(acme, "10", "2026-11-02T10:00")

    def fails(account_id: int, **more: Any) -> Any:
        if account_id == broken.pk:
            raise RuntimeError("no price says it")
        return rate(account_id, **more)

    monkeypatch.setattr(looking, "spent_so_far", fails)
    assert looks(story) == 1
    assert told() == [("stopped", 100)]
    assert SpendingWatch.objects.get(account=broken).problem == "no price says it"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": "0.00"}, "amount"),
        ({"marks": (0,)}, "marks"),
        ({"marks": tuple(range(1, 20))}, "marks"),
        ({"pace_percent": 100}, "pace_percent"),
    ],
)
def test_what_is_no_limit_is_refused_by_its_field(
    acme: Customer, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(SpendingLimitInvalid) as refused:
        limited(acme, **{"amount": "1.00"} | more)
    assert refused.value.errors[0].pointer == f"/{field}"
    assert not SpendingLimit.objects.exists()


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_TD47_two_workers_at_once_tell_once(transactional_db: None) -> None:
    acme = metered(Story())
    for round_ in range(rounds(3)):
        acme.story.on(f"2026-11-02T{round_:02}:00")
        limit = limited(acme, f"{round_ + 1}00.00")
        uses(acme, "100", f"2026-11-02T{round_:02}:01")
        SpendingWatch.objects.all().delete()
        look = partial(
            looking.look_at, acme.account.pk, at=acme.story.at, clock=lambda: acme.story.at
        )
        answers = at_once(look, look)
        assert sorted(answers) == [0, 2]
        assert limit.reached.count() == 2


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_who_set_a_limit_leave_one(transactional_db: None) -> None:
    acme = metered(Story())
    later = acme.story.at + timedelta(seconds=1)

    def sets(at: Any) -> Any:
        return lambda: limits.set_limit(
            account=acme.account,
            terms=LIMIT,
            at=at,
            by=PLATFORM,
            reason=WHY,
        )

    at_once(sets(acme.story.at), sets(later))
    assert SpendingLimit.objects.filter(valid_until__isnull=True).count() == 1
