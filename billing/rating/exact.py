"""Exact rationals as text and as shown decimals.

Owns how an exact value is written: as a plain decimal where it terminates, otherwise as a fraction
"numerator/denominator" in lowest terms. `fractions.Fraction` reads both forms. Does not round
amounts: `core.money` does that, once per line.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from math import gcd

from core.decimals import decimal_text
from core.money import round_half_up

# A month fraction on an invoice has this many decimals: 0.0306929 months (docs/pricing.md).
SHOWN_DECIMALS = 7
STORED_DECIMALS = 18
_SHOWN_SCALE = 10**SHOWN_DECIMALS
_STORED_SCALE = 10**STORED_DECIMALS
_WIDE = Context(prec=200)


def number_text(value: Fraction) -> str:
    """Write a rational exactly: "7.5", or "1497/248" where no decimal is exact."""
    return ratio_text(value.numerator, value.denominator)


def ratio_text(numerator: int, denominator: int) -> str:
    """Write numerator ÷ denominator (above 0, not necessarily reduced) exactly."""
    common = gcd(numerator, denominator)
    numerator, denominator = numerator // common, denominator // common
    places = decimal_places(denominator)
    if places is None:
        return f"{numerator}/{denominator}"
    return _scaled_text(numerator * 10**places // denominator, places)


def decimal_places(denominator: int) -> int | None:
    """Return how many decimals a reduced fraction with this denominator needs; None: endless."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def rounded_decimal(value: Fraction, places: int) -> Decimal:
    """Round half up to so many decimals; for display only."""
    return Decimal(_scaled_text(round_half_up(value * 10**places), places))


def shown_quantity(numerator: int, denominator: int) -> Decimal:
    """Return a quantity as a line shows it: exact where 18 decimals suffice, else 7 decimals."""
    whole, rest = divmod(numerator, denominator)
    if not rest:
        return Decimal(whole)
    finest, rest = divmod(numerator * _STORED_SCALE, denominator)
    if not rest:
        return Decimal(finest).scaleb(-STORED_DECIMALS, _WIDE).normalize(_WIDE)
    # Half up, away from zero, in integers: lines are shown by the hundred thousand.
    size = (2 * abs(numerator) * _SHOWN_SCALE + denominator) // (2 * denominator)
    rounded = Decimal(size if numerator > 0 else -size).scaleb(-SHOWN_DECIMALS, _WIDE)
    return rounded.normalize(_WIDE)


def percentage(percent: Decimal) -> Decimal:
    """Return percent ÷ 100, exactly whatever the ambient context."""
    return Decimal(number_text(Fraction(percent) / 100))


def scaled(value: Decimal | Fraction, scale: int) -> int:
    """Return value × scale, which must be whole.

    Raises: ValueError when it is not.
    """
    product = Fraction(value) * scale
    if product.denominator != 1:
        raise ValueError(f"{value} × {scale} is not whole.")
    return product.numerator


def decimals_of(value: Decimal) -> int:
    """Return how many decimals a finite decimal has, trailing zeros aside."""
    return len(decimal_text(value).partition(".")[2])


def _scaled_text(value: int, places: int) -> str:
    """Write value ÷ 10^places plainly, without trailing zeros."""
    if places == 0:
        return str(value)
    digits = str(abs(value)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def percent_off(base: Fraction, percent: Fraction, scale: int) -> Fraction:
    """What a percentage takes off an amount of whole minor units.

    Where that ends in half a minor unit it is the net that is rounded, half away from zero, and the
    discount is what it is short of the gross: both rounded up would be a cent too much.
    """
    off = base * percent / 100
    if (off * scale).denominator != 2:
        return off
    return base - Fraction(round_half_up((base - off) * scale), scale)
