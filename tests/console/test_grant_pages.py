"""Granting credit on screen: said, shown what it would do, put forward as it was seen."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from approvals.models import Proposal
from tests.console.platform import Platform

SAID = {
    "type": "promotional",
    "name": "Spring",
    "amount": "30.00",
    "effective_from": "2026-05-01T00:00",
    "reason_code": "promotion",
    "reason": "Promised",
}


def test_credit_of_money_is_shown_and_put_forward(platform: Platform, senior: Client) -> None:
    url = reverse("console:account-grant-new", args=[platform.acme.account.public_id])
    shown = senior.post(url, SAID)
    assert shown.status_code == 200
    found = re.search(r'name="seen" value="(\w+)"', shown.content.decode())
    assert found is not None
    done = senior.post(url, SAID | {"seen": found[1], "put_forward": "1"})
    assert done.status_code == 302
    assert Proposal.objects.filter(kind="grant").count() == 1


def test_credit_of_units_and_what_is_wrong(platform: Platform, senior: Client) -> None:
    url = reverse("console:account-grant-new", args=[platform.acme.account.public_id])
    assert senior.post(url, SAID | {"amount": "5", "unit": "request"}).status_code == 200
    assert senior.post(url, SAID | {"amount": "a lot"}).status_code == 422
    assert senior.post(url, SAID | {"name": ""}).status_code == 422
