"""Changes of the past beside a running bill run: each is refused, or on the bill."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import close_old_connections, connection

from accounts.billed_time import TimeBilled
from accounts.operations import profiles, resources
from accounts.operations.profiles import ProfileTerms
from billing.contracts.operations import subscriptions
from billing.invoicing.invariants.bill_runs import billed_time_is_what_was_billed
from billing.invoicing.models import BillRunItem
from billing.invoicing.operations import bill_runs
from core.errors import DomainError
from tests.billing.prices import flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant

pytestmark = pytest.mark.django_db(transaction=True)

DONE: dict[str, Any] = {"by": ADA, "reason": WHY}
ROUNDS = 4


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A story whose transactions are real."""
    return Story()


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Call all of them at the same time, each on a connection of its own."""
    barrier = Barrier(len(calls))

    def call(work: Callable[[], object]) -> object:
        close_old_connections()
        barrier.wait()
        try:
            return work()
        except DomainError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def customers(story: Story) -> list[Customer]:
    """Accounts in New York whose March is over and waits for its bill."""
    plan = story.plan("team", flat("10.00"), per_unit(requests(story), "1"))
    story.on("2026-03-01T05:00")
    opened = [story.account(f"Team {n}", zone="America/New_York") for n in range(ROUNDS)]
    for number, each in enumerate(opened):
        each.app(f"web-{number}")
        each.subscribes(plan)
    story.on("2026-04-02")
    return opened


def move_east(acme: Customer) -> object:
    terms = ProfileTerms("Team Ltd", "Asia/Kathmandu")
    return profiles.revise(account=acme.account, terms=terms, at=instant("2026-03-20"), **DONE)


def end(acme: Customer) -> object:
    return subscriptions.end(
        subscription=acme.account.subscriptions.get(), at=instant("2026-03-16T04:00"), **DONE
    )


@pytest.mark.parametrize("change", [move_east, end])
def test_a_change_beside_a_bill_run_is_refused_or_on_the_bill(
    story: Story, change: Callable[[Customer], object]
) -> None:
    opened = customers(story)

    def bill() -> None:
        story.runs_billing()

    for acme in opened:
        _, answer = at_once(bill, lambda acme=acme: change(acme))  # type: ignore[misc]
        story.runs_billing()
        (march,) = acme.invoices
        was_refused = isinstance(answer, TimeBilled)
        if change is end:
            assert march.total_minor == (1000 if was_refused else 483)
        else:
            ends = "2026-04-01T04:00" if was_refused else "2026-03-31T18:15"
            assert march.period_until == instant(ends)
        assert {line.period_until for line in march.lines.all()} <= {
            march.period_until,
            instant("2026-03-16T04:00"),
        }
    story.on("2026-05-03").runs_billing()
    for acme in opened:
        periods = [(each.period_from, each.period_until) for each in acme.invoices]
        assert all(a[1] == b[0] for a, b in pairwise(periods))
    assert not BillRunItem.objects.filter(state="parked").exists()
    assert billed_time_is_what_was_billed().holds


def test_two_hand_overs_crosswise_do_not_wait_for_each_other(story: Story) -> None:
    first, second, *_ = customers(story)
    mine, yours = (each.account.ownerships.get().resource for each in (first, second))

    def hand_over(resource: Any, to: Customer) -> object:
        return resources.transfer(
            resource=resource, to=to.account, at=instant("2026-04-02"), **DONE
        )

    answers = at_once(lambda: hand_over(mine, second), lambda: hand_over(yours, first))
    assert not [each for each in answers if isinstance(each, Exception)]


def test_a_month_made_longer_after_the_run_was_planned_waits_for_a_later_run(story: Story) -> None:
    plan = story.plan("team", flat("10"))
    acme = story.on("2026-03-01").account("Team", zone="Asia/Kathmandu")
    acme.subscribes(plan)
    story.on("2026-03-31T18:20")
    run = story.plans_a_run(grace=timedelta(0))
    terms = ProfileTerms("Team Ltd", "America/New_York")
    profiles.revise(account=acme.account, terms=terms, at=instant("2026-03-20"), **DONE)
    while chunk := bill_runs.claim_chunk(at=story.at):
        bill_runs.work(chunk=chunk, at=story.at)
    assert [each.parked_code for each in run.items.all()] == ["invoice_period_not_over"]
    story.on("2026-04-01T04:00").runs_billing()
    assert acme.invoice.period_until == instant("2026-04-01T04:00")
