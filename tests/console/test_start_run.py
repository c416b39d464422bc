"""Starting a bill run in the console: shown first, then started, by those who may."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.permissions import Role
from billing.invoicing.models import BillRun
from billing.invoicing.operations import run_plan
from billing.invoicing.operations.run_plan import RunPlan
from billing.invoicing.queries.run_preview import preview
from core.clock import now
from tests.billing.prices import flat
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words

START = "/runs/new/"
JUNE = "2026-06-02T12:00:00+00:00"


def approver() -> Browser:
    return client_of(person("ada", Role.FINANCE_APPROVER))


def shown_to(browser: Browser) -> dict[str, str]:
    """What the form sends of what was shown, at noon of 2 June."""
    return browser.opened(START) | {"as_of": JUNE}


def test_what_is_due_is_shown_before_anything_starts(platform: Platform) -> None:
    with time_machine.travel(JUNE, tick=False):
        page = words(approver().get(START).content)

    assert "It rates 3 periods of 2 accounts that had ended by 1 Jun 2026, 12:00 UTC" in page
    assert "issues their invoices, for good" in page
    assert "begun in 2026-05: 2" in page
    assert "Bill 3 periods" in page
    assert BillRun.objects.count() == 1


def test_a_run_is_started_as_it_was_shown_and_says_who_and_why(platform: Platform) -> None:
    with time_machine.travel(JUNE, tick=False):
        ada = approver()
        said = shown_to(ada) | {"reason": "May is closed"}
        answer = ada.post(f"{START}?grace=24&outcome=issue", said)

    run = BillRun.objects.latest("started_at")
    assert answer.headers["Location"] == f"/runs/{run.public_id}/"
    assert (run.reason, run.issues, run.items.count()) == ("May is closed", True, 3)
    assert run.started_by == User.objects.get(username="ada").actor.name


def test_a_run_over_other_periods_than_were_shown_is_not_started(platform: Platform) -> None:
    with time_machine.travel(JUNE, tick=False):
        ada = approver()
        said = shown_to(ada) | {"reason": "May is closed"}
        platform.story.on("2026-06-02T11:00").runs_billing()
        answer = ada.post(f"{START}?grace=24&outcome=issue", said)

    assert answer.status_code == 409
    assert "periods due" in words(answer.content)
    assert not BillRun.objects.filter(reason="May is closed").exists()


def test_whoever_prepares_a_run_may_have_drafts_made_and_not_issue(platform: Platform) -> None:
    with time_machine.travel(JUNE, tick=False):
        finn = client_of(person("finn", Role.FINANCE_ADMIN))
        said = shown_to(finn) | {"reason": "To look at"}
        refused = finn.post(f"{START}?grace=24&outcome=issue", said)
        finn.post(f"{START}?grace=24&outcome=draft", said)

    assert refused.status_code == 403
    assert "approve a bill run" in words(refused.content)
    assert [run.issues for run in BillRun.objects.filter(reason="To look at")] == [False]


def test_nothing_starts_without_a_reason(platform: Platform) -> None:
    with time_machine.travel(JUNE, tick=False):
        ada = approver()
        answer = ada.post(f"{START}?outcome=issue", shown_to(ada) | {"reason": " "})

    assert "Nothing was saved." in words(answer.content)
    assert BillRun.objects.count() == 1


def test_a_run_says_what_it_came_to_beside_the_one_before(
    platform: Platform, support: Client, operator: Client
) -> None:
    second = platform.story.on("2026-06-02T11:00").runs_billing()

    page = words(support.get(f"/runs/{second.public_id}/").content)
    counts = words(operator.get(f"/runs/{second.public_id}/").content)

    assert "Invoices 1 1 Billed" in page
    assert "$110.60" in page
    assert "Invoices 1 1 Periods settled" in counts
    assert "$" not in counts


def test_what_is_due_says_what_it_may_come_to_and_what_will_be_parked(platform: Platform) -> None:
    with time_machine.travel(JUNE, tick=False):
        page = words(approver().get(START).content)

    # Acme was billed 110.60 for April and its May is due; Globex has never been billed.
    assert "2026-04 1 1 0 no estimate" in page
    assert "2026-05 2 1 0 $110.60" in page
    assert "In all $110.60" in page
    assert "There is none for 2 periods of accounts that were never billed." in page
    assert "1 of these could not be billed the last time" in page
    assert "No price covers dyno-seconds size=huge" in page
    assert "1 never billed" in page


def test_a_month_in_which_only_what_is_late_is_billed_adds_nothing_to_the_estimate(
    platform: Platform,
) -> None:
    story, story_ends = platform.story, "2026-05-01"
    plan = story.plan("left", flat("40.00"))
    initech = story.on("2026-04-01").account("Initech")
    initech.subscribes(plan, until=story_ends)
    story.on("2026-05-12T11:30").runs_billing(account_ids=[initech.account.pk])
    with time_machine.travel(JUNE, tick=False):
        planned = plan_of(account_ids=[initech.account.pk])

    found = preview(planned.due)

    assert [(month.period_count, month.late_count) for month in found.months] == [(1, 1)]
    assert list(found.last_billed) == []


def plan_of(*, account_ids: list[int]) -> RunPlan:
    return run_plan.plan(
        as_of=now(), at=now(), grace=timedelta(hours=24), issues=True, account_ids=account_ids
    )


def test_the_preview_costs_the_same_questions_whatever_is_due(
    platform: Platform, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with time_machine.travel(JUNE, tick=False):
        due = plan_of(account_ids=[platform.acme.account.pk, platform.globex.account.pk]).due

    with django_assert_num_queries(4):
        preview(due)
    with django_assert_num_queries(4):
        preview(due[:1])
