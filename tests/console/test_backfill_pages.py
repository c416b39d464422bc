"""Back-fills on screen: opened with a range, closed and taken back with their effect in view."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.permissions import Role
from tests.browsers import TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import NOW, Platform
from tests.console.test_invoice_page import words
from tests.people import ADA, PLATFORM
from tests.story import instant
from usage.envelope import read_item
from usage.models import Backfill, EventRevision
from usage.operations import backfills
from usage.operations.backfills import Range
from usage.operations.ingest import ingest

APRIL = {
    "occurred_from": "2026-04-01T00:00",
    "occurred_until": "2026-05-01T00:00",
    "replaces": "on",
    "reason": "The router lost a day",
}


@pytest.fixture
def april(platform: Platform) -> Backfill:
    """April's requests are reported again: three million instead of 2.500001."""
    platform.backfill.refresh_from_db()
    backfills.close(backfill=platform.backfill, at=instant(NOW), by=ADA, reason="Not needed")
    span = (instant("2026-04-05"), instant("2026-05-01"))
    found = Range(platform.backfill.source, *span, replaces=True)
    backfill = backfills.start(found, at=instant(NOW), by=ADA, reason="The router lost a day")
    event = platform.story.event(
        type="router.requests",
        subject="acme-web",
        time="2026-04-10T10:00:00+00:00",
        data={"quantity": "3000000"},
    )
    ingest([read_item(event, is_plain=True)], at=instant(NOW), by=PLATFORM, backfill=backfill)
    return backfill


def url(backfill: Backfill, step: str = "") -> str:
    return f"/usage/backfills/{backfill.public_id}/{step}"


def said(**changes: Any) -> dict[str, Any]:
    return APRIL | {"source": "platform/us-1"} | changes


def test_the_list_says_what_may_be_reported_again(platform: Platform, support: Client) -> None:
    page = words(support.get("/usage/backfills/").content)

    assert "Open" in page
    assert "every resource" in page
    assert "The agent was down" in page
    assert "/usage/backfills/+new/" not in support.get("/usage/backfills/").content.decode()


@pytest.mark.parametrize(("state", "shown"), [("open", True), ("closed", False)])
def test_the_list_is_narrowed_by_state(
    state: str, shown: bool, platform: Platform, support: Client
) -> None:
    page = words(support.get(f"/usage/backfills/?state={state}").content)

    assert ("The agent was down" in page) is shown


def test_one_is_opened_with_a_range_and_a_reason(platform: Platform, senior: Client) -> None:
    backfills.close(backfill=platform.backfill, at=instant(NOW), by=ADA, reason="Not needed")
    source = platform.backfill.source.name

    answer = senior.post(
        "/usage/backfills/+new/", said(source=source, subject="acme-web"), follow=True
    )

    page = words(answer.content)
    assert "The back-fill is open: its source may send now." in page
    assert "Of acme-web Replaces yes" in page
    opened = Backfill.objects.latest("opened_at", "pk")
    assert f"/api/v1/usage/events?backfill={opened.public_id}" in page
    assert (opened.opened_by, opened.occurred_until) == ("Sena", instant("2026-05-01"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"occurred_until": "2026-03-01T00:00"}, "The range must end after it begins"),
        (
            {"occurred_until": "2027-03-01T00:00"},
            "Nothing was saved. Until before The range must end",
        ),
        ({"subject": "nobody"}, "There is no resource with this platform id."),
        ({"source": "nowhere"}, "Select a valid choice."),
        ({"reason": " "}, "This field is required."),
        ({}, "Close the open backfill of"),
    ],
)
def test_what_cannot_be_opened_says_why(
    changes: dict[str, str], sentence: str, platform: Platform, senior: Client
) -> None:
    wanted = said(source=platform.backfill.source.name) | changes

    page = words(senior.post("/usage/backfills/+new/", wanted).content)

    assert sentence in page
    assert Backfill.objects.count() == 1


def test_the_page_counts_what_came_in(april: Backfill, support: Client) -> None:
    page = words(support.get(url(april)).content)

    assert "Accepted 1 Duplicate 0" in page
    assert "Its events that count now 1" in page
    # The other requests of April, and the dynos scaled on the 16th.
    assert "to be voided at the close 2" in page


def test_closing_shows_the_bills_it_changes_and_keeps_nothing(
    april: Backfill, platform: Platform, two: TwoPeople
) -> None:
    page = words(two.get(url(april, "close/")).content)

    assert "2 other events of the time will be voided. 1 sent under it stays." in page
    assert f"Acme late usage of {platform.invoice.number}" in page
    assert EventRevision.objects.count() == 0
    april.refresh_from_db()
    assert april.closed_at is None


def test_closed_and_taken_back_the_bill_is_as_before(april: Backfill, two: TwoPeople) -> None:
    for step in ("close/", "take-back/"):
        answer = two.post(url(april, step), {"reason": "Reported wholly"}, follow=True)
        assert "Step of a back-fill was put forward" in words(answer.content)

    april.refresh_from_db()
    assert april.reverted_at is not None
    assert "Take back…" not in words(two.get(url(april)).content)
    assert EventRevision.objects.filter(backfill=april).count() == 2 + 1 + 2


def test_a_step_that_was_taken_is_not_taken_twice(april: Backfill, two: TwoPeople) -> None:
    for _ in range(2):
        answer = two.post(url(april, "close/"), {"reason": "Reported wholly"}, follow=True)

    assert "Nothing was done: the back-fill is past that already." in words(answer.content)


def test_an_approver_sees_the_effect_and_does_not_put_it_forward(april: Backfill) -> None:
    ada = client_of(person("ada", Role.FINANCE_APPROVER))
    assert "puts it forward; you approve it" in words(ada.get(url(april, "close/")).content)
    said = {"reason": "Please", "reason_code": "not_needed"}
    answer = ada.post(url(april, "close/"), said)

    assert answer.status_code == 403
    assert EventRevision.objects.count() == 0


def test_what_senior_support_puts_forward_waits_for_another(
    april: Backfill, senior: Client
) -> None:
    answer = senior.post(url(april, "close/"), {"reason": "Please"}, follow=True)

    assert "You put it forward" in words(answer.content)
    assert EventRevision.objects.count() == 0
    april.refresh_from_db()
    assert april.closed_at is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/usage/backfills/?state=lost", 422),
        ("/usage/backfills/?after=nonsense", 422),
        ("/usage/backfills/bkf_nobody/", 404),
        ("/usage/backfills/bkf_nobody/close/", 404),
    ],
)
def test_an_address_that_means_nothing_says_so(
    path: str, status: int, platform: Platform, senior: Client
) -> None:
    assert senior.get(path).status_code == status


def test_a_step_there_is_not_is_not_found(platform: Platform, senior: Client) -> None:
    assert senior.get(url(platform.backfill, "burn/")).status_code == 404
