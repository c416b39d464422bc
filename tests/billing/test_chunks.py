"""A run in chunks: one account's bill, one account's trouble, nobody else's."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError, connection
from django.db import transaction as django_transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.models import Plan
from billing.invoicing.drafting import late_usage
from billing.invoicing.models import BillRun, BillRunChunk, BillRunItem, Invoice
from billing.invoicing.operations import bill_runs, chunks, run_items, stored_drafts
from tests.billing.prices import flat, per_unit, requests
from tests.story import Customer, Story, statement


def teams(story: Story, count: int) -> list[Customer]:
    """Accounts whose March is over, with a fee of 10.00."""
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    opened = [story.account(f"Team {number}") for number in range(count)]
    for customer in opened:
        customer.subscribes(plan)
    story.on("2026-04-01")
    return opened


def failing(
    monkeypatch: pytest.MonkeyPatch, customer: Customer, problem: BaseException, times: int = 99
) -> None:
    """Rating the customer fails so many times, whoever is rated with it."""
    real, left = late_usage.drafts, [times]

    def drafts(scopes: Sequence[Any], **options: Any) -> list[Any]:
        if left[0] and any(scope.account_id == customer.account.pk for scope in scopes):
            left[0] -= 1
            raise problem
        return real(scopes, **options)

    monkeypatch.setattr(run_items, "drafts", drafts)


def works_through(story: Story) -> int:
    """Work chunk after chunk until nothing is due now; returns how many."""
    count = 0
    while chunk := bill_runs.claim_chunk(at=story.at):
        bill_runs.work(chunk=chunk, at=story.at)
        count += 1
    return count


def states(run: BillRun) -> dict[str, str]:
    """What became of each account of a run."""
    return dict(run.items.order_by("account_id").values_list("account__name", "state"))


# --- whose bill it is ---


def acme_with_usage_that_came_too_late(story: Story) -> tuple[Customer, Customer]:
    """Acme's January is short of 10.00, which came in June; Globex was never billed before June."""
    plan = story.plan("calls", per_unit(requests(story), "10"), flat("40.00"))
    story.on("2026-01-01")
    acme, globex = story.account("Acme"), story.account("Globex")
    for customer in (acme, globex):
        customer.app(f"{customer.account.name.lower()}-web")
        customer.subscribes(plan)
    story.on("2026-06-01").runs_billing(account_ids=[acme.account.pk])
    acme.uses("router.requests", "acme-web", "2026-01-30", quantity="1")
    story.on("2026-07-01")
    return acme, globex


def test_late_usage_is_looked_back_for_as_far_alone_as_beside_another(story: Story) -> None:
    acme, globex = acme_with_usage_that_came_too_late(story)
    bills = []
    for beside in ([acme], [acme, globex]):
        with django_transaction.atomic():
            story.runs_billing(account_ids=[each.account.pk for each in beside])
            bills.append(acme.statement)
            django_transaction.set_rollback(True)
    assert bills[0] == bills[1] == "Platform fee  1  40.00\ntotal  40.00"


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_partition_of_the_accounts_gives_the_same_invoices(db: None, data: Any) -> None:
    with django_transaction.atomic():
        story = Story()
        everybody = [*acme_with_usage_that_came_too_late(story), *late_ones(story)]
        story.on("2026-08-01")
        as_one = billed_in_chunks(story, everybody, [0] * len(everybody))
        places = data.draw(st.lists(st.integers(0, 3), min_size=5, max_size=5))
        assert billed_in_chunks(story, everybody, places) == as_one
        django_transaction.set_rollback(True)


def late_ones(story: Story) -> list[Customer]:
    """Three whose May is issued and short of usage, with June and July due."""
    plan = story.plan("late", per_unit(story.meter("jobs"), "1"), flat("5.00"))
    story.on("2026-05-01")
    opened = [story.account(f"Late {number}") for number in range(3)]
    for number, customer in enumerate(opened):
        customer.app(f"late-{number}")
        customer.subscribes(plan)
    story.on("2026-06-01").runs_billing(account_ids=[each.account.pk for each in opened])
    for number, customer in enumerate(opened):
        customer.uses("jobs", f"late-{number}", "2026-05-30", quantity=str(number))
        customer.uses("jobs", f"late-{number}", "2026-06-02", quantity="3")
    return opened


def billed_in_chunks(
    story: Story, customers: Sequence[Customer], places: Sequence[int]
) -> dict[str, list[str]]:
    """All statements of the customers when each is billed in the chunk of its place."""
    with django_transaction.atomic():
        run = story.plans_a_run(grace=timedelta(0), chunk_accounts=1)
        mine = list(run.chunks.order_by("number"))
        for customer, place in zip(customers, places, strict=True):
            run.items.filter(account=customer.account).update(chunk=mine[place])
        works_through(story)
        found = {
            each.account.name: [statement(invoice) for invoice in each.invoices]
            for each in customers
        }
        django_transaction.set_rollback(True)
    return found


def test_the_months_of_an_account_are_never_billed_by_two_workers(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    story.on("2026-01-01")
    for number in range(5):
        story.account(f"Team {number}").subscribes(plan)
    run = story.on("2026-06-01").plans_a_run(grace=timedelta(0), chunk_accounts=3)
    of_account = run.items.values_list("account_id", "chunk_id").distinct()
    assert (len(of_account), run.chunks.count()) == (5, 5)


# --- whose trouble it is ---


def test_an_account_that_fails_is_found_and_the_others_are_billed(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = teams(story, 30)
    failing(monkeypatch, opened[17], ZeroDivisionError("division by zero"))
    run = story.plans_a_run(grace=timedelta(0))
    worked = works_through(story)
    found = states(run)
    assert found.pop("Team 17") == "parked"
    assert set(found.values()) == {"billed"}
    assert worked == 1 + 10 + 3  # the whole, its tenths, and the three of the one that failed
    run.refresh_from_db()
    assert run.finished_at is not None


def test_a_parked_account_says_what_to_do_and_never_what_the_database_said(
    story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (acme,) = teams(story, 1)
    said = 'duplicate key value violates unique constraint "billing_x" DETAIL: Key (id)=(7)'
    failing(monkeypatch, acme, IntegrityError(said))
    run = story.plans_a_run(grace=timedelta(0))
    with caplog.at_level(logging.ERROR):
        works_through(story)
    parked = run.items.get()
    assert parked.parked_code == "unexpected_error"
    assert "Retry it once" in parked.parked_reason
    assert "constraint" not in parked.parked_reason
    (record,) = [each for each in caplog.records if each.message == "set_aside"]
    problem = record.__dict__["problem"]
    assert problem in parked.parked_reason
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == said


def test_a_time_limit_ends_the_chunk_and_parks_nobody(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = teams(story, 3)
    failing(monkeypatch, opened[1], SoftTimeLimitExceeded(), times=1)
    run = story.plans_a_run(grace=timedelta(0))
    chunk = bill_runs.claim_chunk(at=story.at)
    assert chunk is not None
    with pytest.raises(SoftTimeLimitExceeded):
        bill_runs.work(chunk=chunk, at=story.at)
    assert set(states(run).values()) == {"pending"}
    assert works_through(story) == 0  # due again in a moment, not before
    story.at += timedelta(seconds=10)
    works_through(story)
    assert set(states(run).values()) == {"billed"}


def test_a_time_limit_inside_another_error_parks_nobody(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    (acme,) = teams(story, 1)
    wrapped = ValueError("cannot read")
    wrapped.__context__ = SoftTimeLimitExceeded()
    failing(monkeypatch, acme, wrapped, times=1)
    run = story.plans_a_run(grace=timedelta(0))
    with pytest.raises(ValueError, match="cannot read"):
        works_through(story)
    assert set(states(run).values()) == {"pending"}


def test_an_account_that_always_takes_too_long_is_parked_alone_in_the_end(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = teams(story, 3)
    failing(monkeypatch, opened[1], OperationalError("canceling statement due to timeout"))
    run = story.plans_a_run(grace=timedelta(0))
    for _ in range(200):
        bill_runs.give_up_worn_chunks(at=story.at)
        if (chunk := bill_runs.claim_chunk(at=story.at)) is None:
            story.at += timedelta(minutes=1)
            continue
        try:
            bill_runs.work(chunk=chunk, at=story.at)
        except OperationalError:
            continue
    assert states(run) == {"Team 0": "billed", "Team 1": "parked", "Team 2": "billed"}
    parked = run.items.get(state="parked")
    assert parked.parked_code == "worker_died"
    assert parked.parked_reason.startswith("Gave up after 5 attempts: its worker ran out of time")
    assert "canceling" not in parked.parked_reason


def test_a_worn_chunk_does_not_keep_the_others_from_being_billed(story: Story) -> None:
    teams(story, 3)
    run = story.plans_a_run(grace=timedelta(0), chunk_accounts=1)
    worn = run.chunks.order_by("pk").first()
    assert worn is not None
    BillRunChunk.objects.filter(pk=worn.pk).update(attempts=5)
    works_through(story)
    assert states(run) == {"Team 0": "pending", "Team 1": "billed", "Team 2": "billed"}
    bill_runs.give_up_worn_chunks(at=story.at)
    assert states(run)["Team 0"] == "parked"
    assert "its worker died each time" in run.items.get(state="parked").parked_reason


def test_the_months_of_a_failing_account_are_billed_one_by_one(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-01-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01")
    real = stored_drafts.save_drafts

    def save_drafts(*, drafts: Sequence[Any], **options: Any) -> Any:
        if any(draft.period.start.month == 2 for draft in drafts):
            raise ZeroDivisionError
        return real(drafts=drafts, **options)

    monkeypatch.setattr(run_items, "save_drafts", save_drafts)
    run = story.plans_a_run(grace=timedelta(0))
    works_through(story)
    found = run.items.order_by("period_from").values_list("period_from__month", "state")
    assert list(found) == [(1, "billed"), (2, "parked"), (3, "billed")]


# --- numbers ---


def test_an_invoice_that_was_overtaken_is_not_dated_before_the_lower_number(story: Story) -> None:
    """A worker that began earlier and waited for the series issues later, whatever it began at."""
    first, second = teams(story, 2)
    slow, quick = story.at, story.at + timedelta(hours=24)
    story.plans_a_run(grace=timedelta(0), account_ids=[first.account.pk])
    story.plans_a_run(grace=timedelta(0), account_ids=[second.account.pk])
    overtaken, overtaking = (bill_runs.claim_chunk(at=slow) for _ in range(2))
    assert overtaken is not None
    assert overtaking is not None
    bill_runs.work(chunk=overtaking, at=quick)
    bill_runs.work(chunk=overtaken, at=slow)
    numbered = Invoice.objects.order_by("sequence").values_list("account__name", "issued_at")
    assert list(numbered) == [("Team 1", quick), ("Team 0", quick)]
    assert str(first.invoice.due_on) == str(second.invoice.due_on)


def test_all_items_of_a_cut_chunk_keep_one_home(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = teams(story, 4)
    failing(monkeypatch, opened[0], RuntimeError("?"), times=1)
    run = story.plans_a_run(grace=timedelta(0))
    works_through(story)
    assert set(states(run).values()) == {"billed"}
    assert set(run.chunks.values_list("state", flat=True)) == {"done"}
    numbers = list(run.chunks.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(len(numbers)))
    assert BillRunItem.objects.count() == 4


def test_a_worn_chunk_that_cannot_be_settled_holds_up_no_other(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams(story, 2)
    run = story.plans_a_run(grace=timedelta(0), chunk_accounts=1)
    run.chunks.update(state="parked", parked_reason="Its worker died each time")
    stuck = run.chunks.earliest("pk").pk
    give_up = chunks._give_up

    def give_up_others(worn: list[BillRunChunk], *, at: datetime) -> None:
        if any(each.pk == stuck for each in worn):
            raise IntegrityError("duplicate key")
        give_up(worn, at=at)

    monkeypatch.setattr(chunks, "_give_up", give_up_others)
    assert chunks.give_up_worn_chunks(at=story.at) == 1
    assert sorted(states(run).values()) == ["parked", "pending"]


# --- what it costs ---


@pytest.mark.parametrize(("late", "each"), [(False, 0), (True, 2)], ids=["plain", "late"])
def test_a_chunk_asks_the_database_as_much_for_many_accounts_as_for_few(
    story: Story, late: bool, each: int
) -> None:
    """And twice more for each issued invoice that is short of usage."""
    plan = story.plan("calls", per_unit(requests(story), "1"), flat("5.00"))
    few, many = (billed(story, plan, count, late=late) for count in (2, 9))
    assert many - few <= 7 * each


def billed(story: Story, plan: Plan, count: int, *, late: bool) -> int:
    """So many accounts are billed for April, late usage of March too; returns the questions."""
    story.on("2026-03-01")
    opened = [story.account(f"{count} teams: {number}") for number in range(count)]
    for customer in opened:
        customer.app(customer.account.name)
        customer.subscribes(plan)
    ids = [customer.account.pk for customer in opened]
    story.on("2026-04-01").runs_billing(account_ids=ids)
    story.on("2026-05-01")
    for customer in opened:
        for day in ("2026-04-05", *(["2026-03-30"] if late else [])):
            customer.uses("router.requests", customer.account.name, day, quantity="3")
    story.plans_a_run(grace=timedelta(0), account_ids=ids)
    chunk = bill_runs.claim_chunk(at=story.at)
    assert chunk is not None
    with CaptureQueriesContext(connection) as asked:
        bill_runs.work(chunk=chunk, at=story.at)
    assert {each.invoice.total_minor for each in opened} == {1100 if late else 800}
    return len(asked)
