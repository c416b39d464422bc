"""Events placed from memory are placed as they would have been from the start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from accounts.operations import profiles, resources
from accounts.operations.profiles import ProfileTerms
from tests.cast import account
from tests.people import PLATFORM
from tests.usage.world import LATER, WHY, World, event, instant, meter
from usage.envelope import ReceivedEvent, read_item
from usage.meter_terms import MeterTerms
from usage.operations import meters
from usage.operations.ingest.fast_placing import Shortcut
from usage.operations.ingest.placing import HeldEvent, Placed, Placing, Rejected
from usage.reference_cache import directory

pytestmark = pytest.mark.django_db

HOURS = [instant("2026-05-01") + timedelta(hours=hours) for hours in range(0, 24 * 12, 5)]
DATA: list[dict[str, Any]] = [
    {"region": "eu"},
    {"region": "us", "tier": "gold"},
    {"region": "us"},
    {},
    {"region": ["eu"]},
]
QUANTITIES = ["0", "7", "2.5", "-1", "1001", "0.12345678901", None]


@pytest.fixture
def world() -> World:
    """An app that changes hands at noon, of an account that moves to another zone."""
    world = World(zone="America/New_York")
    meter("plain")
    meter("by_region", event_type="plain", dimensions=("region",), presentation=("tier",))
    meter("largest", "max", event_type="plain", max_value=1_000)
    counted = meter("counted", "count", event_type="counted", filter_expression='region = "us"')
    meter("weighted", "time_weighted_sum")
    meter("small", filter_expression="quantity < 5")
    meters.revise(
        meter=counted, terms=MeterTerms("counted", dimensions=("region",)), at=LATER,
        effective_from=instant("2026-05-06T10:00"), by=PLATFORM, reason=WHY,
    )  # fmt: skip
    profiles.revise(
        account=world.account, terms=ProfileTerms("Owner Ltd", zone="Asia/Tokyo"),
        at=instant("2026-05-02T17:00"), by=PLATFORM, reason=WHY,
    )  # fmt: skip
    resources.transfer(
        resource=world.app, to=account("Next", zone="Asia/Kolkata"), at=instant("2026-05-04T12:00"),
        by=PLATFORM, reason=WHY,
    )  # fmt: skip
    return world


def drafts(type: str) -> Iterator[ReceivedEvent]:
    for number, (at, data, quantity) in enumerate(product(HOURS, DATA, QUANTITIES)):
        said = data if quantity is None else {**data, "quantity": quantity}
        read = read_item(event(type, at.isoformat(), id=f"{type}-{number}", **said))
        assert isinstance(read, ReceivedEvent)
        yield read


def told(placed: Placed | HeldEvent | Rejected | None) -> object:
    """Whose the event is and what it adds, with an addition's own quantity filled in."""
    if not isinstance(placed, Placed):
        return placed
    added = [
        (each.meter_id, each.dimensions, each.aggregation, each.is_carried, each.moment,
         placed.draft.quantity if each.quantity is None else each.quantity)
        for each in placed.additions
    ]  # fmt: skip
    return placed.resource_id, placed.account_id, placed.day, added, list(placed.stale), placed.note


@pytest.mark.parametrize("type", ["plain", "counted", "weighted", "small", "unknown"])
@pytest.mark.parametrize("at_once", [1, 40])
def test_the_shortcut_says_what_placing_says(world: World, type: str, at_once: int):
    known = directory()
    known.learn_subjects(["app-1"])
    placing = Placing(known, LATER)
    found = list(drafts(type))
    taken = 0
    for first in range(0, len(found), at_once):
        some = found[first : first + at_once]
        shortcut = Shortcut(placing, some)
        for draft in some:
            short = shortcut.place(draft)
            if short is not None:
                taken += 1
                assert told(short) == told(placing.place(draft))
    assert (taken > len(found) / 4) == (type in ("plain", "counted"))
