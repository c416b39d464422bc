"""What is late of an account that has left: it is in the runs for as long as late usage may be."""

import pytest

from billing.invoicing.models import BillRunItem
from billing.invoicing.operations.bill_runs import GRACE
from billing.invoicing.operations.run_plan import plan
from core.invariants import invariants
from tests.billing.prices import flat, per_unit, requests
from tests.story import Customer, Story, instant, lines, statement


@pytest.fixture
def acme(story: Story) -> Customer:
    """An account that leaves in the middle of March, having used 5 requests."""
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-02-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan, until="2026-03-16")
    story.on("2026-03-15")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="5")
    return acme


def months(story: Story, day: str) -> list[str]:
    """The months a run of that day is about, and what became of them."""
    run = story.on(day).runs_billing()
    rows = run.items.order_by("period_from").values_list("period_from", "state", "empty_because")
    return [f"{start:%Y-%m} {because or state}" for start, state, because in rows]


def test_late_usage_of_an_account_that_has_left_was_never_billed(acme: Customer) -> None:
    story = acme.story
    story.on("2026-04-02").runs_billing()
    story.on("2026-04-20")
    acme.uses("router.requests", "acme-web", "2026-03-07", quantity="3")
    assert months(story, "2026-05-02") == ["2026-04 billed"]
    assert [statement(each) for each in acme.invoices] == [
        lines("requests  5  50.00\ntotal  50.00"),
        lines("Late usage of invoice CF-00000001 · requests  3  30.00\ntotal  30.00"),
    ]
    assert months(story, "2026-05-03") == []


def test_late_usage_of_its_empty_last_month_gets_an_invoice_of_its_own(story: Story) -> None:
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan, until="2026-03-16")
    assert months(story, "2026-04-02") == ["2026-03 nothing"]
    acme.uses("router.requests", "acme-web", "2026-03-07", quantity="3")
    assert months(story, "2026-05-02") == ["2026-03 billed", "2026-04 not_subscribed"]
    assert acme.statement == lines("requests  3  30.00\ntotal  30.00")


def test_what_is_late_again_goes_on_the_month_after(acme: Customer) -> None:
    story = acme.story
    story.on("2026-04-02").runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-07", quantity="2")
    assert months(story, "2026-05-02") == ["2026-04 billed"]
    story.on("2026-05-10")
    acme.uses("router.requests", "acme-web", "2026-03-15", quantity="4")
    assert months(story, "2026-05-11") == []
    assert months(story, "2026-06-02") == ["2026-05 billed"]
    assert [each.total_minor for each in acme.invoices] == [5000, 2000, 4000]


def test_each_month_is_looked_at_once_and_for_a_hundred_days(acme: Customer) -> None:
    story = acme.story
    assert months(story, "2026-04-02") == ["2026-02 nothing", "2026-03 billed"]
    assert months(story, "2026-05-02") == ["2026-04 not_subscribed"]
    assert months(story, "2026-05-03") == []
    assert months(story, "2026-08-02") == [
        "2026-05 not_subscribed", "2026-06 not_subscribed", "2026-07 not_subscribed"
    ]  # fmt: skip
    assert months(story, "2026-09-02") == []


def test_a_month_that_was_looked_at_can_still_be_subscribed(acme: Customer) -> None:
    story = acme.story
    for day in ("2026-04-02", "2026-05-02"):
        story.on(day).runs_billing()
    story.on("2026-04-10")
    acme.subscribes(story.plan("fee", flat("7.00")))
    assert months(story, "2026-05-03") == ["2026-04 billed"]
    assert months(story, "2026-05-04") == []


def test_a_gap_between_two_subscriptions_is_looked_at(acme: Customer) -> None:
    """The next one begins in August: too late for what is late of March."""
    story = acme.story
    story.on("2026-04-02").runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-07", quantity="3")
    story.on("2026-08-01")
    acme.subscribes(story.plan("fee", flat("7.00")))
    assert months(story, "2026-05-02") == ["2026-04 billed"]


def test_a_draft_of_it_is_issued_by_a_later_run(acme: Customer) -> None:
    story = acme.story
    story.on("2026-04-02").runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-07", quantity="3")
    story.on("2026-05-02").runs_billing(issues=False)
    assert [each.state for each in acme.invoices] == ["issued", "draft"]
    assert months(story, "2026-06-02") == ["2026-04 billed", "2026-05 not_subscribed"]
    assert [each.state for each in acme.invoices] == ["issued", "issued"]


def test_the_plan_says_how_many_months_are_only_about_what_is_late(acme: Customer) -> None:
    story = acme.story
    story.on("2026-04-02").runs_billing()
    found = plan(as_of=instant("2026-05-03"), at=instant("2026-05-03"), grace=GRACE, issues=True)
    assert found.sentences[1] == (
        "In 1 period after the end of a subscription it bills what is late, and nothing else."
    )


def test_the_books_are_in_order_after_it(acme: Customer) -> None:
    story = acme.story
    for day in ("2026-04-02", "2026-05-02"):
        story.on(day).runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-07", quantity="3")
    story.on("2026-06-02").runs_billing()
    assert BillRunItem.objects.filter(empty_because="not_subscribed").count() == 1
    assert [each.id for each in invariants() if not each.check().holds] == []
