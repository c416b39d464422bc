"""Stored exact numbers for people: plain decimals with separators, fractions with a decimal beside.

The rating package writes a number as a plain decimal where it ends and as "1497/248" where it does
not; both come in here as text. Nothing is rounded: an endless decimal is cut and marked ≈.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from console.shell import formats
from core.money import Money

SHOWN_DECIMALS = 7

_LONG_NUMBER = re.compile(r"(?<![\w.\-])\d{4,}(?:\.\d+)?(?![\w\-])")


def number(text: str) -> str:
    """A number: separators; a fraction as itself and as a cut decimal."""
    if "/" in text:
        numerator, denominator = text.split("/")
        shown = [formats.decimal_text(Decimal(part)) for part in (numerator, denominator)]
        return f"{shown[0]} ÷ {shown[1]} ≈ {_shown(text)}"
    return formats.decimal_text(Decimal(text))


def with_unit(text: str, unit: str) -> str:
    """A number and its unit: 2,678,400 dyno-seconds, 1 dyno-month."""
    if "/" in text:
        return f"{number(text)} {formats.unit_text(unit, Decimal(2))}".strip()
    return formats.quantity_text(Decimal(text), unit)


def money(text: str, currency: str) -> str:
    """An amount in currency units, with every digit it has."""
    if "/" in text:
        return f"≈ {formats.money_text(Money(_cut(text), currency))}"
    return formats.money_text(Money(Decimal(text), currency))


def readable(sentence: str) -> str:
    """A sentence of the rating package with separators in its long numbers."""
    return _LONG_NUMBER.sub(lambda found: formats.decimal_text(Decimal(found[0])), sentence)


def _shown(text: str) -> str:
    return formats.decimal_text(_cut(text))


def _cut(text: str) -> Decimal:
    """A fraction as a decimal, cut after SHOWN_DECIMALS places."""
    value = Fraction(text)
    cut = abs(value.numerator) * 10**SHOWN_DECIMALS // value.denominator
    return Decimal(-cut if value < 0 else cut).scaleb(-SHOWN_DECIMALS)
