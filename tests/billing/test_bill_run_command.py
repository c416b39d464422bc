"""`manage.py bill_run`: it says what it is about to do, and issues nothing that has not ended."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from billing.invoicing.management.commands import bill_run
from billing.invoicing.models import BillRun, Invoice
from billing.invoicing.operations.run_plan import GraceOutOfBounds, RunInFuture
from tests.billing.prices import flat
from tests.story import Story

NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def subscribed(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Two accounts since September; it is 29 November, 18:00."""
    monkeypatch.setattr(bill_run, "now", lambda: NOW)
    plan = story.plan("base", flat("5.00"))
    for name, since in (("Acme", "2026-09-01"), ("Globex", "2026-10-01")):
        story.on(since).account(name).subscribes(plan)
    story.at = NOW
    return story


def run(*options: str) -> str:
    out = StringIO()
    call_command("bill_run", *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--grace-hours", "-48"), "Grace is 0 to 744 hours, not -48"),
        (("--grace-hours", "745"), "Grace is 0 to 744 hours, not 745"),
        (("--grace-hours", "99999999999999"), "beyond the calendar"),
        (("--as-of", "2026-12-01"), "2026-12-01 00:00 UTC is still to come"),
        (("--as-of", "2026-11-29T18:00:01Z"), "still to come"),
        (
            ("--as-of", "yesterday"),
            "'yesterday' is neither a day such as 2026-11-01 nor",
        ),
        (("--as-of", "2026-11-01T00:00"), "lacks its zone"),
        (("--as-of", "0001-01-01T00:00+14:00"), "beyond the calendar"),
        (("--as-of", ""), "neither a day"),
    ],
)
def test_bounds_are_kept_before_anything_is_started(options: tuple[str, str], words: str) -> None:
    """BL11: a grace of less than nothing issued November on 29 November."""
    with pytest.raises(CommandError, match=words):
        run(*options)
    assert not BillRun.objects.exists()
    assert not Invoice.objects.exists()


def test_a_dry_run_says_what_would_be_billed_and_writes_nothing() -> None:
    said = run("--dry-run", "--as-of", "2026-11-05")
    assert said.splitlines() == [
        "It rates 3 periods of 2 accounts that had ended by 2026-11-04 00:00 UTC, and issues their "
        "invoices, for good.",
        "  begun in 2026-09: 1",
        "  begun in 2026-10: 2",
        "Nothing was started: this is a dry run.",
    ]
    assert not BillRun.objects.exists()


def test_a_run_says_the_same_before_it_starts() -> None:
    said = run("--here", "--as-of", "2026-11-05").splitlines()
    assert said[0].startswith("It rates 3 periods of 2 accounts")
    assert Invoice.objects.filter(state="issued").count() == 3
    assert run("--dry-run").splitlines()[0].startswith("Nothing is due that had ended by")


def test_drafts_of_what_still_runs_may_be_looked_at() -> None:
    said = run("--dry-run", "--drafts", "--as-of", "2026-12-03")
    assert "leaves their invoices as drafts" in said


@pytest.mark.parametrize("days", [-1, 32])
def test_no_door_starts_a_run_with_a_grace_out_of_bounds(story: Story, days: int) -> None:
    with pytest.raises(GraceOutOfBounds):
        story.plans_a_run(grace=timedelta(days=days))


def test_no_door_starts_a_run_that_issues_what_is_to_come(story: Story) -> None:
    run = story.plans_a_run()
    with pytest.raises(RunInFuture):
        story.plans_a_run(as_of=NOW + timedelta(seconds=1))
    with pytest.raises(IntegrityError, match="bill_run_issues_what_has_passed"):
        BillRun.objects.filter(pk=run.pk).update(as_of=NOW + timedelta(days=30))
