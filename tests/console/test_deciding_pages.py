"""Approving asks who one is; many at once; returned, emergencies, deputies and the policy."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.permissions import Role
from approvals.models import (
    Decision,
    Delegation,
    Emergency,
    EmergencyWord,
    Mandate,
    MandateDraw,
    Proposal,
)
from tests.browsers import Browser, TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.console.test_proposals import credit, decides, path, put_forward
from tests.story import WHY


@pytest.fixture
def farid(platform: Platform) -> Browser:
    """Farid, who approves."""
    return client_of(person("farid", Role.FINANCE_APPROVER))


@pytest.fixture
def found(platform: Platform, senior: Client) -> Proposal:
    return put_forward(senior, path(platform, "credit-note"), credit(platform, "5.00"))


def test_approving_asks_who_one_is_and_keeps_when_that_was_said(
    found: Proposal, platform: Platform
) -> None:
    late = Client()
    late.force_login(person("farid", Role.FINANCE_APPROVER))
    answer = decides(late, found, "approve")
    assert answer.status_code == 302
    assert answer.url.startswith(f"/staff/reauthenticate/?next=%2Fproposals%2F{found.public_id}")
    assert not Decision.objects.exists()

    recent = client_of(person("nora", Role.FINANCE_APPROVER))
    assert decides(recent, found, "approve").status_code == 302
    assert Decision.objects.get(proposal=found).confirmed_at is not None


def test_what_was_said_too_long_ago_is_asked_again(
    found: Proposal, farid: Browser, settings: Any
) -> None:
    settings.APPROVAL_CONFIRMED_SECONDS = 60
    with time_machine.travel("2026-05-12T12:01:00Z", tick=False):
        answer = decides(farid, found, "approve")
    assert "/staff/reauthenticate/" in answer.url
    assert not Decision.objects.exists()


def test_TD4_ticked_ones_are_shown_with_their_sum_then_approved(
    found: Proposal, farid: Browser, senior: Client
) -> None:
    listed = farid.get("/proposals/").content.decode()
    row = re.search(r'name="row" value="(prp_\w+:[0-9a-f]{64})"', listed)
    assert row is not None
    seen = farid.post("/proposals/+decide/", {"row": row.group(1)})
    assert "Approve 1 proposal" in words(seen.content)
    assert "Together $5.00" in words(seen.content)
    assert not Decision.objects.exists()
    done = farid.post("/proposals/+decide/", {"row": row.group(1), "do": "approve"})
    assert "executed" in words(done.content)
    own = senior.post("/proposals/+decide/", {"row": row.group(1)})
    assert "None of these is yours to approve." in words(own.content)
    assert farid.post("/proposals/+decide/", {}).url == "/proposals/"


def test_a_proposal_waits_in_the_inbox_of_who_decides(found: Proposal, farid: Browser) -> None:
    page = farid.get("/").content.decode()
    assert "Proposal to decide" in page
    assert f"/proposals/{found.public_id}/" in page


def test_what_was_returned_is_answered_with_a_new_version(
    found: Proposal, farid: Browser, senior: Client
) -> None:
    assert decides(farid, found, "return", why="Which day was it?").status_code == 302
    assert "Proposal returned to you" in words(senior.get("/").content)
    url = f"/proposals/{found.public_id}/again/"
    page = senior.get(url)
    assert "asks: “Which day was it?”" in words(page.content)
    assert farid.get(url).status_code == 409
    said: dict[str, Any] = {}
    for name, field in page.context["form"].fields.items():
        said[name] = field.initial or ""
    said["reason"] = "It was the 3rd"
    shown = senior.post(url, said)
    assert "What it would do" in words(shown.content)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown.content.decode())
    assert seen is not None
    assert senior.post(url, said | {"seen": seen.group(1)}).status_code == 302
    found.refresh_from_db()
    assert (found.state, found.version) == ("open", 2)
    assert senior.post(url, said).status_code == 409


@pytest.mark.parametrize("broken", ["{", "[1", "nonsense"])
def test_what_is_no_json_is_named_and_nothing_saved(
    broken: str, found: Proposal, farid: Browser, senior: Client
) -> None:
    decides(farid, found, "return", why="Which day was it?")
    url = f"/proposals/{found.public_id}/again/"
    answer = senior.post(url, {"of_lines": broken, "reason": "So"})
    assert answer.status_code == 422
    assert "This is no JSON value." in words(answer.content)


def test_an_emergency_is_done_and_cleared_by_another(
    found: Proposal, farid: Browser, senior: Client
) -> None:
    assert decides(farid, found, "emergency").status_code == 422
    assert decides(farid, found, "emergency", why="The bank closes at noon").status_code == 302
    assert Emergency.objects.get().taken_by.username == "farid"
    nora = client_of(person("nora", Role.FINANCE_APPROVER))
    assert "Emergency to clear" in words(nora.get("/").content)
    assert "The bank closes at noon" in words(nora.get("/proposals/+emergencies/").content)
    page = words(farid.get(f"/proposals/{found.public_id}/").content)
    assert "another person clears it" in page
    clear = f"/proposals/{found.public_id}/clear/"
    assert farid.post(clear, {"word": "approved", "reason": WHY}).status_code == 403
    assert nora.post(clear, {"word": "approved", "reason": ""}).status_code == 302
    assert not EmergencyWord.objects.exists()
    assert nora.post(clear, {"word": "approved", "reason": WHY}).status_code == 302
    assert EmergencyWord.objects.get().person.username == "nora"
    assert "Nothing is owed." in words(nora.get("/proposals/+emergencies/").content)


def test_a_deputy_is_named_seen_and_ended(farid: Browser, platform: Platform) -> None:
    gia = person("gia", Role.SUPPORT)
    said = {
        "deputy": gia.public_id, "valid_from": "2026-05-12T12:00",
        "valid_until": "2026-05-20T00:00", "reason": "Away",
    }  # fmt: skip
    url = "/proposals/+deputies/"
    bad = farid.post(url, said | {"valid_until": "2026-05-01T00:00"})
    assert (bad.status_code, "It must end after it begins" in words(bad.content)) == (422, True)
    assert farid.post(url, said).status_code == 302
    assert "Gia" in words(farid.get(url).content)
    delegation = Delegation.objects.get()
    end = f"{url}{delegation.public_id}/end/"
    assert client_of(gia).post(end).status_code == 403
    assert farid.post(end).status_code == 302
    assert farid.post(end).status_code == 409


def test_the_policy_says_who_may_and_where_nobody_could(platform: Platform, farid: Browser) -> None:
    page = words(farid.get("/proposals/+policy/").content)
    assert "Credit note" in page
    assert "senior support" in page
    assert "Farid never" in page


def test_TD11_a_mandate_is_put_forward_given_under_and_looked_at(
    platform: Platform, two: TwoPeople, support: Client
) -> None:
    nora = client_of(person("nora", Role.FINANCE_APPROVER))
    asked = {
        "title": "Small goodwill", "currency": "USD", "for_reasons": ["goodwill"],
        "by_kinds": ["adjustment", "credit_note"],
        "per_case": "20.00", "per_account_month": "50.00", "total": "500.00",
        "until": "2026-09-01T00:00", "review_every": "1", "reason": WHY,
    }  # fmt: skip
    url = "/proposals/+mandates/"
    assert "Finance admin puts one forward." in words(support.get(url).content)
    assert two.post(url, asked | {"total": "1.00"}).status_code == 422
    assert two.post(url, asked).status_code == 302
    mandate = Mandate.objects.get()
    page = f"{url}{mandate.public_id}/"
    given = {
        "invoice": platform.invoice.number, "give": "5.00", "description": "Sorry",
        "ticket": "C-1", "reason_code": "goodwill", "reason": WHY,
    }  # fmt: skip
    shown = support.post(page, given)
    assert "Give $5.00 now" in words(shown.content)
    assert not MandateDraw.objects.exists()
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown.content.decode())
    assert seen is not None
    assert support.post(page, given | {"seen": seen.group(1)}).status_code == 302
    drawn = MandateDraw.objects.get()
    assert support.post(page, given | {"give": "15.01"}).status_code == 409
    noted = credit(platform, "2.00") | {"reason_code": "goodwill", "ticket": "C-2"}
    form = path(platform, "credit-note")
    shown = support.post(form, noted)
    assert "Give now under “Small goodwill”, $495.00 left" in words(shown.content)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown.content.decode())
    assert seen is not None
    done = support.post(form, noted | {"seen": seen.group(1), "under": mandate.public_id})
    assert (done.status_code, MandateDraw.objects.count()) == (302, 2)
    refused = support.post(
        form, noted | {"ticket": "", "seen": seen.group(1), "under": mandate.public_id}
    )
    assert MandateDraw.objects.count() == 2
    assert refused.status_code in (200, 422)
    looks = {"draw": drawn.public_id, "verdict": "failed", "reason": WHY}
    assert support.post(f"{page}review/", looks).status_code == 403
    assert nora.post(f"{page}review/", looks | {"reason": ""}).status_code == 302
    assert nora.post(f"{page}review/", looks).status_code == 302
    assert "Nothing is given any more: it is frozen." in words(support.get(page).content)
