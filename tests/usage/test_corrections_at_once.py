"""Corrections beside senders, hand-overs and each other: one wins, and every figure adds up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Account
from accounts.operations import profiles, resources
from accounts.operations.profiles import ProfileTerms
from core.db.stamps import ChangedSince
from core.errors import DomainError
from tests.at_once import at_once, while_open
from tests.cast import account
from tests.people import ADA, PLATFORM
from tests.usage.world import LATER, LONG_AGO, World, event, instant, meter
from usage.derivation.rebuild import compare
from usage.derivation.refresh import refresh
from usage.envelope.received_event import event_key
from usage.meter_terms import MeterTerms
from usage.models import (
    Backfill,
    Event,
    EventRevision,
    Meter,
    MeterVersion,
    QuarantinedEvent,
    Source,
)
from usage.operations import backfills, event_corrections, meters, quarantine
from usage.operations.backfills import BackfillClosed, Range
from usage.queries.backfills import stamp_of

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

WHY: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "Ticket 4711"}
MAY = ("2026-05-01", "2026-06-01")


@pytest.fixture
def world(transactional_db: None) -> World:
    made = World()
    meter("requests")
    made.sends(event("requests", "2026-05-16", id="r-1", quantity="5"))
    return made


def key(id: str) -> UUID:
    return UUID(event_key("router/us-1", id))


def amend(quantity: int, made_from: str | None) -> EventRevision:
    return event_corrections.amend(
        key("r-1"), quantity=Decimal(quantity), data={}, made_from=made_from, **WHY
    )


def assert_every_figure_adds_up() -> None:
    refresh()
    assert [each for comparison in compare() for each in comparison.differences] == []


class TestTwoPeopleAtOneEvent:
    def test_of_two_who_amend_it_one_wins(self, world: World) -> None:
        for turn in range(25):
            seen = str(turn)
            answers = at_once(
                partial(amend, 100 + turn, seen),
                partial(amend, 200 + turn, seen),
            )
            assert {type(each) for each in answers} == {ChangedSince, EventRevision}
        assert EventRevision.objects.count() == 25

    def test_the_other_is_told_what_it_says_now_and_who_said_so(self, world: World) -> None:
        amend(6, "0")
        with pytest.raises(ChangedSince) as refused:
            amend(7, "0")
        (difference,) = refused.value.differences
        assert (difference.field, difference.old, difference.new) == ("quantity", "5", "6")
        (change,) = refused.value.changes
        assert (change.actor_name, change.reason) == (ADA.name, "Ticket 4711")
        assert refused.value.stamp == "1"
        assert world.quantity(*MAY) == "6"

    def test_an_amendment_of_what_was_voided_meanwhile_is_told_so(self, world: World) -> None:
        event_corrections.void(key("r-1"), made_from="0", **WHY)
        with pytest.raises(ChangedSince, match="you saw counts, it is counts nothing now"):
            amend(7, "0")

    def test_restoring_what_was_restored_and_voided_again_meanwhile_is_refused(
        self, world: World
    ) -> None:
        event_corrections.void(key("r-1"), **WHY)
        event_corrections.restore(key("r-1"), **WHY)
        event_corrections.void(key("r-1"), **WHY)
        with pytest.raises(ChangedSince):
            event_corrections.restore(key("r-1"), made_from="1", **WHY)

    @pytest.mark.parametrize("made_from", ["", "x", "2", "-1", "1.0", "9" * 30, "١"])
    def test_a_number_that_was_never_given_is_refused(self, world: World, made_from: str) -> None:
        with pytest.raises(DomainError) as refused:
            amend(7, made_from)
        assert refused.value.code == "made_from_unreadable"


class TestACorrectionBesideAHandOver:
    """The figure of the account that owns the event is the one that changes."""

    @pytest.fixture
    def other(self, world: World) -> Account:
        return account("Other", at=LONG_AGO)

    def hands_over(self, world: World, other: Account) -> Any:
        def transfer() -> Any:
            resources.transfer(
                resource=world.app, to=other, at=instant("2026-05-10"), by=PLATFORM, reason="Sold"
            )

        return transfer

    def test_voided_while_the_app_is_handed_over(self, world: World, other: Account) -> None:
        transfer = self.hands_over(world, other)
        while_open(
            lambda: event_corrections.void(key("r-1"), **WHY), lambda: (transfer(), refresh())
        )
        assert_every_figure_adds_up()
        assert world.metered(*MAY, of=other) == world.metered(*MAY) == []

    def test_handed_over_while_it_is_amended(self, world: World, other: Account) -> None:
        while_open(self.hands_over(world, other), lambda: amend(9, "0"))
        assert_every_figure_adds_up()
        assert world.quantity(*MAY, of=other) == "9"

    def test_amended_while_the_account_moves_to_another_zone(self, world: World) -> None:
        terms = ProfileTerms(legal_name="Owner Ltd", zone="Pacific/Auckland")

        def moves() -> None:
            profiles.revise(
                account=world.account, terms=terms, at=instant("2026-05-10"), by=ADA, reason="Moved"
            )

        while_open(moves, lambda: amend(9, "0"))
        assert_every_figure_adds_up()
        assert world.quantity(*MAY) == "9"


class TestABackfillBesideItsSender:
    @pytest.fixture
    def backfill(self, world: World) -> Backfill:
        source = Source.objects.get(name="router/us-1")
        january = Range(source, instant("2026-01-01"), instant("2026-02-01"))
        return backfills.start(january, **WHY)

    def takes_back(self, backfill: Backfill) -> Any:
        return lambda: backfills.take_back(backfill=backfill, **WHY)

    def sends(self, world: World, backfill: Backfill) -> Any:
        late = [event("requests", "2026-01-16", id=f"b-{n}", quantity="3") for n in range(7)]
        return lambda: world.sends(*late, backfill=backfill)

    def test_taken_back_while_a_sender_books_nothing_of_it_counts(
        self, world: World, backfill: Backfill
    ) -> None:
        sent, answer = while_open(self.sends(world, backfill), self.takes_back(backfill))
        assert (sent.counts["accepted"], answer) == (7, None)
        assert world.metered("2026-01-01", "2026-02-01") == []
        assert_every_figure_adds_up()

    def test_a_sender_that_comes_while_it_is_taken_back_books_nothing(
        self, world: World, backfill: Backfill
    ) -> None:
        _, answer = while_open(self.takes_back(backfill), self.sends(world, backfill))
        assert isinstance(answer, BackfillClosed)
        assert Event.objects.count() == 1

    def test_a_sender_that_comes_while_it_is_closed_books_nothing(
        self, world: World, backfill: Backfill
    ) -> None:
        _, answer = while_open(
            lambda: backfills.close(backfill=backfill, **WHY), self.sends(world, backfill)
        )
        assert isinstance(answer, BackfillClosed)
        assert Event.objects.count() == 1

    def test_two_senders_of_one_backfill_do_not_wait_for_each_other(
        self, world: World, backfill: Backfill
    ) -> None:
        other = event("requests", "2026-01-17", id="c-1", quantity="1")
        first, second = while_open(
            self.sends(world, backfill), lambda: world.sends(other, backfill=backfill)
        )
        assert (first.counts["accepted"], second.counts["accepted"]) == (7, 1)

    @pytest.mark.parametrize("step", [backfills.close, backfills.take_back])
    def test_what_came_in_meanwhile_is_seen_before_it_is_decided_on(
        self, world: World, backfill: Backfill, step: Callable[..., Any]
    ) -> None:
        seen = stamp_of(backfill)
        self.sends(world, backfill)()
        with pytest.raises(ChangedSince) as refused:
            step(backfill=backfill, made_from=seen, **WHY)
        (difference,) = refused.value.differences
        assert (difference.field, difference.old, difference.new) == (
            "events sent under it",
            "0",
            "7",
        )
        backfill.refresh_from_db()
        assert backfill.closed_at is None

    def test_of_two_who_take_it_back_one_does(self, world: World, backfill: Backfill) -> None:
        self.sends(world, backfill)()
        seen = stamp_of(backfill)
        takes_back = partial(backfills.take_back, backfill=backfill, made_from=seen, **WHY)
        assert {type(each) for each in at_once(takes_back, takes_back)} == {
            type(None),
            BackfillClosed,
        }
        assert EventRevision.objects.count() == 7

    def test_what_was_held_of_it_is_dropped_when_it_is_taken_back(
        self, world: World, backfill: Backfill
    ) -> None:
        stray = event("unknown.type", "2026-01-16", id="h-1", quantity="3")
        world.sends(stray, backfill=backfill)
        backfills.take_back(backfill=backfill, **WHY)
        held = QuarantinedEvent.objects.get()
        assert (held.state, held.decided_by) == ("dropped", ADA.name)
        assert "Its back-fill was taken back." in held.decided_reason

    def test_released_while_it_is_taken_back_nothing_of_it_counts(
        self, world: World, backfill: Backfill
    ) -> None:
        stray = event("later.type", "2026-01-16", id="h-1", quantity="3")
        world.sends(stray, backfill=backfill)
        meter("later", event_type="later.type")
        ids = list(QuarantinedEvent.objects.values_list("pk", flat=True))
        retries = partial(quarantine.retry, ids, **WHY)
        while_open(retries, self.takes_back(backfill))
        assert world.metered("2026-01-01", "2026-02-01") == []
        assert_every_figure_adds_up()


class TestTwoPeopleAtOneMeter:
    def test_of_two_who_revise_it_one_wins(self, world: World) -> None:
        found = Meter.objects.get(code="requests")

        def revises(value: str) -> MeterVersion:
            return meters.revise(
                meter=found,
                terms=MeterTerms(event_type="requests", value_expression=value),
                effective_from=LATER,
                made_from="1",
                **WHY,
            )

        answers = at_once(partial(revises, "quantity * 2"), partial(revises, "quantity * 3"))
        assert {type(each) for each in answers} == {MeterVersion, ChangedSince}
        (told,) = [each for each in answers if isinstance(each, ChangedSince)]
        assert [each.field for each in told.differences][:1] == ["version"]
        assert MeterVersion.objects.filter(meter=found).count() == 2

    def test_of_one_who_revises_and_one_who_retires_it_one_wins(self, world: World) -> None:
        found = Meter.objects.get(code="requests")
        terms = MeterTerms(event_type="requests", value_expression="quantity * 2")
        answers = at_once(
            partial(
                meters.revise, meter=found, terms=terms, effective_from=LATER, made_from="1", **WHY
            ),
            partial(meters.retire, meter=found, effective_until=LATER, made_from="1", **WHY),
        )
        refused = [each for each in answers if isinstance(each, DomainError)]
        assert [each.status for each in refused] == [409]
