"""Months that came to nothing: billed for good, and what is sent late for them is billed once."""

import pytest

from billing.invoicing.models import BillRunItem
from tests.billing.prices import per_unit, requests
from tests.story import Customer, Story, instant, lines, statement


@pytest.fixture
def acme(story: Story) -> Customer:
    """An account that uses nothing in March and 2 requests in April; March is billed."""
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-02").runs_billing()
    assert BillRunItem.objects.get().state == "empty"
    story.on("2026-05-01")
    acme.uses("router.requests", "acme-web", "2026-04-20", quantity="2")
    return acme


def test_late_usage_of_a_month_without_an_invoice_goes_on_one_of_its_own(acme: Customer) -> None:
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    run = acme.story.on("2026-05-02").runs_billing()
    assert [statement(each) for each in acme.invoices] == [
        lines("requests  3  30.00\ntotal  30.00"),
        lines("requests  2  20.00\ntotal  20.00"),
    ]
    assert [each.period_from for each in acme.invoices] == [
        instant("2026-03-01"),
        instant("2026-04-01"),
    ]
    assert sorted(run.items.values_list("state", flat=True)) == ["billed", "billed"]


def test_it_is_billed_once_and_what_comes_later_still_is_a_difference(acme: Customer) -> None:
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    acme.story.on("2026-05-02").runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-30T12:00", quantity="1")
    for day in ("2026-06-02", "2026-07-02"):
        acme.story.on(day).runs_billing()
    assert [each.total_minor for each in acme.invoices] == [3000, 2000, 1000]
    assert acme.statement == lines("""
        Late usage of invoice CF-00000001 · requests  1  10.00
        total  10.00
    """)


def test_a_month_that_stays_empty_is_not_planned_again(acme: Customer) -> None:
    run = acme.story.on("2026-05-02").runs_billing()
    assert list(run.items.values_list("period_from", flat=True)) == [instant("2026-04-01")]
    assert [each.total_minor for each in acme.invoices] == [2000]


def test_old_usage_is_not_billed_through_a_month_that_was_left_empty(acme: Customer) -> None:
    """April is issued, then nothing for months; what is sent for April in September is too old for
    a run, and stays open until a person decides."""
    for month in range(5, 10):
        acme.story.on(f"2026-{month:02}-02").runs_billing()
    acme.story.on("2026-06-15")
    acme.uses("router.requests", "acme-web", "2026-04-21", quantity="5")
    acme.story.on("2026-10-02").runs_billing()
    assert [each.total_minor for each in acme.invoices] == [2000]
