"""Numbers as a foreign bill prints them: exact, and how far off the printing may have put them.

Owns the number format of FOCUS 1.0 and what a printed number proves about the rounding behind it.
All arithmetic is exact; an operation that could not be raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from functools import lru_cache

from core.decimals import decimal_text

EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
ZERO = Decimal(0)

# "Numeric Format" of FOCUS 1.0: digits, a point, and mEn; no separators. Some write m E+n.
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,60})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)

MICROS = 6
"""Bills that print more decimals than they computed compute at least this many."""
_MEASURED = 9
"""A quantity printed with so many decimals was measured or divided, so its last one is rounded."""
_DIVIDED = 11
"""A price with so many decimals is the result of a division."""
_DOUBLE_DIGITS = 15
"""So many significant digits have been through a binary double, whose error is 2^-53 of it."""
_DOUBLE_ERROR = Decimal(2) ** -52


class NotANumber(ValueError):
    """The text is not a number as FOCUS writes them."""


@dataclass(frozen=True, slots=True)
class PrintedFigure:
    """A printed number: its exact value, and the decimals it was printed with."""

    value: Decimal
    printed: int

    def __str__(self) -> str:
        return decimal_text(self.value)

    @property
    def used(self) -> int:
        """Decimals up to the last that is not zero."""
        exponent = self.value.normalize(EXACT).as_tuple().exponent
        assert isinstance(exponent, int)
        return max(-exponent, 0)

    def amount_slack(self, minor_exponent: int) -> Decimal:
        """How far the amount behind a printed amount may lie from it, in the same currency.

        Half a unit of the last decimal the number uses: but an amount printed with six decimals or
        more has been computed to six at least, and none is coarser than its currency.
        """
        place = max(self.used, min(self.printed, MICROS), minor_exponent)
        return EXACT.add(half_unit(place), self._double_error())

    def quantity_slack(self) -> Decimal:
        """How far the quantity behind a printed one may lie from it.

        Not at all for a number that ends early, such as 1.00000000000 or 2.5: that one is exact.
        """
        if self.printed < _MEASURED or self.used < MICROS:
            return self._double_error()
        # A column may be one decimal wider than what is put in it: AWS fills 10 of 11.
        place = self.printed if self.used == self.printed else self.printed - 1
        return EXACT.add(half_unit(place), self._double_error())

    def price_slack(self) -> Decimal:
        """How far the unit price behind a printed one may lie from it.

        Prices are set, not measured: only one with very many decimals was divided and rounded.
        """
        error = self._double_error()
        return EXACT.add(half_unit(self.used), error) if self.used >= _DIVIDED else error

    def _double_error(self) -> Decimal:
        if len(self.value.as_tuple().digits) < _DOUBLE_DIGITS or self.used < _DOUBLE_DIGITS - 1:
            return ZERO
        return EXACT.multiply(abs(self.value), _DOUBLE_ERROR)


def half_unit(place: int) -> Decimal:
    """Half a unit of the decimal at `place`: 0.005 for 2."""
    return Decimal(5).scaleb(-place - 1)


@lru_cache(maxsize=16_384)
def read_figure(text: str) -> PrintedFigure:
    """Read one printed number. Raises: NotANumber."""
    if _NUMBER.fullmatch(text) is None:
        raise NotANumber(f"{text[:60]!r} is not a number")
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return PrintedFigure(value if value else ZERO, max(-exponent, 0))


def product(price: Decimal, quantity: Decimal) -> Decimal:
    """Price × quantity, exact."""
    return EXACT.multiply(price, quantity)


def sum_of(*amounts: Decimal) -> Decimal:
    """The exact sum."""
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
