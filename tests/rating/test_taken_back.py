"""An earlier bill of a charge that is taken back: replaced by all of it, or by nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from billing.rating import prove, quote
from billing.verifier.proofs import verify

PRICES: dict[str, dict[str, Any]] = {
    "graduated with a fee": {"model": "graduated", "tiers": [{"unit_price": "2", "fee": "3"}]},
    "volume": {
        "model": "volume",
        "tiers": [{"up_to": "10", "unit_price": "2"}, {"unit_price": "1"}],
    },
    "minimum": {"model": "per_unit", "unit_price": "2", "minimum": "50"},
    "maximum": {"model": "per_unit", "unit_price": "2", "maximum": "5"},
    "fixed discount": {"model": "per_unit", "unit_price": "2", "discounts": [{"amount": "5"}]},
}


def document(price: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"currency": "USD", "price": price} | given


@pytest.mark.parametrize("name", PRICES)
def test_of_what_is_gone_only_the_earlier_bill_is_left_to_undo(name: str) -> None:
    gone = document(
        PRICES[name],
        quantity="0",
        taken_back={"quantity": "7", "amount": "12.34", "replaced": False},
    )
    answer = quote(gone)
    assert answer["total"] == "-12.34"
    assert [line["kind"] for line in answer["lines"]] == ["reversal"]
    assert verify(prove(gone)).differences == []


@pytest.mark.parametrize("name", PRICES)
def test_what_is_billed_again_is_the_whole(name: str) -> None:
    whole = document(PRICES[name], quantity="12")
    again = whole | {"taken_back": {"quantity": "7", "amount": "12.34"}}
    assert Decimal(quote(again)["total"]) == Decimal(quote(whole)["total"]) - Decimal("12.34")
    assert verify(prove(again)).differences == []


def test_earlier_terms_and_an_earlier_bill_are_undone_on_one_line() -> None:
    """A volume price that took over from others, billed again after late usage."""
    again = document(
        PRICES["volume"],
        quantity="2",
        already_billed={"quantity": "10", "amount": "3.50"},
        taken_back={"quantity": "1", "amount": "11"},
    )
    answer = quote(again)
    assert [(line["kind"], line["amount"]) for line in answer["lines"]] == [
        ("reversal", "-14.50"),
        ("usage", "12.00"),
    ]
    assert verify(prove(again)).differences == []


def test_the_words_say_that_nothing_is_left() -> None:
    gone = document(
        PRICES["minimum"], key="web", taken_back={"amount": "1", "replaced": False}, quantity="0"
    )
    assert "nothing of it is left" in " ".join(quote(gone)["explanation"]["words"]["web"])
