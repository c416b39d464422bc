"""TM52: a formatter rounds nothing, of a paper and of a screen alike."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from billing.papers.locale_formats import amount_text, exact_text, money_text
from console.shell import formats
from core.money import Money, to_minor


@pytest.mark.parametrize(
    ("exact", "currency", "posted", "printed"),
    [
        ("0.125", "EUR", 13, "EUR\u00a00.13"),
        ("-0.125", "EUR", -13, "EUR\u00a0-0.13"),
        ("2.5", "JPY", 3, "JPY\u00a03"),
        ("-0.004", "USD", 0, "USD\u00a00.00"),
        ("0.02925", "USD", 3, "USD\u00a00.03"),
        ("12.3455", "KWD", 12346, "KWD\u00a012.346"),
    ],
)
def test_TM52_an_amount_is_posted_before_it_is_printed(
    exact: str, currency: str, posted: int, printed: str
) -> None:
    minor = to_minor(Fraction(Decimal(exact)), currency)
    assert minor == posted
    assert money_text(minor, currency, "en") == printed


@pytest.mark.parametrize("price", ["0.02925", "0.00000548", "0.125", "2.5"])
def test_TM52_a_unit_price_is_printed_in_full(price: str) -> None:
    assert exact_text(Decimal(price), "en") == price
    assert exact_text(Decimal(price), "de") == price.replace(".", ",")


def test_TM52_there_is_no_negative_zero() -> None:
    assert amount_text(0, "USD", "en") == "0.00"
    assert exact_text(Decimal("-0.000"), "en") == "0"
    nothing = -Money(Decimal("0.00"), "USD")
    assert formats.money_text(nothing) == formats.money_text(Money.zero("USD"))
    assert formats.MINUS not in formats.money_text(Money(Decimal("-0.00"), "USD"))
