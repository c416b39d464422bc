"""What the benchmarks put on: a load that no longer means what it says measures nothing."""

from __future__ import annotations

import pytest
from django.db import connection

from benchmarks import world
from benchmarks.load import drafts, ingest_all, preload, preload_days
from benchmarks.rows.bill_run import LINES_AN_INVOICE, RunIncomplete, bill
from benchmarks.world import World, build_world
from billing.invoicing.models import InvoiceLine
from usage.envelope import ReceivedEvent
from usage.models import Event, EventKey, UsageDay
from usage.queries.quantities import UsageWindow, metered_quantities

pytestmark = pytest.mark.django_db

ACCOUNTS = 3


@pytest.fixture
def small_world() -> World:
    return build_world(ACCOUNTS)


def test_sent_events_are_all_accepted(small_world: World) -> None:
    items = drafts(small_world.platform_ids, 300, seed=1)
    assert all(isinstance(item, ReceivedEvent) for item in items)
    assert ingest_all(items, batch=100) == 300
    assert Event.objects.count() == 300


def test_a_preloaded_month_agrees_with_its_own_raw_events(small_world: World) -> None:
    preload(small_world.account_ids, 600)
    first = world.METER_COUNT * len(world.SIZES)
    assert Event.objects.count() == EventKey.objects.count() == 600 + first
    assert sum(day.event_count for day in UsageDay.objects.all()) == 600 + first
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT sum(quantity) FROM usage_event), sum(quantity) "
                       "FROM usage_usageday")  # fmt: skip
        raw, rolled_up = cursor.fetchone()
    assert raw == rolled_up


def test_preloaded_days_are_ten_figures_an_account(small_world: World) -> None:
    preload_days(small_world.account_ids)
    until = world.MONTH_UNTIL.date()
    windows = [UsageWindow(each, world.MONTH_ON, until) for each in small_world.account_ids]
    assert len(metered_quantities(windows)) == LINES_AN_INVOICE * ACCOUNTS


def test_a_measured_run_bills_every_account_with_ten_lines(small_world: World) -> None:
    preload_days(small_world.account_ids, day_count=2)
    assert bill(small_world.account_ids) == ACCOUNTS
    assert InvoiceLine.objects.count() == ACCOUNTS * LINES_AN_INVOICE


def test_a_run_that_leaves_accounts_behind_is_no_measurement(small_world: World) -> None:
    with pytest.raises(RunIncomplete, match="0 of 3"):
        bill(small_world.account_ids)
