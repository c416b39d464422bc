"""Decimal arithmetic that never rounds: it raises where it would have to.

Python's default context keeps 28 digits and rounds the rest away in silence; a time-weighted sum of
an ordinary quantity already needs more.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
    localcontext,
)
from fractions import Fraction
from math import floor

_EXACT = Context(
    prec=400,
    Emax=MAX_EMAX,
    Emin=MIN_EMIN,
    traps=[Clamped, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow],
)


def exactly() -> AbstractContextManager[Context]:
    """A block in which +, − and × on Decimal are exact or raise."""
    return localcontext(_EXACT)


def rounded(value: Fraction, scale: int) -> Decimal:
    """The value with at most `scale` decimals, half away from zero, without trailing zeros.

    Exact wherever the value has that few decimals; only a mean or a time-weighted sum may not.
    """
    scaled = floor(abs(value) * 10**scale + Fraction(1, 2))
    with exactly():
        return plain(Decimal(scaled if value >= 0 else -scaled).scaleb(-scale))


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros after the point, and without an exponent."""
    with exactly():
        whole = number.to_integral_value()
        # normalize() alone would write 1200 as 1.2E+3.
        return whole.quantize(Decimal(1)) if number == whole else number.normalize()
