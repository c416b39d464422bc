"""Laws of metering, through real ingest: what is measured follows from what happened, and from
nothing else: not from the order, the batches, the repetitions or the delays in which it was told.

Each example has accounts of its own. One is told everything plainly; another is told the same in
another way, and must come to the same quantities, day figures and intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from core.decimals import decimal_text
from tests.cast import account, resource
from tests.clocks import process_zone
from tests.usage.world import LATER, LONG_AGO, dynos, event, instant, meter, send, used
from usage.aggregate.rules import Bucket
from usage.derivation.period_totals import DayPeriod, keep
from usage.derivation.rebuild import compare, rebuild
from usage.derivation.refresh import refresh
from usage.models import Interval, StaleUsage, UsageDay, UsagePeriod
from usage.queries.quantities import MeteredQuantity, UsageWindow

MAY_STARTS = datetime(2026, 5, 1, tzinfo=UTC)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
ZONES = ("America/New_York", "Asia/Kathmandu", "UTC")
NUMBERS = count(1)

LAWS = settings(
    max_examples=7,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Shrinking tells real accounts for minutes; a month is small enough to read as it is.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

Told = dict[str, Any]
"""An event without its subject and source."""

# Every four hours: equal instants are common, and New York's midnights are among them.
INSTANTS = st.integers(0, 185).map(lambda n: (MAY_STARTS + timedelta(hours=4 * n)).isoformat())
CALLS = st.fixed_dictionaries(
    {
        "type": st.just("call"),
        "time": INSTANTS,
        "quantity": st.sampled_from(["0", "1", "2.5", "40"]),
        "region": st.sampled_from(["eu", "us"]),
    }
)
SEATS = st.fixed_dictionaries(
    {
        "type": st.just("seat"),
        "time": INSTANTS,
        "user": st.sampled_from(["u-1", "u-2"]),
        "op": st.sampled_from(["add", "remove"]),
    }
)
SCALINGS = st.fixed_dictionaries(
    {
        "type": st.just("formation.scaled"),
        "time": INSTANTS,
        "process_type": st.sampled_from(["web", "worker"]),
        "size": st.sampled_from(["1x", "2x"]),
        "quantity": st.sampled_from(["0", "1", "3"]),
    }
)
MONTHS = st.lists(CALLS | SEATS | SCALINGS, min_size=2, max_size=14)
CHANCE = st.randoms(use_true_random=False)


@pytest.fixture(autouse=True)
def _meters(db: None) -> None:
    """A meter of each way in which days are merged."""
    meter("calls", event_type="call", dimensions=("region",))
    for aggregation in ("count", "min", "max", "mean", "latest", "percentile"):
        meter(f"calls_{aggregation}", aggregation, event_type="call")
    meter("calls_hourly", "bucketed_max", event_type="call", bucket=Bucket.HOUR)
    meter("calls_held", "time_weighted_sum", event_type="call", carries_over=True)
    members: dict[str, Any] = {
        "event_type": "seat",
        "member_property": "user",
        "operation_property": "op",
    }
    meter("seats", "unique", **members)
    meter("seat_days", "unique", bucket=Bucket.DAY, **members)
    dynos()


@dataclass(frozen=True)
class Owner:
    """An account with one app, which only this example knows."""

    account: Account
    app: str

    @classmethod
    def new(cls, zone: str = ZONES[0]) -> Owner:
        number = next(NUMBERS)
        opened = account(f"Owner {number}", zone=zone, at=LONG_AGO)
        resource(f"app-{number}", of=opened, at=LONG_AGO)
        return cls(opened, f"app-{number}")

    def events(self, month: Sequence[Told]) -> list[Told]:
        """A month of this app, in the order of the month for every app by id and by sequence.

        Without a sequence the receipt decides between reports of one instant.
        """
        return [
            event(**told, id=f"e-{number:02}", subject=self.app, source=f"router/{self.app}")
            | {"sequence": f"{number:02}"}
            for number, told in enumerate(month)
        ]

    @property
    def window(self) -> UsageWindow:
        return UsageWindow(self.account.pk, MAY, JUNE)

    @property
    def period(self) -> DayPeriod:
        return DayPeriod(self.account.pk, MAY, JUNE)

    @property
    def measured(self) -> dict[str, list[Any]]:
        """All that is measured of May, read as a bill reads it, and what it is read from.

        The state of a day is left out: it names events, which are each owner's own.
        """
        quantities = plain(used([self.window]))
        days = UsageDay.objects.filter(account=self.account).values_list(
            "day", "meter", "dimension_set", "quantity", "event_count", "moment"
        )
        states = Interval.objects.filter(resource__platform_id=self.app).values_list(
            "meter", "state_key", "dimension_set", "quantity", "started_at", "ended_at"
        )
        return {
            "quantities": quantities,
            "days": sorted(days, key=str),
            "states": sorted(states, key=str),
        }


def plain(found: Iterable[MeteredQuantity]) -> list[Any]:
    """Quantities without whose they are."""
    told = [
        (each.meter_code, sorted(each.dimensions.items()), decimal_text(each.quantity),
         decimal_text(each.opening), each.event_count)
        for each in found
    ]  # fmt: skip
    return sorted(told, key=str)


def told_plainly(month: Sequence[Told], zone: str = ZONES[0]) -> Owner:
    """An account that is told its month in one batch, in order, once."""
    owner = Owner.new(zone)
    in_order = sorted(owner.events(month), key=lambda each: (each["time"], each["id"]))
    assert send(*in_order).counts["accepted"] == len(month)
    return owner


def tell(owner: Owner, month: Sequence[Told], chance: Random, between: Callable[[], object]) -> int:
    """Tell a month in any order, in batches of any size, some events again, at any delay.

    Returns how many events were accepted; `between` is called after each batch.
    """
    events = owner.events(month)
    arriving = events + chance.choices(events, k=len(events) // 2)
    chance.shuffle(arriving)
    accepted, at = 0, MAY_STARTS
    while arriving:
        size = chance.randint(1, len(arriving))
        batch, arriving = arriving[:size], arriving[size:]
        # Nothing is told before it happened, nor after its source may report it.
        newest = max(instant(each["time"]) for each in batch)
        at = max(at, newest) + timedelta(hours=chance.randint(0, 24))
        accepted += send(*batch, at=at).counts["accepted"]
        between()
    return accepted


def assert_derived_is_right(*owners: Owner) -> None:
    found = compare([owner.account.pk for owner in owners])
    assert [each for comparison in found for each in comparison.differences] == []


@LAWS
@given(month=MONTHS, chance=CHANCE)
def test_order_batches_repetitions_and_delays_change_nothing(month: list[Told], chance: Random):
    expected, owner = told_plainly(month), Owner.new()
    assert tell(owner, month, chance, between=lambda: None) == len(month)
    assert owner.measured == expected.measured
    assert_derived_is_right(expected, owner)


@LAWS
@given(month=MONTHS, chance=CHANCE)
def test_T23_what_was_read_or_rebuilt_on_the_way_changes_nothing(month: list[Told], chance: Random):
    """openmeter#4845: balances were told from snapshots that an event had outdated."""
    expected, owner = told_plainly(month), Owner.new()
    steps: list[Callable[[], object]] = [
        lambda: owner.measured,
        refresh,
        lambda: list(rebuild([owner.account.pk])),
        lambda: _forget(owner),
        lambda: keep([owner.period]),
    ]
    tell(owner, month, chance, between=lambda: chance.choice(steps)())
    assert owner.measured == expected.measured
    keep([owner.period])
    assert owner.measured == expected.measured
    june = UsageWindow(owner.account.pk, JUNE, date(2026, 7, 1))
    alike = UsageWindow(expected.account.pk, JUNE, date(2026, 7, 1))
    assert plain(used([june])) == plain(used([alike]))
    assert_derived_is_right(owner)


def _forget(owner: Owner) -> None:
    """Drop the day figures, and say so."""
    UsageDay.objects.filter(account=owner.account).delete()
    UsagePeriod.objects.filter(account=owner.account).delete()
    StaleUsage.objects.filter(account=owner.account).delete()
    StaleUsage.objects.create(account=owner.account, day_from=date(2026, 1, 1), marked_at=LATER)


@LAWS
@given(month=MONTHS)
def test_the_zone_of_the_process_changes_nothing(month: list[Told]):
    expected = told_plainly(month)
    measured = expected.measured
    for zone in ("Pacific/Apia", "America/St_Johns"):
        with process_zone(zone):
            assert told_plainly(month).measured == measured
            assert expected.measured == measured
            assert_derived_is_right(expected)


@settings(LAWS, max_examples=4)
@given(months=st.lists(MONTHS, min_size=3, max_size=3), chance=CHANCE)
def test_the_order_of_accounts_changes_nothing(months: list[list[Told]], chance: Random):
    alone = [told_plainly(*each).measured for each in zip(months, ZONES, strict=True)]
    order = [0, 1, 2]
    chance.shuffle(order)
    owners = {number: Owner.new(ZONES[number]) for number in order}
    mixed = [each for number, owner in owners.items() for each in owner.events(months[number])]
    chance.shuffle(mixed)
    assert send(*mixed).counts["accepted"] == len(mixed)
    chance.shuffle(order)
    together = used([owners[number].window for number in order])
    for position, number in enumerate(order):
        mine = [each for each in together if each.window == position]
        assert plain(mine) == alone[number]["quantities"]
        assert owners[number].measured == alone[number]


CHANGES = st.lists(
    st.tuples(st.integers(0, 31 * 24 - 1), st.sampled_from(["add", "remove"])),
    min_size=1,
    max_size=10,
    unique_by=lambda change: change[0],
)


@settings(LAWS, max_examples=25)
@given(changes=CHANGES)
def test_T14_a_member_counts_the_days_it_was_there_whatever_was_removed(
    changes: list[tuple[int, str]],
):
    """lago-api#4399, #5906: a day was charged twice, and a state below zero inflated the bill."""
    owner = Owner.new("UTC")
    month: list[Told] = [
        {"type": "seat", "time": (MAY_STARTS + timedelta(hours=hour)).isoformat()}
        | {"user": "u-1", "op": op}
        for hour, op in changes
    ]
    send(*owner.events(month))
    there, since = set[int](), None
    for hour, op in [*sorted(changes), (31 * 24, "remove")]:
        if op == "add" and since is None:
            since = hour
        elif op == "remove" and since is not None:
            there |= {each // 24 for each in range(since, hour)}
            since = None
    found = used([owner.window])
    quantities = {each.meter_code: int(each.quantity) for each in found if each.quantity}
    assert quantities == ({"seats": 1, "seat_days": len(there)} if there else {})
