"""Everybody's inbox begins with what waits for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.permissions import Role
from console.shell.inbox_text import CHECKS, TILES, late_work, plan_for
from core.health import Check, Health
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import NOW, Platform
from tests.console.test_invoice_page import words
from tests.story import instant
from usage.models import Meter, StaleUsage
from usage.partitions import ensure_ahead

HEADS = {
    Role.SUPPORT: "Disputes all that wait for us",
    Role.SENIOR_SUPPORT: "Disputes all that wait for us",
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
