"""The days of resources read in the fast way are those that the quantities of each day tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.decimals import decimal_text
from tests.usage.test_laws import CHANCE, LAWS, MAY, MONTHS, Owner, Told, _meters  # noqa: F401
from tests.usage.test_resources_as_one import tell
from tests.usage.world import World, meter, up_to_date
from usage.models import Meter
from usage.queries.daily import DailyQuestion, daily_quantities, plain_daily_quantities
from usage.queries.quantities import DailyQuantities

DAYS = [MAY + timedelta(days=offset) for offset in range(-1, 33)]
ALL = ("calls", "calls_count", "calls_max", "calls_held", "seats", "seat_days", "dyno_seconds")
UNTIL = st.none() | st.datetimes(
    datetime(2026, 4, 30), datetime(2026, 6, 2), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


def told(found: Iterable[DailyQuantities]) -> list[str]:
    """What was measured, in any order and however its decimals are written."""
    return sorted(
        f"{each.meter_id} {each.resource_id} {sorted(each.dimensions.items())} "
        f"{ {day.isoformat(): decimal_text(each.by_day[day]) for day in sorted(each.by_day)} }"
        for each in found
        if each.by_day
    )


def ids(codes: Iterable[str]) -> set[int]:
    return set(Meter.objects.filter(code__in=codes).values_list("pk", flat=True))


@LAWS
@given(month=MONTHS, chance=CHANCE, until=UNTIL, apart=st.sets(st.sampled_from(ALL)))
def test_the_fast_way_tells_what_the_plain_way_tells(
    month: list[Told], chance: Random, until: datetime | None, apart: set[str]
):
    owner = Owner.new()
    tell(owner, month, chance)
    up_to_date(owner.account)
    both = {"account_id": owner.account.pk, "days": DAYS, "until": until}
    question = DailyQuestion(**both, as_one=ids(ALL) - ids(apart), by_resource=ids(apart))  # type: ignore[arg-type]
    assert told(daily_quantities(question)) == told(plain_daily_quantities(question))


def test_a_meter_that_is_told_apart_is_not_told_as_one_as_well(db: None):
    world = World()
    jobs = meter("jobs")
    world.uses("jobs", ("2026-05-03", "2"))
    asked: Callable[..., Any] = DailyQuestion
    both = asked(world.account.pk, DAYS, None, as_one={jobs.pk}, by_resource={jobs.pk})
    (one,) = daily_quantities(both)
    assert (one.resource_id, one.by_day) == (world.app.pk, {date(2026, 5, 3): 2})
