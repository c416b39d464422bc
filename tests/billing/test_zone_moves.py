"""Accounts that move to another zone: every request is billed once, on periods that tile."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.operations import profiles
from accounts.operations.profiles import ProfileTerms
from billing.invoicing.models import BillRunItem
from billing.invoicing.queries.month_to_date import by_day, month_to_date
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines, statement
from usage.derivation import rebuild
from usage.models import Meter


def move(acme: Customer, zone: str, *, at: str) -> None:
    """Put the account's clock in another zone from an instant on."""
    terms = ProfileTerms(legal_name="Acme Ltd", zone=zone)
    profiles.revise(account=acme.account, terms=terms, at=instant(at), by=ADA, reason=WHY)


def customer(story: Story, zone: str, *, opened: str, price: str = "1") -> Customer:
    """An account with an app, on a plan that charges each request."""
    plan = story.plan("calls", per_unit(requests(story), price))
    acme = story.on(opened).account("Acme", zone=zone)
    acme.app("acme-web")
    acme.subscribes(plan)
    return acme


def request_at(acme: Customer, *times: str) -> None:
    for time in times:
        acme.uses("router.requests", "acme-web", time, quantity="1")


def tile(acme: Customer) -> bool:
    return all(
        earlier.period_until == later.period_from for earlier, later in pairwise(acme.invoices)
    )


def test_an_account_that_moved_west_was_never_billed_again(story: Story) -> None:
    """BL6: Berlin to New York at 00:00 UTC on 1 October, four requests around it."""
    acme = customer(story, "Europe/Berlin", opened="2026-08-20")
    move(acme, "America/New_York", at="2026-10-01")
    story.on("2026-10-02")
    request_at(acme, "2026-09-30T21:30", "2026-09-30T23:00", "2026-10-01T01:00", "2026-10-01T05:00")
    story.on("2026-11-08").runs_billing()
    assert [statement(each) for each in acme.invoices] == [
        lines("requests  1  1.00\ntotal  1.00"),
        lines("requests  3  3.00\ntotal  3.00"),
    ]
    assert tile(acme)
    assert not BillRunItem.objects.filter(state="parked").exists()
    (comparison,) = rebuild.compare([acme.account.pk])
    assert not comparison.differences


def test_the_bill_so_far_of_a_day_that_came_twice_is_shown_by_day(story: Story) -> None:
    acme = customer(story, "Europe/Berlin", opened="2026-09-01")
    move(acme, "America/New_York", at="2026-10-10")
    story.on("2026-10-12")
    request_at(acme, "2026-10-09T21:30", "2026-10-09T23:00", "2026-10-10T02:00")
    bill = month_to_date(acme.account, at=story.at)
    assert bill is not None
    amounts = {
        str(each.day): str(each.amount.amount)
        for each in by_day(bill, at=story.at)
        if each.amount.minor
    }
    assert amounts == {"2026-10-09": "1.00", "2026-10-10": "2.00"}


def test_the_first_hours_of_a_month_are_not_billed_with_the_month_before(story: Story) -> None:
    """Moved west in mid-September: by the old clock September would have reached into 1 October."""
    acme = customer(story, "Europe/Berlin", opened="2026-08-31T22:00")
    move(acme, "America/New_York", at="2026-09-15")
    story.on("2026-10-02")
    request_at(acme, "2026-10-01T03:59", "2026-10-01T04:00", "2026-10-01T12:00")
    story.on("2026-11-02").runs_billing()
    assert [each.total_minor for each in acme.invoices] == [100, 200]
    assert tile(acme)


def test_an_account_that_moved_east_pays_one_fee_a_month(story: Story) -> None:
    plan = story.plan("base", flat("30.00"))
    acme = story.on("2026-09-01T04:00").account("Acme", zone="America/New_York")
    acme.subscribes(plan)
    move(acme, "Asia/Kathmandu", at="2026-09-15")
    story.on("2026-11-02").runs_billing()
    assert [each.total_minor for each in acme.invoices] == [3000, 3000]
    assert tile(acme)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_usage_at_local_midnight_is_on_one_invoice(story: Story, zone: str) -> None:
    """BL5: a microsecond before the month's midnight and at it; four runs."""
    acme = customer(story, zone, opened="2026-08-01T12:00", price="1")
    midnight = instant("2026-09-30T10:00" if "Kiri" in zone else "2026-10-01T11:00")
    before = (midnight - timedelta(microseconds=1)).isoformat()
    story.on("2026-10-02")
    acme.uses("router.requests", "acme-web", before, quantity="100")
    acme.uses("router.requests", "acme-web", midnight.isoformat(), quantity="1000")
    for _ in range(4):
        story.on("2026-11-03").runs_billing()
    assert [each.total_minor for each in acme.invoices] == [10_000, 100_000]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=st.sampled_from(["Europe/Berlin", "Pacific/Kiritimati", "America/New_York", "UTC"]),
    second=st.sampled_from(["Pacific/Pago_Pago", "Asia/Kathmandu", "America/Los_Angeles"]),
    hour=st.integers(0, 24 * 45),
)
def test_moves_on_any_day_lose_and_double_nothing(
    story: Story, first: str, second: str, hour: int
) -> None:
    """An event every seven hours of September and October, each billed once."""
    story.on("2026-08-01T12:00")
    number = next(story._ids)
    name = f"acme-{number}"
    plan = story.plan(f"calls-{number}", per_unit(_meter(story), "1"))
    acme = story.account(name, zone=first)
    acme.app(name)
    acme.subscribes(plan)
    moved = instant("2026-09-10") + timedelta(hours=hour)
    move(acme, second, at=moved.isoformat())
    story.on("2026-11-01")
    times = [instant("2026-09-03") + timedelta(hours=7 * step) for step in range(180)]
    story.sends(
        *[
            {
                "type": "router.requests",
                "subject": name,
                "time": time.isoformat(),
                "data": {"quantity": "1"},
            }
            for time in times
        ]
    )
    story.on("2026-12-05").runs_billing(account_ids=[acme.account.pk])
    assert sum(each.total_minor for each in acme.invoices) == 100 * len(times)
    assert tile(acme)


def _meter(story: Story) -> Meter:
    return Meter.objects.filter(code="requests").first() or requests(story)
