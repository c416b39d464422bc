"""Seats on screen: who takes one and leaves it, and changing how many there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.contracts.models import BoughtSeats, SeatHolder
from core.clock import now
from tests.billing.changes.test_seats import seat
from tests.console.platform import Platform
from tests.story import Customer, Story


@pytest.fixture
def birch(platform: Platform) -> Customer:
    """Birch is on a plan with seats, from this month on."""
    del platform  # the people and the day of it
    story = Story()
    birch = story.on("2026-05-01").account("Birch")
    birch.subscribes(story.plan("team", seat("10.00")))
    story.at = now()
    return birch


def address(name: str, birch: Customer, *more: str) -> str:
    held = birch.account.subscriptions.get().public_id
    return reverse(f"console:{name}", args=[birch.account.public_id, *(more or (held,))])


SAID: dict[str, Any] = {
    "seats": "seats",
    "holder": "ada@birch.example",
    "since": "2026-05-02T09:00",
    "reason": "Joined",
}


def test_somebody_takes_a_seat_and_leaves_it(birch: Customer, senior: Client) -> None:
    url = address("account-seats", birch)
    assert "Nobody holds a seat" in senior.get(url).content.decode()
    assert senior.post(url, SAID).status_code == 302
    assert senior.post(url, SAID).status_code == 409
    held = SeatHolder.objects.get(holder="ada@birch.example")
    page = senior.get(url).content.decode()
    assert "plan-bars__bar" in page
    leave = address("account-seat-leave", birch, held.public_id)
    early = {"since": "2026-05-01T00:00", "reason": "Left"}
    assert senior.post(leave, early).status_code == 409
    assert senior.post(leave, early | {"since": "2026-05-09T00:00"}).status_code == 302
    held.refresh_from_db()
    assert f"{held.held_until:%Y-%m-%d}" == "2026-05-09"


def test_what_is_not_said_well_is_refused(birch: Customer, senior: Client) -> None:
    url = address("account-seats", birch)
    for wrong in ({"holder": ""}, {"seats": "others"}, {"since": "soon"}, {"reason": ""}):
        assert senior.post(url, SAID | wrong).status_code == 422
    assert not SeatHolder.objects.filter(holder="ada@birch.example").exists()


def test_seats_are_bought_as_quoted_and_the_quote_is_listed(
    birch: Customer, senior: Client
) -> None:
    url = address("account-change", birch)
    said = {"what": "seats", "seats": "seats", "quantity": "5", "when": "now", "reason": "Grows"}
    assert senior.post(url, said | {"quantity": ""}).status_code == 422
    shown = senior.post(url, said).content.decode()
    found = re.search(r'name="quote" value="(\w+)"', shown)
    assert found is not None
    assert senior.post(url, said | {"quote": found[1], "execute": "1"}).status_code == 302
    assert BoughtSeats.objects.get().quantity == 5
    page = senior.get(reverse("console:account-plans", args=[birch.account.public_id]))
    assert "Carried out" in page.content.decode()


def test_a_plan_without_seats_says_so(platform: Platform, senior: Client) -> None:
    held = platform.acme.account.subscriptions.get().public_id
    url = reverse("console:account-seats", args=[platform.acme.account.public_id, held])
    assert "sells no seats" in senior.get(url).content.decode()
