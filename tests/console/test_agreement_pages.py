"""Prices agreed with one subscription: seen, agreed and cleared on the account's page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from billing.contracts.models import PriceOverride, Subscription
from tests.browsers import TwoPeople
from tests.console.platform import Platform
from tests.console.test_invoice_page import words


def agree_url(platform: Platform) -> str:
    account = platform.acme.account
    subscription = Subscription.objects.get(account=account)
    return f"/accounts/{account.public_id}/plans/{subscription.public_id}/agree/"


def half_fee(**changed: Any) -> dict[str, Any]:
    """What the form sends."""
    document = json.dumps({"model": "flat", "amount": "5.00"})
    sent = {"price": "fee", "document": document, "quantity": "1", "dimensions": ""}
    dates = {"valid_from": "2026-05-15T00:00", "valid_until": ""}
    return sent | dates | {"reason": "Contract 17"} | changed


def test_a_price_is_agreed_and_shown_with_its_reason(platform: Platform, two: TwoPeople) -> None:
    two.post(agree_url(platform), half_fee())

    account = platform.acme.account.public_id
    found = words(two.get(f"/accounts/{account}/plans/").content)
    assert "Platform fee fee To come $5.00" in found
    assert "Contract 17 Farid" in found
    assert PriceOverride.objects.get().definition == {"model": "flat", "amount": "5.00"}


def test_agreeing_twice_is_refused_and_harmless(platform: Platform, two: TwoPeople) -> None:
    two.post(agree_url(platform), half_fee())

    again = two.post(agree_url(platform), half_fee())

    assert again.status_code == 409
    assert "Another price is agreed for that time." in words(again.content)
    assert PriceOverride.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"valid_from": "2026-04-15T00:00"}, 409, "The first possible instant is 2026-05-01"),
        ({"document": '{"model": "flat"}'}, 422, "/amount"),
        ({"document": '{"model": "per_unit", "unit_price": "1"}'}, 422, "usage price"),
        ({"price": "nothing"}, 422, "Select a valid choice"),
        ({"valid_until": "2026-05-01T00:00"}, 422, "The agreement does not hold then"),
        ({"reason": " "}, 422, "This field is required"),
    ],
)
def test_what_cannot_be_agreed_says_why(
    changed: dict[str, str], status: int, said: str, platform: Platform, two: TwoPeople
) -> None:
    answer = two.post(agree_url(platform), half_fee(**changed))

    assert (answer.status_code, said in words(answer.content)) == (status, True)
    assert not PriceOverride.objects.exists()


def test_an_agreed_price_is_tried_before(platform: Platform, two: TwoPeople) -> None:
    part = two.post(agree_url(platform), half_fee(), headers={"HX-Request": "true"})

    assert "Comes to $5.00" in words(part.content)
    assert not PriceOverride.objects.exists()


def test_the_form_begins_with_the_plans_price(platform: Platform, two: TwoPeople) -> None:
    page = two.get(agree_url(platform) + "?price=fee").content.decode()

    assert "Agree a price for Platform fee on Standard" in page
    assert "&quot;amount&quot;: &quot;10.00&quot;" in page
    assert two.get(agree_url(platform) + "?price=nothing").status_code == 422


def test_an_agreed_price_is_cleared_once(platform: Platform, two: TwoPeople) -> None:
    two.post(agree_url(platform), half_fee())
    override = PriceOverride.objects.get()
    account = platform.acme.account.public_id
    url = f"/accounts/{account}/agreed/{override.public_id}/clear/"
    assert "Contract 17" in words(two.get(url).content)
    sent = {"valid_until": "2026-06-01T00:00", "reason": "Contract ended"}

    two.post(url, sent)
    again = two.post(url, sent)

    override.refresh_from_db()
    assert str(override.valid_until) == "2026-06-01 00:00:00+00:00"
    assert again.status_code == 422
    assert "agree a new one to go on" in words(again.content)


def test_another_accounts_agreement_is_not_found(platform: Platform, two: TwoPeople) -> None:
    two.post(agree_url(platform), half_fee())
    globex, override = platform.globex.account.public_id, PriceOverride.objects.get()

    assert two.get(f"/accounts/{globex}/agreed/{override.public_id}/clear/").status_code == 404
    other = agree_url(platform).replace(platform.acme.account.public_id, globex)
    assert two.get(other).status_code == 404


def test_who_may_not_agree_only_looks(platform: Platform, support: Client) -> None:
    account = platform.acme.account.public_id

    page = words(support.get(f"/accounts/{account}/plans/").content)

    assert "none; the plan’s prices count" in page
    assert "Agree a price" not in page
    assert support.get(agree_url(platform)).status_code == 403
    assert support.post(agree_url(platform), half_fee()).status_code == 403
    assert not PriceOverride.objects.exists()
