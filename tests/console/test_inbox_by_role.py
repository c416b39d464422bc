"""Everybody's inbox begins with what waits for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.permissions import Role
from approvals.operations import deciding
from console.shell.inbox_text import CHECKS, TILES, late_work, plan_for
from core.health import Check, Health
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import NOW, Platform
from tests.console.test_invoice_page import words
from tests.console.test_proposals import credit, put_forward
from tests.story import instant
from usage.models import Meter, StaleUsage
from usage.partitions import ensure_ahead
from usage.tasks import refresh_stale_usage

HEADS = {
    Role.SUPPORT: "Waits for you",
    Role.SENIOR_SUPPORT: "Waits for you",
    Role.FINANCE_APPROVER: "Draft invoices All drafts",
    Role.FINANCE_ADMIN: "Parked accounts not billed",
    Role.OPERATOR: "Late or stuck",
    Role.AUDITOR: "Last bill run",
}
"""The heading of the section that comes first."""


@pytest.fixture
def busy(platform: Platform) -> Platform:
    """Somebody is parked, an event is held, and drafts of May wait."""
    platform.story.on("2026-06-02").runs_billing(issues=False)
    return platform


@pytest.mark.parametrize("role", list(Role))
def test_what_comes_first_is_what_waits_for_the_role(role: Role, busy: Platform) -> None:
    page = words(client_of(person("somebody", role)).get("/").content)

    found = {head: page.find(head) for head in set(HEADS.values()) if head in page}
    assert min(found, key=lambda head: found[head]) == HEADS[role]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_the_same_numbers_in_its_own_order(role: Role) -> None:
    assert sorted(plan_for([role]).tiles) == sorted(TILES)


def test_somebody_with_two_roles_reads_the_inbox_of_the_one_that_decides() -> None:
    both = {Role.SUPPORT, Role.FINANCE_APPROVER}

    assert plan_for(both) == plan_for([Role.FINANCE_APPROVER])


def test_an_operator_reads_that_nothing_is_late(platform: Platform, operator: Client) -> None:
    ensure_ahead(at=instant(NOW))

    assert "every kind of work keeps up" in words(operator.get("/").content)


def test_an_operator_reads_what_is_late_and_since_when(
    platform: Platform, operator: Client
) -> None:
    StaleUsage.objects.create(
        account_id=platform.acme.account.pk,
        meter=Meter.objects.get(code="requests"),
        resource_id=platform.app.pk,
        day_from=instant("2026-05-01").date(),
        day_until=instant("2026-05-02").date(),
        marked_at=instant(NOW) - timedelta(hours=2),
    )

    page = words(operator.get("/").content)

    assert (
        "Usage that must be added up again The oldest has waited for 120 minutes. 2 hours ago"
        in page
    )


def test_every_check_has_words(platform: Platform) -> None:
    checks = [Check(name, Health.LATE, "It waits.") for name in CHECKS]

    assert [each.name for each in late_work(checks)] == list(CHECKS.values())


# What waits for one person


def test_support_reads_disputes_of_nobody_with_what_is_at_stake_and_takes_one(
    platform: Platform,
) -> None:
    sam, colleague = person("sam-two", Role.SUPPORT), person("sue", Role.SUPPORT)
    case = platform.acme.account.disputes.get()

    page = words(client_of(sam).get("/").content)
    assert f"Dispute, not assigned {case.number}" in page
    assert "first answer due by" in page
    assert f"Take it : {case.number}" in page

    client_of(sam).post(f"/disputes/{case.public_id}/", {"do": "take"})

    assert f"Dispute {case.number}" in words(client_of(sam).get("/").content)
    assert case.number not in words(client_of(colleague).get("/").content)


def test_a_proposal_waits_for_those_who_may_decide_it_and_returns_to_its_maker(
    platform: Platform,
) -> None:
    maker, approver = person("moe", Role.SENIOR_SUPPORT), person("fay", Role.FINANCE_APPROVER)
    url = f"/invoices/{platform.invoice.public_id}/propose/credit-note/"
    proposal = put_forward(client_of(maker), url, credit(platform, "5.00"))

    assert "Proposal to decide" in words(client_of(approver).get("/").content)
    assert "Proposal to decide" not in words(client_of(maker).get("/").content)

    asked = "Which ticket is this for?"
    deciding.give_back(
        proposal=proposal, seen=proposal.seal, by=approver, at=instant(NOW), reason=asked
    )

    page = words(client_of(maker).get("/").content)
    assert "Proposal returned to you" in page
    assert "“Which ticket is this for?”" in page
    assert "answer " in page
    assert "Proposal to decide" not in words(client_of(approver).get("/").content)


def test_whoever_may_not_handle_disputes_gets_none(platform: Platform) -> None:
    page = words(client_of(person("ada-two", Role.FINANCE_ADMIN)).get("/").content)

    assert "Dispute, not assigned" not in page


# The button that safely retries


def test_an_operator_wakes_the_workers_as_often_as_they_like(
    platform: Platform, operator: Client, support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(refresh_stale_usage, "delay", lambda: rung.append("usage"))

    for _ in range(2):
        assert operator.post("/inbox/ring/", {"work": "stale_usage"}).status_code == 302
    assert operator.post("/inbox/ring/", {"work": "everything"}).status_code == 302
    assert operator.get("/inbox/ring/").status_code == 405
    assert support.post("/inbox/ring/", {"work": "stale_usage"}).status_code == 403

    assert rung == ["usage", "usage"]


def test_parked_accounts_are_tried_again_from_the_inbox(
    platform: Platform, operator: Client
) -> None:
    page = operator.get("/").content.decode()

    assert f'action="/runs/{platform.run.public_id}/retry/"' in page
