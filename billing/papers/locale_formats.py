"""Amounts, decimals and days the way the language of a paper writes them (Babel's CLDR data).

A formatter rounds nothing: an amount comes as posted minor units and keeps every one of them, a
price or quantity keeps every digit it has. So no zero is below zero, and no cent is lost between
the books and the paper.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern

from core.money import Money, minor_exponent

_LOCALES = {"en": "en_GB", "de": "de_DE"}
_FRACTION_MAX = 40


def amount_text(minor: int, currency: str, language: str) -> str:
    """Posted minor units as an amount without its currency: 1.234,50."""
    return _applied(Money.from_minor(minor, currency).amount, language, minor_exponent(currency))


def money_text(minor: int, currency: str, language: str) -> str:
    """Posted minor units with the currency's code, which nobody mistakes: EUR 1,234.50."""
    amount = amount_text(minor, currency, language)
    return f"{amount}\u00a0{currency}" if language == "de" else f"{currency}\u00a0{amount}"


def exact_text(value: Decimal, language: str, *, at_least: int = 0) -> str:
    """A quantity, price or percentage with all its digits: 0.00000548."""
    return _applied(value, language, at_least)


def percent_text(share: Decimal, language: str) -> str:
    """A share as a percentage: 0.19 is 19 %."""
    return f"{exact_text(share.scaleb(2), language)}\u00a0%"


def day_text(day: date, language: str) -> str:
    """1 Jan 2027; 1. Jan. 2027."""
    return str(format_date(day, format="d MMM y" if language == "en" else "medium",
                           locale=_locale(language)))  # fmt: skip


def days_text(first: date, last: date, language: str) -> str:
    """Both days included; one day is one."""
    if first == last:
        return day_text(first, language)
    return f"{day_text(first, language)} – {day_text(last, language)}"


def _applied(value: Decimal, language: str, at_least: int) -> str:
    if not value:
        value = abs(value)
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # posted amounts and stored decimals are finite
    pattern = _pattern(language, max(at_least, -exponent, 0))
    return str(pattern.apply(value, _locale(language), decimal_quantization=False))


@lru_cache(maxsize=256)
def _pattern(language: str, places: int) -> NumberPattern:
    """The decimal pattern of the language with so many decimals, no more and no fewer."""
    usual = _locale(language).decimal_formats[None]
    fraction = (min(places, _FRACTION_MAX),) * 2
    return NumberPattern(
        usual.pattern,
        usual.prefix,
        usual.suffix,
        usual.grouping,
        usual.int_prec,
        fraction,
        usual.exp_prec,
        usual.exp_plus,
    )


@lru_cache(maxsize=16)
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES[language])
