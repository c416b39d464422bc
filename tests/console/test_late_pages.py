"""The late-usage ledger on screen: one fate for every difference, and waiving an open one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from django.test import Client

from accounts.permissions import Role
from billing.invoicing.models import LateUsageDecision
from billing.invoicing.operations import late_usage
from core.money import Money
from tests.browsers import TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA


@pytest.fixture
def late_million(platform: Platform) -> Platform:
    """A million requests of April arrive in May: $0.40 on top of the invoice."""
    platform.story.on("2026-05-12T11:30")
    platform.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")
    return platform


def of_acme(platform: Platform, fate: str = "open") -> str:
    return f"/usage/late/?account={platform.acme.account.public_id}&fate={fate}"


def waive_url(platform: Platform) -> str:
    return f"/usage/late/{platform.invoice.number}/waive/"


def test_an_open_difference_names_invoice_lines_and_amount(
    late_million: Platform, support: Client
) -> None:
    page = words(support.get("/usage/late/").content)

    assert f"{late_million.invoice.number} Acme 1–30 Apr 2026" in page
    assert "Router requests 1 million requests" in page
    assert "$0.40" in page
    assert "Waive…" not in page


def test_the_total_of_the_overview_left_out_what_is_late(
    late_million: Platform, support: Client
) -> None:
    url = f"/accounts/{late_million.acme.account.public_id}/"

    page = words(support.get(url).content)

    late = f"of it +$0.40 of usage that came late for {late_million.invoice.number}"
    assert f"so far $66.05 {late}" in page
    assert support.get(url).context["bill"].total == Money(Decimal("65.65"), "USD")


def test_nothing_late_is_said_in_words(platform: Platform, support: Client) -> None:
    assert "No difference is open here." in words(support.get("/usage/late/").content)


def test_the_fates_of_an_account_sum_to_what_arrived(
    late_million: Platform, support: Client
) -> None:
    late_usage.waive(
        invoice=late_million.invoice, at=late_million.story.at, by=ADA, reason="Our fault"
    )
    late_million.acme.uses("router.requests", "acme-web", "2026-04-21", quantity="2000000")

    page = words(support.get(of_acme(late_million)).content)

    assert (
        "Billed on a later invoice $0.00 Waived $0.40 Open $0.80 Arrived late in all $1.20"
    ) in page


def test_what_the_next_run_bills_names_its_invoice(late_million: Platform, support: Client) -> None:
    late_million.story.on("2026-06-02").runs_billing()
    new = late_million.acme.invoice

    page = words(support.get(of_acme(late_million, "billed")).content)

    assert "Billed on a later invoice $0.40 Waived $0.00 Open $0.00" in page
    assert f"{new.number} $0.40" in page


def test_an_approver_waives_what_was_shown_with_a_reason(
    late_million: Platform, two: TwoPeople
) -> None:
    shown = words(two.get(waive_url(late_million)).content)

    two.post(waive_url(late_million), {"reason": "Our collector slept"})

    assert "Put forward to waive $0.40" in shown
    page = words(two.get(of_acme(late_million, "waived")).content)
    assert "“Our collector slept”" in page
    assert LateUsageDecision.objects.get().decided_by == "Farid"


def test_a_double_submit_waives_once(late_million: Platform, two: TwoPeople) -> None:
    sent = {"reason": "Our collector slept"} | two.opened(waive_url(late_million))
    for _ in range(2):
        answer = two.post(waive_url(late_million), sent)

    assert answer.status_code == 409
    assert LateUsageDecision.objects.count() == 1


@pytest.mark.parametrize("reason", ["", " ", "\u200b"])
def test_without_a_reason_nothing_is_waived(
    reason: str, late_million: Platform, two: TwoPeople
) -> None:
    answer = two.post(waive_url(late_million), {"reason": reason})

    assert 'aria-invalid="true"' in answer.content.decode()
    assert LateUsageDecision.objects.count() == 0


def test_senior_support_puts_a_waiver_forward_and_an_approver_does_not(
    late_million: Platform, senior: Client
) -> None:
    answer = senior.post(waive_url(late_million), {"reason": "Please"}, follow=True)
    assert "You put it forward" in words(answer.content)

    ada = client_of(person("ada", Role.FINANCE_APPROVER))
    said = {"reason": "Please", "reason_code": "our_fault"}
    assert ada.post(waive_url(late_million), said).status_code == 403
    assert LateUsageDecision.objects.count() == 0


def test_an_invoice_that_is_short_of_nothing_offers_nothing_to_waive(
    platform: Platform, two: TwoPeople
) -> None:
    page = words(two.get(waive_url(platform)).content)

    assert "Nothing is open." in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/usage/late/?fate=lost", 422),
        ("/usage/late/?after=nonsense", 422),
        ("/usage/late/?account=acc_nobody", 404),
        ("/usage/late/CF-99999999/waive/", 404),
    ],
)
def test_an_address_that_means_nothing_says_so(
    path: str, status: int, platform: Platform, two: TwoPeople
) -> None:
    assert two.get(path).status_code == status


def test_invoice_and_account_lead_to_their_late_usage(platform: Platform, support: Client) -> None:
    link = f'href="/usage/late/?account={platform.acme.account.public_id}"'

    for path in (
        f"/invoices/{platform.invoice.number}/",
        f"/accounts/{platform.acme.account.public_id}/",
    ):
        assert link in support.get(path).content.decode()


@pytest.mark.parametrize("fate", ["billed", "waived"])
def test_decided_differences_cost_a_known_number_of_queries(
    fate: str,
    platform: Platform,
    senior: Client,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    senior.get(f"/usage/late/?fate={fate}")

    with django_assert_num_queries(5):
        senior.get(f"/usage/late/?fate={fate}")
