"""Resources that nobody tells apart: read as one, they come to what each of them does, added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from hypothesis import given

from core.decimals import decimal_text
from tests.cast import resource
from tests.usage.test_laws import CHANCE, LAWS, MONTHS, Owner, Told, _meters  # noqa: F401
from tests.usage.world import LONG_AGO, World, event, meter, send, used
from usage.derivation.period_totals import DayPeriod, keep
from usage.models import Meter
from usage.queries import kept_periods
from usage.queries.quantities import MeteredQuantity, UsageWindow


def added_up(found: Iterable[MeteredQuantity], by_resource: Collection[int]) -> list[list[str]]:
    """Quantities of which the resources are one, but for those of some meters."""
    sums: dict[tuple[Any, ...], list[Decimal]] = {}
    for each in found:
        resource_id = each.resource_id if each.meter_id in by_resource else None
        key = (each.meter_code, resource_id, tuple(sorted(each.dimensions.items())), each.window)
        known = sums.setdefault(key, [Decimal(0)] * 3)
        for place, part in enumerate((each.quantity, Decimal(each.event_count), each.opening)):
            known[place] += part
    return sorted(
        [str(key), *(decimal_text(part) for part in parts)] for key, parts in sums.items()
    )


def apps_of(owner: Owner) -> list[str]:
    """The owner's app and two more."""
    names = [owner.app, f"{owner.app}-b", f"{owner.app}-c"]
    for name in names[1:]:
        resource(name, of=owner.account, at=LONG_AGO)
    return names


def tell(owner: Owner, month: list[Told], chance: Random) -> None:
    names = apps_of(owner)
    events = owner.events(month)
    for each in events:
        each["subject"] = chance.choice(names)
    assert send(*events).counts["accepted"] == len(month)


@LAWS
@given(month=MONTHS, chance=CHANCE)
def test_resources_read_as_one_are_what_each_of_them_is_added_up(month: list[Told], chance: Random):
    owner = Owner.new()
    tell(owner, month, chance)
    some = set(Meter.objects.filter(code__in=("calls", "seats")).values_list("pk", flat=True))
    windows = [owner.window, owner.window._replace(day_until=date(2026, 5, 12))]
    expected = {kind: added_up(used(windows), kind) for kind in ((), tuple(some))}
    for long in (0, kept_periods._LONG):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(kept_periods, "_LONG", long)
            for by_resource, plainly in expected.items():
                found = used([each._replace(by_resource=by_resource) for each in windows])
                assert added_up(found, by_resource) == plainly
                whose = {each.meter_id for each in found if each.resource_id is not None}
                assert whose <= set(by_resource)
                groups = Counter(
                    (each.meter_id, each.resource_id, str(each.dimensions), each.window)
                    for each in found
                )
                assert set(groups.values()) <= {1}
        keep([owner.period])


def test_what_one_window_tells_apart_is_one_in_the_window_beside_it(db: None):
    """An account of a bill run is billed alike, whoever else is in its chunk."""
    world = World()
    jobs = meter("jobs")
    resource("app-2", of=world.account, at=LONG_AGO)
    send(*[event("jobs", "2026-05-03", id=app, subject=app, quantity="2")
           for app in ("app-1", "app-2")])  # fmt: skip
    may = UsageWindow(world.account.pk, date(2026, 5, 1), date(2026, 6, 1))
    found = used([may._replace(by_resource=()), may._replace(by_resource={jobs.pk}), may])
    quantities = [(each.window, each.resource_id is None, int(each.quantity)) for each in found]
    assert sorted(quantities) == [
        (0, True, 4), (1, False, 2), (1, False, 2), (2, False, 2), (2, False, 2)
    ]  # fmt: skip


@pytest.mark.parametrize("is_kept", [False, True])
def test_ten_thousand_apps_are_as_many_rows_as_one(db: None, is_kept: bool):
    """Issue 8, point 5.13: each app of an account was fetched to be added up."""
    world = World()
    meter("jobs")
    count = kept_periods._LONG + 1
    apps = [f"fleet-{number}" for number in range(count)]
    for app in apps:
        resource(app, of=world.account, at=LONG_AGO)
    send(*[event("jobs", "2026-05-03", id=app, subject=app, quantity="2") for app in apps])
    if is_kept:
        keep([DayPeriod(world.account.pk, date(2026, 5, 1), date(2026, 6, 1))])
    may = UsageWindow(world.account.pk, date(2026, 5, 1), date(2026, 6, 1), by_resource=())
    fetched = []

    def counted(execute: Any, *asked: Any) -> Any:
        answer = execute(*asked)
        fetched.append(asked[-1]["cursor"].rowcount)
        return answer

    with connection.execute_wrapper(counted):
        (one,) = used([may])
    assert int(one.quantity) == 2 * count
    assert max(fetched) <= Meter.objects.count()
