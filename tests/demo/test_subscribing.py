"""The demo's yearly plan: sold once, with seats that are quoted, held and billed ahead."""

from __future__ import annotations

import pytest

from billing.contracts.models import BoughtSeats, SeatHolder, SubscriptionChange
from billing.invoicing.queries.next_bill import next_bill
from demo.reference.people import enrol_staff
from demo.subscribing import BUYS, sell_seats
from tests.story import Story, instant


@pytest.mark.django_db
def test_a_year_is_paid_ahead_and_seats_are_held() -> None:
    story = Story().on("2026-06-01")
    enrol_staff(at=story.at)
    account = story.account(BUYS).account
    for _ in range(2):
        sell_seats(at=story.at)
    assert SeatHolder.objects.count() == 3
    assert [each.quantity for each in BoughtSeats.objects.all()] == [5]
    # Seats are of the month, though the plan is of the year.
    waiting = SubscriptionChange.objects.get(outcome__isnull=True)
    assert (waiting.quantity, waiting.effective_at) == (8, instant("2026-07-01"))
    bill = next_bill(account, at=story.at)
    assert bill is not None
    # The year from now on, and five seats of June.
    assert f"{bill.bill.total.amount}" == "1248.00"
