"""Periods that are kept added up: read in place of their days, and gone before a day changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.operations import profiles, resources
from accounts.operations.profiles import ProfileTerms
from core.decimals import decimal_text
from tests.cast import account, resource
from tests.people import PLATFORM
from tests.usage.world import LATER, LONG_AGO, World, event, instant, meter, used
from usage.derivation.period_totals import DayPeriod, keep
from usage.derivation.rebuild import rebuild
from usage.invariants import kept_periods_are_their_days
from usage.models import Event, UsageDay, UsagePeriod
from usage.operations import event_corrections
from usage.queries.quantities import UsageWindow

MAY = ("2026-05-01", "2026-06-01")
FIRST, END = date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture
def world(db: None) -> World:
    found = World()
    meter("requests")
    found.uses("requests", ("2026-05-03", "2"), ("2026-05-09", "3"))
    return found


def keep_may(world: World) -> int:
    return keep([DayPeriod(world.account.pk, FIRST, END)])


def kept() -> list[tuple[date, date]]:
    return list(UsagePeriod.objects.order_by("day_from").values_list("day_from", "day_until"))


def test_a_kept_period_is_read_in_place_of_its_days(world: World):
    assert keep_may(world) == 1
    found = UsagePeriod.objects.get()
    assert [decimal_text(total) for total in found.totals] == ["5"]
    assert (found.event_counts, found.least, found.most) == ([2], [2], [3])
    # Only whoever goes around the operations can make the two differ.
    UsageDay.objects.all().delete()
    assert world.quantity(*MAY) == "5"
    assert kept_periods_are_their_days().violations == 1


def test_a_period_is_kept_once(world: World):
    assert [keep_may(world), keep_may(world), keep([])] == [1, 0, 0]


def test_no_more_are_kept_than_asked(world: World):
    months = [
        DayPeriod(world.account.pk, date(2026, n, 1), date(2026, n + 1, 1)) for n in (3, 4, 5)
    ]
    assert [keep(months, limit=2), keep(months, limit=2)] == [2, 1]
    assert kept()[0] == (date(2026, 3, 1), date(2026, 4, 1))


def test_a_period_without_usage_is_kept_as_nothing(world: World):
    keep([DayPeriod(world.account.pk, date(2026, 4, 1), FIRST)])
    assert UsagePeriod.objects.get().meter_ids == []
    window = UsageWindow(world.account.pk, date(2026, 4, 1), FIRST)
    assert used([window]) == []
    assert kept_periods_are_their_days().violations == 0


def test_other_windows_of_the_account_are_read_day_by_day(world: World):
    keep_may(world)
    windows = [
        UsageWindow(world.account.pk, FIRST, END),
        UsageWindow(world.account.pk, FIRST, date(2026, 5, 5)),
        UsageWindow(world.account.pk, FIRST, END, before=instant("2026-05-09")),
        UsageWindow(world.account.pk, FIRST, END),
    ]
    found = {each.window: decimal_text(each.quantity) for each in used(windows)}
    assert found == {0: "5", 1: "2", 2: "2", 3: "5"}


def test_kept_and_other_accounts_are_read_together(world: World):
    other = account("Other", at=LONG_AGO)
    resource("app-2", of=other, at=LONG_AGO)
    world.sends(event("requests", "2026-05-04", id="other", subject="app-2", quantity="7"))
    keep_may(world)
    windows = [UsageWindow(owner.pk, FIRST, END) for owner in (world.account, other)]
    found = {each.account_id: decimal_text(each.quantity) for each in used(windows)}
    assert found == {world.account.pk: "5", other.pk: "7"}


def test_what_is_kept_costs_no_more_queries_for_more_accounts(world: World):
    def queries(count: int) -> int:
        owners = [account(f"Owner {count}-{n}", at=LONG_AGO) for n in range(count)]
        keep([DayPeriod(owner.pk, FIRST, END) for owner in owners])
        with CaptureQueriesContext(connection) as asked:
            used([UsageWindow(owner.pk, FIRST, END) for owner in owners])
        return len(asked)

    assert queries(1) == queries(30)


def test_an_event_of_a_later_day_leaves_it(world: World):
    keep_may(world)
    world.uses("requests", ("2026-06-01", "9"))
    assert kept() == [(FIRST, END)]


def test_an_event_of_another_account_leaves_it(world: World):
    other = account("Other", at=LONG_AGO)
    resource("app-2", of=other, at=LONG_AGO)
    keep_may(world)
    world.sends(event("requests", "2026-05-04", id="other", subject="app-2", quantity="7"))
    assert kept() == [(FIRST, END)]


def _late_event(world: World) -> None:
    world.uses("requests", ("2026-05-31T23:59:59.999999", "4"))


def _void(world: World) -> None:
    second = Event.objects.get(event_id="requests-2")
    event_corrections.void(second.key, at=LATER, by=PLATFORM, reason="Sent twice")


def _transfer(world: World) -> None:
    other = account("Other", at=LONG_AGO)
    resources.transfer(
        resource=world.app, to=other, at=instant("2026-05-05"), by=PLATFORM, reason="As agreed"
    )


@pytest.mark.parametrize(
    ("change", "quantity"), [(_late_event, "9"), (_void, "2"), (_transfer, "2")]
)
def test_whoever_changes_a_day_drops_it(
    world: World, change: Callable[[World], None], quantity: str
):
    keep_may(world)
    change(world)
    assert world.quantity(*MAY) == quantity
    assert kept() == []
    keep_may(world)
    assert world.quantity(*MAY) == quantity


def test_a_rebuild_drops_what_it_replaces(world: World):
    keep_may(world)
    list(rebuild())
    assert (kept(), world.quantity(*MAY)) == ([], "5")


def test_a_new_meter_for_older_events_is_in_what_is_read(world: World):
    keep_may(world)
    meter("requests_counted", "count", event_type="requests")
    found = used([UsageWindow(world.account.pk, FIRST, END)])
    assert {each.meter_code: decimal_text(each.quantity) for each in found} == {
        "requests": "5",
        "requests_counted": "2",
    }


def test_a_new_zone_moves_events_between_kept_periods(world: World):
    world.uses("requests", ("2026-05-31T23:30", "4"))
    keep_may(world)
    profiles.revise(
        account=world.account,
        terms=ProfileTerms(legal_name="Owner", zone="Europe/Berlin"),
        at=instant("2026-05-20"),
        by=PLATFORM,
        reason="They moved",
    )
    assert world.quantity(*MAY) == "5"
    assert kept() == []


def test_a_batch_that_is_undone_leaves_it(world: World):
    keep_may(world)
    late = event("requests", "2026-05-04", id="late", quantity="1")
    other_content = event("requests", "2026-05-03", id="requests-1", quantity="99")
    world.sends(late, other_content, atomic=True)
    assert kept() == [(FIRST, END)]


def test_the_invariant_names_a_period_that_is_not_its_days(world: World):
    keep_may(world)
    assert kept_periods_are_their_days().violations == 0
    UsageDay.objects.filter(day=date(2026, 5, 3)).update(quantity=100)
    assert kept_periods_are_their_days().violations == 1
