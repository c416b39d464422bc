"""Limits on spending on screen: what is spent of each, asking for one, and ending it."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from approvals.models import Proposal
from billing.contracts.operations import entitlements
from billing.contracts.operations.entitlements import EntitlementTerms
from billing.spending.models import SpendingLimit
from billing.spending.operations import limits
from billing.spending.operations.limits import LimitTerms
from tests.billing.spending.spending import looks
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import instant
from usage.models import Meter

SAID = {
    "does": "stops",
    "amount": "30.00",
    "marks": "50, 100",
    "reason_code": "customer_asked",
    "reason": "They fear a runaway",
}


def _put_forward(client: Client, url: str, said: dict[str, str]) -> Proposal:
    shown = client.post(url, said)
    assert shown.status_code == 200
    found = re.search(r'name="seen" value="(\w+)"', shown.content.decode())
    assert found is not None
    assert client.post(url, said | {"seen": found[1], "put_forward": "1"}).status_code == 302
    return Proposal.objects.latest("pk")


def test_a_limit_is_shown_and_put_forward(platform: Platform, senior: Client) -> None:
    url = reverse("console:account-limit-new", args=[platform.acme.account.public_id])
    page = words(senior.post(url, SAID).content)
    assert re.search(r"Limit of \$?30.00( USD)? for Acme", page)
    assert "it stops the platform at its amount. Told at 50 %, 100 %." in page
    made = _put_forward(senior, url, SAID | {"app": platform.app.public_id})
    assert made.kind == "spending_limit"


def test_what_is_wrong_names_its_field(platform: Platform, senior: Client) -> None:
    url = reverse("console:account-limit-new", args=[platform.acme.account.public_id])
    for wrong in ({"amount": "a lot"}, {"marks": "eighty"}, {"marks": "0"}, {"amount": ""}):
        answer = senior.post(url, SAID | wrong)
        assert answer.status_code == 422
    assert SpendingLimit.objects.count() == 1


def test_what_stands_stopped_is_listed_and_ended(platform: Platform, senior: Client) -> None:
    story, acme = platform.story, platform.acme.account
    story.on("2026-05-12T11:30")
    one = LimitTerms(1_00, stops=True)
    limit = limits.set_limit(account=acme, terms=one, at=story.at, by=ADA, reason="Ticket 25")
    assert looks(story) == 1
    page = words(senior.get(reverse("console:limits") + "?show=stopped").content)
    assert re.search(r"Acme limit Stopped .{5,20} \d+ % of .{0,3}1.00", page)
    page = words(senior.get(reverse("console:account-limits", args=[acme.public_id])).content)
    assert "Limit: stops the platform · told at 80, 100 %" in page
    assert "Ada (finance): Ticket 25" in page
    history = words(senior.get(reverse("console:account-history", args=[acme.public_id])).content)
    assert re.search(
        r"Limit of .{0,3}1.00.{0,5} for the whole account stopped the platform", history
    )

    url = reverse("console:account-limit-end", args=[acme.public_id, limit.public_id])
    page = words(senior.post(url, {"reason_code": "agreed", "reason": "Paid"}).content)
    assert re.search(r"Limit of .{0,3}1.00.{0,5} of Acme holds no more.", page)
    assert "What was stopped goes on at once." in page


def test_support_reads_and_asks_for_none(platform: Platform, support: Client) -> None:
    url = reverse("console:account-limits", args=[platform.acme.account.public_id])
    page = words(support.get(url).content)
    assert "Budget: tells people" in page
    assert "Set a limit" not in page
    new = reverse("console:account-limit-new", args=[platform.acme.account.public_id])
    assert support.get(new).status_code == 403


def test_what_the_account_may_is_beside_its_limits(platform: Platform, support: Client) -> None:
    acme = platform.acme.account
    terms = EntitlementTerms(
        "calls", "100", instant("2026-05-01"), None, Meter.objects.get(code="requests")
    )
    entitlements.entitle(whose=acme, terms=terms, by=ADA, at=platform.story.at, reason="Ticket 26")
    page = words(support.get(reverse("console:account-limits", args=[acme.public_id])).content)
    assert re.search(r"calls (yes|no) 100 [\d,.]+ [\d,.]+ ", page)
    assert re.search(r"calls 100 [\w -]*the account", page)
    assert "Ticket 26 Ada (finance)" in page
