"""Two reports of one instant: the later one holds, or the one its sender numbered higher."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import Period
from tests.people import ADA
from tests.usage.world import LATER, World, dynos, event, instant, meter, outcomes, seconds
from usage.aggregate.order import Arrival, in_order
from usage.derivation.rebuild import compare, rebuild
from usage.envelope.received_event import event_key
from usage.models import Event, Meter, QuarantinedEvent, UsageDay
from usage.operations import event_corrections, quarantine
from usage.operations.settling import bring_up_to_date
from usage.queries.evidence import EvidenceQuestion, evidence
from usage.queries.fate import Fate, fate_of
from usage.queries.freshness import owners_of
from usage.queries.quantities import UsageWindow
from usage.queries.single_events import EventsWanted, single_events

NOON = "2026-05-01T12:00"
MAY = ("2026-05-01", "2026-06-01")
WHY: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "Ticket 4711"}


def scaled(id: str, quantity: str, at: str = NOON, **more: Any) -> dict[str, Any]:
    """One change of the web dynos of app-1."""
    source = more.pop("source", "router/us-1")
    said = event(
        "formation.scaled",
        at,
        id=id,
        source=source,
        process_type="web",
        size="1x",
        quantity=quantity,
    )
    return said | more


def fate(id: str, source: str = "router/us-1") -> Fate:
    asked = UUID(event_key(source, id))
    bring_up_to_date(owners_of(asked), at=LATER)
    return fate_of(asked)


class TestStates:
    @pytest.fixture(autouse=True)
    def _dynos(self, world: World) -> None:
        dynos()

    def ends(self, world: World) -> str:
        """Switch all off ten days after; what May comes to."""
        world.sends(scaled("off", "0", "2026-05-11T12:00"))
        return world.quantity(*MAY)

    def test_BL1_the_later_report_of_one_instant_holds_whatever_its_id(self, world: World):
        """evt-9 and evt-10 in two requests: as texts, evt-9 would be the greater."""
        world.sends(scaled("evt-9", "1"))
        world.sends(scaled("evt-10", "3"))
        assert self.ends(world) == seconds(days=30)

    def test_the_order_within_a_batch_is_that_of_the_batch(self, world: World):
        world.sends(scaled("b", "1"), scaled("c", "2"), scaled("a", "3"))
        assert self.ends(world) == seconds(days=30)

    def test_twenty_changes_in_one_second_leave_the_last(self, world: World):
        for number in range(20, 0, -1):
            world.sends(scaled(f"evt-{number}", str(21 - number)))
        assert self.ends(world) == seconds(days=200)

    def test_an_event_sent_again_keeps_the_place_it_was_first_received_at(self, world: World):
        world.sends(scaled("x", "1"))
        world.sends(scaled("a", "3"))
        again = world.sends(scaled("x", "1"))
        assert outcomes(again) == [("duplicate", "duplicate")]
        assert self.ends(world) == seconds(days=30)

    def test_the_sequence_decides_where_it_was_sent(self, world: World):
        world.sends(scaled("evt-9", "3", sequence="000010"))
        world.sends(scaled("evt-10", "1", sequence="000009"))
        assert self.ends(world) == seconds(days=30)

    def test_sequences_are_compared_as_numbers_only_where_their_type_says_so(self, world: World):
        world.sends(scaled("evt-9", "3", sequence="10", sequencetype="Integer"))
        world.sends(scaled("evt-10", "1", sequence="9", sequencetype="Integer"))
        world.sends(scaled("n-9", "5", "2026-05-21", sequence="9"))
        world.sends(scaled("n-10", "1", "2026-05-21", sequence="10"))
        world.sends(scaled("n-off", "0", "2026-05-22"))
        assert self.ends(world) == str(int(seconds(days=30)) + int(seconds(days=5)))

    def test_sequences_of_two_sources_say_nothing_about_each_other(self, world: World):
        world.sends(scaled("evt-9", "1", sequence="900", source="router/us-1"))
        world.sends(scaled("evt-10", "3", sequence="100", source="router/eu-1"))
        assert self.ends(world) == seconds(days=30)

    def test_a_later_report_without_a_sequence_holds_over_an_earlier_with_one(self, world: World):
        world.sends(scaled("evt-9", "1", sequence="900"))
        world.sends(scaled("evt-10", "3"))
        assert self.ends(world) == seconds(days=30)

    def test_rebuilt_from_raw_events_the_figures_are_the_same(self, world: World):
        world.sends(scaled("z", "1"), scaled("a", "2"))
        world.sends(scaled("m", "3"))
        before = self.ends(world)
        list(rebuild())
        assert world.quantity(*MAY) == before
        assert [each.differences for each in compare()] == [[]]

    def test_BL2_the_event_that_was_replaced_names_the_one_that_replaced_it(self, world: World):
        world.sends(scaled("evt-9", "1"))
        world.sends(scaled("evt-10", "3"))
        (reading,) = fate("evt-9").readings
        assert reading.outcome.value == "replaced"
        assert reading.detail == "Replaced by evt-10, reported later for the same instant."
        assert reading.replaced_by == UUID(event_key("router/us-1", "evt-10"))
        assert [each.outcome.value for each in fate("evt-10").readings] == ["counted"]
        assert fate("evt-9").standing.value == "not_counted"

    def test_an_event_replaced_by_sequence_says_so(self, world: World):
        world.sends(scaled("evt-9", "3", sequence="7"))
        world.sends(scaled("evt-10", "1", sequence="6"))
        (reading,) = fate("evt-10").readings
        assert reading.detail == (
            "Replaced by evt-9, which its source numbered higher for the same instant."
        )

    def test_what_replaced_it_may_be_voided_and_then_it_counts(self, world: World):
        world.sends(scaled("evt-9", "1"))
        world.sends(scaled("evt-10", "3"))
        event_corrections.void(UUID(event_key("router/us-1", "evt-10")), **WHY)
        assert self.ends(world) == seconds(days=10)
        assert fate("evt-9").readings[0].outcome.value == "counted"


def test_the_latest_of_one_instant_is_the_later_reported(world: World):
    meter("seats", "latest")
    world.sends(event("seats", NOON, id="evt-9", quantity="1"))
    world.sends(event("seats", NOON, id="evt-10", quantity="3"))
    assert world.quantity(*MAY) == "3"
    assert fate("evt-9").readings[0].detail == (
        "Replaced by evt-10, reported later for the same instant."
    )
    list(rebuild())
    assert world.quantity(*MAY) == "3"


def test_a_held_event_keeps_the_place_at_which_it_was_received(world: World):
    """It is released after the event it came with was counted."""
    meter("seats", "latest", max_value=Decimal(4))
    world.sends(
        event("seats", NOON, id="b", quantity="5"), event("seats", NOON, id="a", quantity="3")
    )
    (held,) = QuarantinedEvent.objects.all()
    assert quarantine.release([held.pk], **WHY).released == 1
    assert world.quantity(*MAY) == "3"


def test_the_latest_of_one_instant_is_carried_over(world: World):
    meter("seats", "latest", carries_over=True)
    world.sends(event("seats", NOON, id="evt-9", quantity="1"))
    world.sends(event("seats", NOON, id="evt-10", quantity="3"))
    world.sends(event("seats", "2026-05-02", id="b", quantity="4") | {"sequence": "2"})
    world.sends(event("seats", "2026-05-02", id="c", quantity="2") | {"sequence": "1"})
    assert world.quantity("2026-05-01", "2026-05-02") == "3"
    assert world.quantity("2026-06-01", "2026-07-01") == "4"


def test_the_latest_over_two_presentations_is_the_later_reported(world: World):
    meter("seats", "latest", presentation=("team",))
    world.sends(event("seats", NOON, id="evt-9", quantity="1", team="a"))
    world.sends(event("seats", NOON, id="evt-10", quantity="3", team="b"))
    assert world.quantity(*MAY) == "3"


def test_single_events_are_priced_in_the_order_they_were_reported_in(world: World):
    transfers = meter("transfers")
    world.sends(event("transfers", NOON, id="evt-9", quantity="1"))
    world.sends(event("transfers", NOON, id="evt-10", quantity="3"))
    world.sends(event("transfers", NOON, id="b", quantity="5") | {"sequence": "2"})
    world.sends(event("transfers", NOON, id="a", quantity="4") | {"sequence": "1"})
    first, end = [instant(day).date() for day in MAY]
    window = UsageWindow(world.account.pk, first, end)
    found = single_events([EventsWanted(window, [transfers.pk])])
    assert [each.event_id for each in found] == ["evt-9", "evt-10", "a", "b"]


def test_the_events_behind_a_figure_are_in_the_order_they_were_reported_in(world: World):
    meter("transfers")
    for id in ("evt-9", "evt-10", "evt-1", "b", "a"):
        world.sends(event("transfers", NOON, id=id, quantity="1"))
    question = EvidenceQuestion(
        account_id=world.account.pk,
        meter_id=Meter.objects.get().pk,
        period=Period(*[instant(day) for day in MAY]),
    )
    first = evidence(question, limit=3)
    second = evidence(question, after=first.following, limit=3)
    told = [each.event_id for each in (*first.events, *second.events)]
    assert told == ["evt-9", "evt-10", "evt-1", "b", "a"]


class TestReading:
    @pytest.fixture(autouse=True)
    def _dynos(self, world: World) -> None:
        dynos()

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"sequence": ""}, "sequence_format"),
            ({"sequence": 7}, "type:sequence"),
            ({"sequence": "a" * 201}, "sequence_length"),
            ({"sequence": "a\x00"}, "control_char"),
            ({"sequence": "seven", "sequencetype": "Integer"}, "sequence_format"),
            ({"sequence": "9" * 19, "sequencetype": "Integer"}, "sequence_format"),
            ({"sequencetype": "Integer"}, "required:sequence"),
            ({"sequence": "7", "sequencetype": 1}, "type:sequencetype"),
        ],
    )
    def test_a_sequence_that_orders_nothing_is_refused(
        self, world: World, given: dict[str, Any], code: str
    ):
        assert outcomes(world.sends(scaled("evt-1", "1", **given))) == [("rejected", code)]
        assert not Event.objects.exists()

    def test_the_same_event_with_another_sequence_is_other_content(self, world: World):
        world.sends(scaled("evt-1", "1", sequence="1"))
        assert outcomes(world.sends(scaled("evt-1", "1", sequence="2"))) == [
            ("conflict", "id_conflict")
        ]
        assert [each.content["sequence"] for each in fate("evt-1").conflicts] == ["2"]
        number = {"sequence": "1", "sequencetype": "Integer"}
        assert outcomes(world.sends(scaled("evt-1", "1", **number))) == [
            ("conflict", "id_conflict")
        ]
        assert outcomes(world.sends(scaled("evt-1", "1", sequence="1"))) == [
            ("duplicate", "duplicate")
        ]

    def test_a_day_figure_says_which_report_it_is_from(self, world: World):
        meter("seats", "latest")
        world.sends(event("seats", NOON, id="evt-9", quantity="1") | {"sequence": "2"})
        world.metered(*MAY)
        (state,) = UsageDay.objects.values_list("state", flat=True)
        assert state is not None
        assert (state["key"], state["sequence"]) == (event_key("router/us-1", "evt-9"), "2")


class Told:
    """A report of one instant, for the order alone."""

    at = instant(NOON)

    def __init__(self, number: int, source: int, sequence: str) -> None:
        self.report = Arrival(number, 0, source, sequence)

    def __repr__(self) -> str:
        return str(self.report)


reports = st.lists(
    st.tuples(st.integers(1, 2), st.sampled_from(["", "1", "2", "3"])), max_size=8
).map(lambda made: [Told(number, *each) for number, each in enumerate(made)])


@given(told=reports, seed=st.randoms(use_true_random=False))
def test_the_order_is_the_same_however_the_reports_are_read(told: list[Told], seed: Any):
    shuffled = list(told)
    seed.shuffle(shuffled)
    ordered = in_order(told)
    assert in_order(shuffled) == ordered
    for source in (1, 2):
        numbered = [
            each.report.sequence
            for each in ordered
            if each.report.source_id == source and each.report.sequence
        ]
        assert numbered == sorted(numbered)
    plain = [each.report.receipt_id for each in ordered if not each.report.sequence]
    assert plain == sorted(plain)


@given(told=reports)
def test_the_last_received_holds_or_one_that_its_source_numbered_higher(told: list[Told]):
    if not told:
        return
    holds, last = in_order(told)[-1].report, told[-1].report
    is_higher = bool(last.sequence) and (
        holds.source_id == last.source_id and holds.sequence >= last.sequence
    )
    assert holds == last or is_higher
