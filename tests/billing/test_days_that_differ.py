"""Days and months unlike others: clock changes, short months, plans that change within a day."""

from datetime import date

from billing.catalogue.models import Plan
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.operations import subscriptions
from config.celery import app
from core.periods import billing_period
from tests.billing.catalogue.changes import revises
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines, statement


def by_day(amount: str) -> PriceTerms:
    """A monthly fee that is prorated by the local day."""
    definition = {"model": "flat", "amount": amount, "proration": "day"}
    return PriceTerms(code="fee", name="Fee", definition=definition)


def test_a_cycle_from_the_31st_ends_on_the_last_day_of_shorter_months() -> None:
    """BL23: 31 January 2024, a leap year."""
    ends = [billing_period(date(2024, 1, 31), "UTC", n).end.date() for n in range(5)]
    assert [f"{end:%d %b}" for end in ends] == ["29 Feb", "31 Mar", "30 Apr", "31 May", "30 Jun"]


def test_a_month_with_the_hour_that_comes_twice_is_one_fee(story: Story) -> None:
    """BL23: anchor 31 August in Amsterdam, over the October clock change."""
    plan = story.plan("base", flat("25.00"))
    acme = story.on("2026-09-29T22:00").account(
        "Acme", zone="Europe/Amsterdam", anchor="2026-08-31"
    )
    acme.subscribes(plan)
    story.on("2026-11-05").runs_billing()
    period = acme.invoice.period
    assert (period.start, period.end) == (instant("2026-09-29T22:00"), instant("2026-10-30T23:00"))
    assert period.seconds == (31 * 24 + 1) * 3_600
    assert acme.statement == lines("Platform fee  1  25.00\ntotal  25.00")


def test_the_newest_of_two_versions_for_one_day_holds(story: Story) -> None:
    """BL28: both take over existing subscribers on 11 April, by the clock of Berlin."""
    meter = requests(story)
    plan = story.plan("calls", per_unit(meter, "1"))
    acme = story.on("2026-03-31T22:00").account("Acme", zone="Europe/Berlin")
    acme.app("acme-web")
    acme.subscribes(plan)
    for price in ("2", "3"):
        revises(
            story.on(f"2026-04-0{price}"), plan, per_unit(meter, price), existing_from="2026-04-11"
        )
    story.on("2026-05-01")
    acme.uses("router.requests", "acme-web", "2026-04-10T21:59:59", quantity="10")
    acme.uses("router.requests", "acme-web", "2026-04-10T22:00", quantity="10")
    story.runs_billing()
    assert [line.amount_minor for line in acme.invoice.lines.order_by("position")] == [1000, 3000]


def test_plans_that_change_within_two_hours_are_billed_by_the_day_once(story: Story) -> None:
    """BL45: A, B, A and B on 10 April in New York: the day is B's, who has its end."""
    plans = {code: story.plan(code, by_day(amount)) for code, amount in (("a", "30"), ("b", "60"))}
    acme = story.on("2026-04-01T04:00").account("Acme", zone="America/New_York")
    changes = ["2026-04-01T04:00", "2026-04-10T15:00", "2026-04-10T15:40", "2026-04-10T16:20"]
    for code, since, until in zip("abab", changes, [*changes[1:], None], strict=True):
        start(acme, plans[code], since, until)
    story.on("2026-05-02").runs_billing()
    (invoice,) = acme.invoices
    amounts = [line.amount_minor for line in invoice.lines.all() if line.amount_minor]
    assert sorted(amounts) == [900, 4200]
    assert statement(invoice).endswith("total  51.00")


def start(acme: Customer, plan: Plan, since: str, until: str | None) -> None:
    subscriptions.start(
        account=acme.account,
        plan=plan,
        at=instant(since),
        until=None if until is None else instant(until),
        by=ADA,
        reason=WHY,
    )


def test_both_events_of_an_hour_that_comes_twice_are_billed(story: Story) -> None:
    """BL30: 01:30 on 1 November in New York, by summer time and by winter time."""
    plan = story.plan("calls", per_unit(requests(story), "1"))
    acme = story.on("2026-11-01T04:00").account("Acme", zone="America/New_York")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-12-02")
    for time in ("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"):
        acme.uses("router.requests", "acme-web", time, quantity="1")
    story.runs_billing()
    assert acme.invoice.total_minor == 200


def test_no_task_is_due_by_a_wall_clock() -> None:
    """BL30: a clock that is set back runs nothing twice, and one set forward skips nothing."""
    rules = [entry["schedule"] for entry in app.conf.beat_schedule.values()]
    assert rules
    assert not [rule for rule in rules if hasattr(rule, "hour")]
