"""Tiers whose units are sold in packages, each tier in packages of its own size."""

from __future__ import annotations

from typing import Any

import pytest

from billing.rating import DocumentRefused, quote
from tests.rating.pricing import amounts, bill, total

Document = dict[str, Any]

OWN_UNITS: Document = {
    "model": "graduated",
    "tiers": [{"up_to": "1000", "size": "100", "price": "1"}, {"size": "1000", "price": "1"}],
}
ALL_UNITS: Document = {
    "model": "volume",
    "tiers": [
        {"up_to": "1000", "size": "100", "price": "1"},
        {"up_to": "101000", "size": "1000", "price": "1"},
        {"size": "1000", "price": "0.5"},
    ],
}


@pytest.mark.parametrize(
    ("price", "quantity", "due"),
    [
        (OWN_UNITS, "5325", "15.00"),
        (ALL_UNITS, "1000", "10.00"),
        (ALL_UNITS, "101000", "101.00"),
        (ALL_UNITS, "101001", "51.00"),
        (ALL_UNITS, "300000", "150.00"),
        (OWN_UNITS, "0", "0.00"),
        (OWN_UNITS, "0.5", "1.00"),
        (OWN_UNITS, "1000", "10.00"),
        (OWN_UNITS, "1000.5", "11.00"),
    ],
)
def test_the_size_of_a_package_could_not_differ_by_tier(
    price: Document, quantity: str, due: str
) -> None:
    """killbill-package-size-of-a-tier, and the bounds."""
    assert total(price, quantity) == due


def test_the_packages_of_each_tier_are_told_in_words() -> None:
    answer = bill(OWN_UNITS | {"unit": "call"}, "5325", key="calls")
    assert answer["explanation"]["words"]["calls"] == [
        "Measured: 5325.",
        "10 packages of 100 call × 1 = 10 USD.",
        "From 1000 on: 5 packages of 1000 call × 1 = 5 USD.",
        "Together 15 USD.",
        "15 is rounded half up to 2 decimals: 15 USD.",
    ]


def test_a_later_part_bills_only_the_packages_it_begins() -> None:
    before = {"quantity": "1001", "amount": "11"}
    assert total(OWN_UNITS, "999", already_billed=before) == "0.00"
    assert total(OWN_UNITS, "1000", already_billed=before) == "1.00"
    assert total(OWN_UNITS, "-2", already_billed=before) == "-1.00"


def test_fees_units_and_packages_stand_in_one_table() -> None:
    price = {
        "model": "graduated",
        "tiers": [
            {"up_to": "10", "unit_price": "2"},
            {"up_to": "30", "size": "8", "price": "5", "fee": "3"},
            {"fee": "7", "size": "100", "price": "0"},
        ],
    }
    assert [total(price, units) for units in ("10", "11", "19", "31")] == [
        "20.00",
        "28.00",
        "33.00",
        "45.00",
    ]


def test_a_quantity_agreed_within_a_package_bills_the_package_once() -> None:
    agreed = OWN_UNITS | {"commitment": {"quantity": "250", "overage_factor": "2"}}
    assert amounts(bill(agreed, "420")) == [("usage", "3.00"), ("overage", "4.00")]


def test_a_table_that_falls_is_named_at_the_package_begun() -> None:
    answer = bill(ALL_UNITS, "1")
    assert [warning["detail"] for warning in answer["warnings"]] == [
        "At 1000 the total is 10; just above, it falls to 2.",
        "At 101000 the total is 101; just above, it falls to 51.",
    ]


@pytest.mark.parametrize(
    ("tier", "pointer", "code"),
    [
        ({"size": "0", "price": "1"}, "/price/tiers/0/size", "size_range"),
        ({"size": "10"}, "/price/tiers/0/price", "required"),
        ({"size": "10", "unit_price": "1"}, "/price/tiers/0/unit_price", "choice"),
        ({"price": "1"}, "/price/tiers/0/price", "unknown_field"),
    ],
)
def test_half_a_package_is_refused_by_name(tier: Document, pointer: str, code: str) -> None:
    document = {"currency": "USD", "quantity": "1", "price": {"model": "volume", "tiers": [tier]}}
    with pytest.raises(DocumentRefused) as refused:
        quote(document)
    assert (pointer, code) in [(error.pointer, error.code) for error in refused.value.errors]


def test_packages_of_a_tier_are_not_prorated_one_by_one() -> None:
    with pytest.raises(DocumentRefused, match="not prorated"):
        bill(OWN_UNITS, "10", prorated_quantity="5")
    with pytest.raises(DocumentRefused, match="not prorated"):
        bill(ALL_UNITS, "0", already_billed={"quantity": "10"}, prorated_quantity="5")
    with pytest.raises(DocumentRefused, match="not prorated"):
        bill(OWN_UNITS, units=[{"quantity": "10", "prorated_quantity": "5"}])
