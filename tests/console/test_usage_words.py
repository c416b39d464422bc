"""What a customer is told of use: in what they count, what is included, then the sum."""

from __future__ import annotations

from typing import Any

import pytest

from console.invoices.wording.steps import tell
from tests.console.test_explaining import PER_UNIT, for_customer, rated, told

THOUSANDS = {"unit": "thousand requests", "convert": {"divide_by": "1000"}}
FREE_MILLION = {
    "model": "graduated",
    "tiers": [{"up_to": "1000", "unit_price": "0"}, {"unit_price": "0.20"}],
} | THOUSANDS
THREE_TIERS = {
    "model": "graduated",
    "tiers": [
        {"up_to": "1000", "unit_price": "0"},
        {"up_to": "2000", "unit_price": "0.20"},
        {"unit_price": "0.10"},
    ],
} | THOUSANDS
VOLUME = {
    "model": "volume",
    "unit": "GB",
    "tiers": [{"up_to": "100", "unit_price": "0.10"}, {"unit_price": "0.05", "fee": "2"}],
}


def said(document: dict[str, Any], quantity: str, meter_unit: str) -> list[str]:
    """The lines a customer reads below the heading."""
    line = rated(document, quantity)[0]
    explanation, _ = told(document, line)
    words = tell(
        explanation,
        definition=document,
        currency="USD",
        unit=document.get("unit", ""),
        meter_unit=meter_unit,
    )
    return for_customer(document, explanation, words, meter_unit).split("\n")[2:]


@pytest.mark.parametrize(
    ("document", "quantity", "meter_unit", "expected"),
    [
        (
            FREE_MILLION,
            "1234567",
            "request",
            [
                "1,234,567 requests: the first 1,000,000 are included, "
                "234,567 × $0.20 per 1,000 = $46.9134, rounded to $46.91."
            ],
        ),
        (FREE_MILLION, "1", "request", ["1 request: 1 is free."]),
        (
            THREE_TIERS,
            "2500000",
            "request",
            [
                "2,500,000 requests:",
                "The first 1,000,000 are included.",
                "The next 1,000,000 × $0.20 per 1,000 = $200.00.",
                "The next 500,000 × $0.10 per 1,000 = $50.00.",
                "Together $250.00.",
            ],
        ),
        (PER_UNIT, "10", "GB", ["10 GB: 10 × $0.09 = $0.90."]),
        (
            PER_UNIT | {"included": {"quantity": "4"}},
            "10",
            "GB",
            ["10 GB: 4 are included, 6 × $0.09 = $0.54."],
        ),
        (
            PER_UNIT | {"included": {"quantity": "40"}},
            "10",
            "GB",
            ["10 GB: 10 of 40 are included, nothing is left to pay."],
        ),
        (VOLUME, "150", "GB", ["150 GB: 150 × $0.05 + $2.00 = $9.50."]),
        (
            {"model": "package", "unit": "GB", "size": "10", "price": "5"},
            "25",
            "GB",
            ["25 GB: 3 packages of 10 GB × $5.00 = $15.00."],
        ),
        (
            PER_UNIT | {"discounts": [{"percent": "12", "name": "contract"}], "maximum": "5"},
            "100",
            "GB",
            ["100 GB: 100 × $0.09 = $9.00."],
        ),
        ({"model": "flat", "amount": "30"}, "0", "GB", ["The price is $30.00."]),
        (
            PER_UNIT | {"unit": "GB", "convert": {"divide_by": "period_hours"}},
            "7200",
            "GB-hour",
            [
                "7,200 GB-hours, divided by 720 (the hours of the period), is 10 GB: "
                "10 × $0.09 = $0.90."
            ],
        ),
    ],
)
def test_use_is_told_in_what_the_customer_counts(
    document: dict[str, Any], quantity: str, meter_unit: str, expected: list[str]
) -> None:
    assert said(document, quantity, meter_unit) == expected
