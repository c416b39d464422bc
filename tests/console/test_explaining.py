"""Whatever the price model, the formula ends in the amount and every step is worded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.rating import (
    Charge,
    Detail,
    RatedLine,
    Terms,
    compile_price,
    expand,
    parse_price,
    rate,
)
from billing.rating.explanation import Explanation
from console.catalogue.price_text import tell_price
from console.invoices.wording.formula import formula
from console.invoices.wording.steps import ToldCharge, tell
from console.invoices.wording.usage_words import counted_in, usage_words
from console.shell.numbers import money, number, readable
from core.periods import Period

APRIL = Period(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
LAST_TEN_DAYS = Period(datetime(2026, 4, 21, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))

PER_UNIT = {"model": "per_unit", "unit": "GB", "unit_price": "0.09"}
TIERS = [{"up_to": "100", "unit_price": "0.10"}, {"unit_price": "0.05", "fee": "2"}]


def rated(document: dict[str, Any], quantity: str, active: Period | None = None) -> list[RatedLine]:
    terms = Terms.of("USD", period=APRIL)
    price = compile_price(parse_price(document), terms)
    detail = Detail(active=active) if active else None
    return list(rate([Charge("c", price, Decimal(quantity), detail=detail)]))


def told(document: dict[str, Any], line: RatedLine) -> tuple[Explanation, ToldCharge]:
    explanation = expand(json.loads(json.dumps(line.explanation)))
    unit = document.get("unit", "")
    return explanation, tell(
        explanation, definition=document, currency="USD", unit=unit, meter_unit="GB"
    )


def for_customer(
    document: dict[str, Any], explanation: Explanation, words: ToldCharge, meter_unit: str = "GB"
) -> str:
    unit = document.get("unit", "")
    counted = counted_in(explanation, words, unit=unit, meter_unit=meter_unit, currency="USD")
    return usage_words(
        explanation, words, title="Data sent", period="1–30 Apr 2026", counted=counted
    )


def spelt(document: dict[str, Any], quantity: str, active: Period | None = None) -> str:
    """The formula of the first line, as one text with plain spaces."""
    explanation, words = told(document, rated(document, quantity, active)[0])
    terms = formula(explanation, words, "USD")
    return " ".join(term.text for term in terms).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("document", "quantity", "expected"),
    [
        (PER_UNIT, "10", "10 GB × $0.09 = $0.90"),
        (PER_UNIT, "10.05", "10.05 GB × $0.09 = $0.9045 rounded to $0.90"),
        (PER_UNIT | {"included": "4"}, "10", "6 GB × $0.09 = $0.54"),
        (
            {"model": "graduated", "unit": "GB", "tiers": TIERS},
            "150",
            "100 GB × $0.10 + 50 GB × $0.05 + $2.00 = $14.50",
        ),
        (
            {"model": "volume", "unit": "GB", "tiers": TIERS},
            "150",
            "150 GB × $0.05 + $2.00 = $9.50",
        ),
        ({"model": "flat", "amount": "30"}, "0", "$30.00"),
        (
            PER_UNIT | {"unit_price": "50", "convert": {"divide_by": "period_seconds"}},
            "864000",
            "864,000 GB ÷ 2,592,000 (the seconds of the period) × $50.00"
            " = ≈ $16.6666666 rounded to $16.67",
        ),
    ],
)
def test_the_formula_reads_from_usage_to_amount(
    document: dict[str, Any], quantity: str, expected: str
) -> None:
    assert spelt(document, quantity) == expected


def test_a_fee_for_part_of_the_period_says_which_part() -> None:
    document = {"model": "flat", "amount": "30", "proration": "day"}

    assert spelt(document, "0", LAST_TEN_DAYS) == "$30.00 × 10 of 30 days = $10.00"


@pytest.mark.parametrize(
    ("document", "quantity"),
    [
        ({"model": "package", "size": "10", "price": "5"}, "25"),
        ({"model": "stairstep", "tiers": [{"up_to": "10", "price": "5"}, {"price": "9"}]}, "25"),
        ({"model": "percentage", "percent": "2.5"}, "250"),
        (PER_UNIT | {"discounts": [{"percent": "12", "name": "contract"}]}, "100"),
        (PER_UNIT | {"maximum": "5"}, "100"),
        (PER_UNIT | {"minimum": "25"}, "100"),
        (PER_UNIT | {"commitment": {"quantity": "50", "overage_factor": "2"}}, "100"),
    ],
)
def test_every_line_of_every_model_is_worded(document: dict[str, Any], quantity: str) -> None:
    for line in rated(document, quantity):
        explanation, words = told(document, line)
        text = for_customer(document, explanation, words)

        assert text.startswith(f"Data sent, 1–30 Apr 2026: {words.amount}")
        assert formula(explanation, words, "USD")[-1].text == words.amount
        assert "\u00a0" not in text


def test_a_price_document_is_worded_for_the_catalogue() -> None:
    document = PER_UNIT | {
        "included": {"quantity": "100"},
        "maximum": {"amount": "25", "per": "resource"},
        "minimum": "1",
        "proration": "second",
        "convert": {"multiply_by": "2", "divide_by": "1000"},
        "discounts": [{"percent": "12", "name": "contract"}, {"amount": "3"}],
    }

    words = tell_price(document, "USD")

    assert (words.model, words.unit_price, words.unit) == ("A price per unit", "$0.09", "GB")
    assert [f"{label}: {text}".replace("\u00a0", " ") for label, text in words.modifiers] == [
        "Units converted: × 2 ÷ 1,000",
        "Included: 100 GB",
        "Proration: to the second",
        "At most: $25.00 per resource",
        "At least: $1.00 per charge",
        "Contract: 12 % off",
        "Discount: $3.00 off",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234567.5", "1,234,567.5"),
        ("1497/248", "1,497 ÷ 248 ≈ 6.0362903"),
        ("-1/3", "−1 ÷ 3 ≈ −0.3333333"),
    ],
)
def test_an_endless_number_is_shown_as_a_fraction_and_cut(text: str, expected: str) -> None:
    assert number(text) == expected


def test_an_endless_amount_is_marked_as_cut() -> None:
    assert money("50/3", "USD") == "≈ $16.6666666"


def test_long_numbers_in_sentences_get_separators_and_ids_do_not() -> None:
    assert readable("12345 of app-12345 and 1234.5 GB") == "12,345 of app-12345 and 1,234.5 GB"
