"""What users of other systems reported, and what was right here from the start: kept right."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.operations import accounts
from accounts.permissions import Role
from billing.invoicing.queries import late_usage
from tests.api.bearer import client_of as partner_client
from tests.billing.prices import flat, per_unit, requests
from tests.browsers import TwoPeople
from tests.cast import partner, person
from tests.console.conftest import client_of as staff_client
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import Customer, Story
from usage.models import Event, EventRevision
from usage.operations.settling import bring_up_to_date


@pytest.fixture
def acme(story: Story) -> Customer:
    """Acme's October came to 136.64: 30.00 and 106.64 of requests at a dollar each."""
    plan = story.plan("calls", per_unit(requests(story), "1.00"), flat("0"))
    acme = story.on("2026-10-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-11-01")
    acme.uses("router.requests", "acme-web", "2026-10-05", quantity="30")
    acme.uses("router.requests", "acme-web", "2026-10-06", quantity="106.64")
    story.runs_billing()
    return acme


def test_BL33_voiding_a_counted_event_says_what_it_does_and_is_open_afterwards(
    acme: Customer,
) -> None:
    """killbill-docs#118: removing past usage was an error, or was ignored."""
    two = TwoPeople()
    two.colleague = person("farid", Role.FINANCE_APPROVER)
    event = Event.objects.get(occurred_at__startswith="2026-10-05")
    url = f"/usage/events/{event.key}/void/"
    with time_machine.travel("2026-11-03T12:00Z", tick=False):
        two.force_login(person("ulla", Role.FINANCE_ADMIN))
        shown = two.post(url, {"reason": "Sent by a test rig"})
        page = words(shown.content)
        assert "136.64" in page
        assert "106.64" in page
        assert not EventRevision.objects.exists()
        seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown.content.decode())
        assert seen is not None
        two.post(url, {"reason": "Sent by a test rig", "seen": seen.group(1)})
    assert EventRevision.objects.count() == 1
    bring_up_to_date([acme.account.pk], at=acme.story.at)
    assert str(late_usage.open_of(acme.invoice).amount.amount) == "-30.00"


def test_BL34_a_late_event_is_taken_and_the_same_in_other_spellings_is_a_duplicate(
    transactional_db: None, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """flexprice#605, gram#5345: late usage was refused, or counted again when sent again."""
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    client = partner_client(partner("Router", event_types=("router.requests",)))
    with time_machine.travel("2026-11-29T12:00Z", tick=False):
        first = _sends(client, time="2026-10-20T10:00:00Z", quantity="5")
        again = _sends(client, time="2026-10-20T12:00:00.000+02:00", quantity="5.00")
    assert (first["verdict"], first["code"]) == ("accepted", "late")
    assert again["verdict"] == "duplicate"


def _sends(client: Client, *, time: str, quantity: str) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": "evt-late",
        "source": "router/us-1",
        "type": "router.requests",
        "subject": "acme-web",
        "time": time,
        "data": {"quantity": quantity},
    }
    answer = client.post(
        "/api/v1/usage/events", json.dumps(event), content_type="application/cloudevents+json"
    )
    (verdict,) = answer.json()["verdicts"]
    found: dict[str, Any] = verdict
    return found


def test_BL41_a_renamed_account_shows_one_field_old_and_new_with_who_and_why(
    acme: Customer,
) -> None:
    """django-simple-history#1363: the history told fields that had not changed."""
    accounts.rename(
        account=acme.account, name="Acme Incorporated", at=acme.story.at, by=ADA, reason="New owner"
    )
    sam = staff_client(person("sam", Role.SUPPORT))
    page = words(sam.get(f"/accounts/{acme.account.public_id}/history/").content)
    changed = page.split("Account changed")[1].split("added")[0]
    assert re.match(r" Name Acme (→ )?Acme Incorporated “New owner”", changed)


def test_BL18_yen_have_no_decimals_and_dinars_three(story: Story) -> None:
    """InvoicePlane#1677: amounts were shown with two decimals whatever the currency."""
    totals = {}
    meter = requests(story)
    for currency, price, quantity in (("JPY", "6505", "1"), ("KWD", "0.0015", "7")):
        story.on("2026-10-01")
        plan = story.plan(currency.lower(), per_unit(meter, price), currency=currency)
        customer = story.account(currency, currency=currency)
        customer.app(f"{currency.lower()}-web")
        customer.subscribes(plan)
        story.on("2026-11-01")
        customer.uses("router.requests", f"{currency.lower()}-web", "2026-10-05", quantity=quantity)
        story.runs_billing()
        totals[currency] = (customer.invoice.total_minor, str(customer.invoice.total.amount))
    assert totals == {"JPY": (6505, "6505"), "KWD": (11, "0.011")}
