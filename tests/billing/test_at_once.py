"""Real transactions at once: an invoice is issued once, a number is given once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import close_old_connections, connection

from billing.invoicing.models import BillRun, BillRunChunk, BillRunItem, Invoice, NumberSeries
from billing.invoicing.operations import bill_runs, chunks, invoices, run_items, stored_drafts
from billing.ledger.models import Journal
from core.errors import DomainError
from core.leases import LeaseLost
from tests.billing.prices import dyno_month, dyno_seconds, flat
from tests.people import ADA
from tests.story import WHY, Customer, Story
from usage.derivation.refresh import is_stale
from usage.derivation.refresh import refresh as usage_refresh
from usage.operations.ingest import Verdict

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 8


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A story whose transactions are real."""
    return Story()


def customers(story: Story, count: int) -> list[Customer]:
    """Accounts whose March is over."""
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    opened = [story.account(f"Team {number}") for number in range(count)]
    for customer in opened:
        customer.subscribes(plan)
    story.on("2026-04-01")
    return opened


def at_once(calls: list[Any]) -> list[Any]:
    """Call all of them at the same time, each on a connection of its own."""
    barrier = Barrier(len(calls))

    def call(work: Any) -> Any:
        close_old_connections()
        barrier.wait()
        try:
            return work()
        except (DomainError, LeaseLost) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_many_callers_issue_one_draft_once(story: Story) -> None:
    (acme,) = customers(story, 1)
    story.runs_billing(issues=False)
    draft = acme.invoice.pk

    def issue() -> list[Invoice]:
        return invoices.issue(invoice_ids=[draft], at=story.at, by=ADA, reason=WHY)

    answers = at_once([issue] * CALLERS)
    assert sum(isinstance(answer, invoices.NotADraft) for answer in answers) == CALLERS - 1
    assert (Journal.objects.count(), acme.invoice.number) == (1, "CF-00000001")


def test_callers_of_one_series_leave_no_gap_and_no_twin(story: Story) -> None:
    drafts = [customer.account for customer in customers(story, 40)]
    story.runs_billing(issues=False)
    ids = list(Invoice.objects.filter(account__in=drafts).values_list("pk", flat=True))

    def issue(share: list[int]) -> Any:
        return lambda: [
            invoices.issue(invoice_ids=[pk], at=story.at, by=ADA, reason=WHY) for pk in share
        ]

    at_once([issue(ids[caller::CALLERS]) for caller in range(CALLERS)])
    sequences = [invoice.sequence for invoice in Invoice.objects.order_by("sequence")]
    assert sequences == list(range(1, 41))
    assert NumberSeries.objects.get(prefix="CF-").next_value == 41


def test_two_runs_over_the_same_month_bill_it_once(story: Story) -> None:
    opened = customers(story, 12)
    runs = [story.plans_a_run(grace=bill_runs.GRACE * 0) for _ in range(4)]

    def work() -> None:
        while chunk := bill_runs.claim_chunk(at=story.at):
            bill_runs.work(chunk=chunk, at=story.at)

    at_once([work] * 4)
    assert [len(customer.invoices) for customer in opened] == [1] * 12
    assert Journal.objects.count() == 12
    states = BillRunItem.objects.values_list("state", flat=True)
    assert sorted(states) == ["billed"] * 12 + ["unchanged"] * 36
    assert all(run.items.filter(state="pending").count() == 0 for run in runs)


def test_T3_schedulers_that_overlap_bill_a_month_once_and_leave_no_dead_work(story: Story) -> None:
    """lago-api#1988: an hourly clock queued a slow job again; a late check saved the invoice, and
    the jobs were left dead."""
    (acme,) = customers(story, 1)

    def plan_and_work() -> None:
        story.plans_a_run(grace=bill_runs.GRACE * 0)
        while chunk := bill_runs.claim_chunk(at=story.at):
            bill_runs.work(chunk=chunk, at=story.at)

    answers = at_once([plan_and_work] * 3)
    assert answers == [None] * 3
    assert [invoice.number for invoice in acme.invoices] == ["CF-00000001"]
    assert Journal.objects.count() == 1
    assert set(BillRunItem.objects.values_list("state", flat=True)) <= {"billed", "unchanged"}
    assert set(BillRunChunk.objects.values_list("state", flat=True)) == {"done"}
    assert not BillRun.objects.filter(finished_at=None).exists()


def test_a_worker_that_lost_its_lease_writes_nothing(story: Story) -> None:
    (acme,) = customers(story, 1)
    story.plans_a_run(grace=bill_runs.GRACE * 0)
    frozen = bill_runs.claim_chunk(at=story.at)
    later = story.at + bill_runs.LEASE
    other = bill_runs.claim_chunk(at=later)
    assert frozen is not None
    assert other is not None
    with pytest.raises(LeaseLost):
        bill_runs.work(chunk=frozen, at=later)
    assert acme.invoices == []
    bill_runs.work(chunk=other, at=later)
    assert len(acme.invoices) == 1


def test_nobody_who_sends_events_waits_for_a_chunk_whose_usage_is_stale(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = story.plan("heroku", dyno_month(dyno_seconds(story), "standard-1x", "31.00"))
    story.on("2026-03-01")
    opened = [story.account(name) for name in ("Acme", "Globex")]
    for customer in opened:
        customer.app(customer.account.name)
        customer.subscribes(plan)
    acme = opened[0]
    story.on("2026-04-01")
    acme.scales("Acme", "standard-1x", "1", at="2026-03-11")
    acme.scales("Acme", "standard-1x", "2", at="2026-03-21")
    acme.scales("Acme", "standard-1x", "1", at="2026-03-01")  # out of order: built again
    assert is_stale([acme.account.pk])
    real, answers = stored_drafts.save_drafts, []

    def save_drafts(**given: Any) -> Any:
        def sends() -> Verdict:
            try:
                return acme.scales("Acme", "standard-1x", "0", at="2026-04-01")
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as sender:
            answers.append(sender.submit(sends).result(timeout=30).outcome)
        return real(**given)

    monkeypatch.setattr(run_items, "save_drafts", save_drafts)
    run = story.plans_a_run(grace=timedelta(0))
    chunk = bill_runs.claim_chunk(at=story.at)
    assert chunk is not None
    bill_runs.work(chunk=chunk, at=story.at)
    assert answers == ["accepted"]
    assert set(run.items.values_list("account__name", "state")) == {
        ("Acme", "billed"),
        ("Globex", "empty"),
    }
    # 20 days of one and 11 days of two.
    assert acme.invoice.total_minor == 4200


def test_usage_that_changes_faster_than_it_is_read_is_billed_alone_and_right(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between bringing it up to date and reading it, somebody always corrects it again."""
    plan = story.plan("heroku", dyno_month(dyno_seconds(story), "standard-1x", "31.00"))
    story.on("2026-03-01")
    acme, globex = story.account("Acme"), story.account("Globex")
    for customer in (acme, globex):
        customer.app(customer.account.name)
        customer.subscribes(plan)
    story.on("2026-04-01")
    globex.scales("Globex", "standard-1x", "1", at="2026-03-01")
    days = iter(range(31, 0, -1))

    def refresh(account_ids: Any) -> int:
        count = usage_refresh(account_ids)
        if acme.account.pk in account_ids:
            acme.scales("Acme", "standard-1x", "1", at=f"2026-03-{next(days):02d}")
        return count

    monkeypatch.setattr(chunks, "refresh", refresh)
    run = story.plans_a_run(grace=timedelta(0))
    while chunk := bill_runs.claim_chunk(at=story.at):
        bill_runs.work(chunk=chunk, at=story.at)
    assert set(run.items.values_list("state", flat=True)) == {"billed"}
    assert globex.invoice.total_minor == 3100
    # The fourth was told before it was billed: from the 28th on.
    assert acme.invoice.total_minor == 400
