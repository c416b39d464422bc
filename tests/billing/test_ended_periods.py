"""Periods that have ended are added up before their bill asks for them; the bill is the same."""

from datetime import date, timedelta

from billing.invoicing.operations import ended_periods
from billing.invoicing.tasks import add_up_ended_periods
from tests.billing.prices import per_unit, requests
from tests.story import Customer, Story, lines
from usage.models import UsagePeriod


def customer(story: Story, zone: str = "UTC") -> Customer:
    """Five requests in March."""
    plan = story.plan("calls", per_unit(requests(story), "10"))
    acme = story.on("2026-03-01").account("Acme", zone=zone)
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01T12:00")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="5")
    return acme


def kept() -> list[tuple[date, date]]:
    return list(UsagePeriod.objects.order_by("day_from").values_list("day_from", "day_until"))


def test_a_month_is_added_up_when_most_that_is_late_has_come(story: Story) -> None:
    customer(story)
    ended = story.on("2026-04-01").at + ended_periods.SETTLED
    assert ended_periods.add_up(at=ended - timedelta(microseconds=1)) == 0
    assert [ended_periods.add_up(at=ended), ended_periods.add_up(at=ended)] == [1, 0]
    assert kept() == [(date(2026, 3, 1), date(2026, 4, 1))]


def test_its_days_are_those_of_the_account(story: Story) -> None:
    customer(story, zone="America/New_York")
    ended_periods.add_up(at=story.on("2026-04-02").at)
    assert date(2026, 4, 1) in {until for _, until in kept()}


def test_the_bill_holds_what_came_after_it_was_added_up(story: Story) -> None:
    acme = customer(story)
    ended_periods.add_up(at=story.at)
    acme.uses("router.requests", "acme-web", "2026-03-31", quantity="2")
    story.on("2026-04-02").runs_billing()
    assert acme.statement == lines("""
        requests  7  70.00
        total  70.00
    """)


def test_what_is_billed_is_not_added_up_again(story: Story) -> None:
    acme = customer(story)
    story.on("2026-04-02").runs_billing()
    acme.uses("router.requests", "acme-web", "2026-03-31", quantity="2")
    assert add_up_ended_periods() >= 0
    assert (date(2026, 3, 1), date(2026, 4, 1)) not in kept()
