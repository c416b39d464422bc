"""A check of a month is work of its own: step by step, by any worker, kept once it is whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from billing.closing import checklist
from billing.closing.models import CloseCheck, CloseCheckWork
from billing.closing.months import read_month
from billing.closing.operations import check_work, closing
from billing.closing.operations.check_work import CheckUnderWay
from billing.closing.queries.check_progress import CheckProgress, check_progress
from core.db.transactions import transaction
from core.leases import LeaseLost
from tests.billing.prices import per_unit
from tests.people import ADA, SAM
from tests.story import Story

pytestmark = pytest.mark.django_db

OCTOBER = read_month("2026-10")
COUNTS = len(checklist.closing_counts())


@pytest.fixture(autouse=True)
def three_accounts(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three customers of October, compared two at a time."""
    monkeypatch.setattr(check_work, "CHUNK", 2)
    plan = story.plan("calls", per_unit(story.meter("calls", event_type="calls"), "0.10"))
    story.on("2026-10-01")
    for name in ("Acme", "Globex", "Initech"):
        customer = story.account(name, anchor="2026-10-01")
        customer.app(f"{name}-web")
        customer.subscribes(plan)
        story.on("2026-10-05")
        customer.uses("calls", f"{name}-web", "2026-10-04", quantity="10")
        story.on("2026-10-01")
    story.on("2026-11-02")
    story.runs_billing()
    story.on("2026-11-03")


def asked(story: Story) -> CloseCheckWork:
    """October, to be checked for Ada."""
    return check_work.ask(month=OCTOBER, at=story.at, by=ADA)


def claimed(story: Story) -> CloseCheckWork:
    """The same, taken up by a worker."""
    item = check_work.claim(at=story.at)
    assert item is not None
    return item


def progress() -> CheckProgress:
    """How far October is."""
    found = check_progress(OCTOBER)
    assert found is not None
    return found


def test_a_worker_goes_on_where_the_one_before_it_died(story: Story) -> None:
    asked(story)
    item = claimed(story)
    assert progress().total_count is None
    assert not check_work.work(item, at=story.at)
    assert (progress().compared_count, progress().total_count) == (2, 3)
    assert progress().steps == 3 + COUNTS + 1
    # It dies here; when its lease has ended, another one takes it up.
    assert check_work.claim(at=story.at) is None
    story.at += check_work.LEASE
    another = claimed(story)
    with pytest.raises(LeaseLost), transaction():
        check_work.work(item, at=story.at)
    check_work.work(another, at=story.at)
    assert progress().compared_count == 3
    assert progress().counting == checklist.closing_counts()[0].title

    check_work.work_through(another, clock=lambda: story.at, until=story.at + timedelta(days=1))

    assert check_progress(OCTOBER) is None
    made = CloseCheck.objects.get()
    assert CloseCheckWork.objects.get().check_made == made
    assert made.checked_by == ADA.name
    use = {code: rest for code, *rest in made.figures["counted"]}["use"]
    assert use[0] == use[1] > 0


def test_what_a_worker_finds_is_what_is_found_at_once(story: Story) -> None:
    asked(story)
    check_work.work_through(
        claimed(story), clock=lambda: story.at, until=story.at + timedelta(days=1)
    )
    by_a_worker = CloseCheck.objects.get()
    at_once = closing.check(month=OCTOBER, at=story.at, by=SAM)
    assert at_once.figures == by_a_worker.figures
    assert at_once.digest == by_a_worker.digest


def test_a_month_is_checked_once_at_a_time(story: Story) -> None:
    first = asked(story)
    assert asked(story) == first
    claimed(story)
    with pytest.raises(CheckUnderWay):
        closing.check(month=OCTOBER, at=story.at, by=SAM)
    with pytest.raises(IntegrityError, match="close_check_once_at_a_time"), transaction():
        CloseCheckWork.objects.create(
            month_on=OCTOBER.first_on, not_before=story.at, asked_at=story.at, asked_by="Sam"
        )


def test_time_that_is_up_leaves_the_rest_to_the_next_task(story: Story) -> None:
    asked(story)
    check_work.work_through(claimed(story), clock=lambda: story.at, until=story.at)
    left = CloseCheckWork.objects.get()
    assert (left.state, left.compared_count) == ("ready", 2)


def test_a_count_that_fails_is_tried_again_and_keeps_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: object) -> int:
        raise IntegrityError("duplicate key value")

    broken = checklist.ClosingCount("broken", "Broken", "", "", breaks)
    monkeypatch.setattr(checklist, "_COUNTS", [broken])
    asked(story)
    check_work.work_through(
        claimed(story), clock=lambda: story.at, until=story.at + timedelta(days=1)
    )
    failed = CloseCheckWork.objects.get()
    assert failed.state == "ready"
    assert failed.not_before > story.at
    assert "no rule foresees" in progress().problem
    assert "duplicate key" not in progress().problem
    assert failed.compared_count == 3
    assert not CloseCheck.objects.exists()
