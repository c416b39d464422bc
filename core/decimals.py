"""The one reader of decimal numbers that come from outside, and the one way to write them.

Owns the grammar: ASCII digits with an optional sign and an optional decimal part. `Decimal()` alone
accepts underscores, full-width digits, exponents that exhaust memory, NaN and Infinity; this reader
does not. Does not own what a number means, nor its rounding: a number too fine is refused, never
rounded.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from core.errors import FieldError, Invalid, pointer_to

_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)

DecimalProblem = Literal["format", "range", "scale"]


class DecimalRefused(Invalid):
    """A text is not a decimal number this field can hold.

    `problem` is "format" (not a plain decimal), "range" (too many digits before the point) or
    "scale" (too many after it); the one field error joins it to the field: quantity_scale.
    """

    code = "decimal_refused"
    title = "Not a decimal number this field can hold"

    def __init__(self, field: str, problem: DecimalProblem, detail: str) -> None:
        error = FieldError(pointer_to(field), f"{field}_{problem}", detail)
        super().__init__(detail, field=field, errors=[error])
        self.problem: DecimalProblem = problem


def read_decimal(text: object, *, max_digits: int, scale: int, field: str) -> Decimal:
    """Return the exact number a text spells, or refuse it.

    `max_digits` and `scale` mean what numeric(max_digits, scale) means in PostgreSQL: so many
    significant digits in all, so many of them after the point. Trailing zeros after the point are
    not counted; "-0" is 0.

    Raises: DecimalRefused.
    """
    match = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise DecimalRefused(field, "format", f"{field} must be a plain decimal such as 12.50.")
    sign, whole, decimals = match.group(1), match.group(2), match.group(3) or ""
    whole, decimals = whole.lstrip("0"), decimals.rstrip("0")
    if len(whole) > max_digits - scale:
        raise DecimalRefused(
            field, "range", f"{field} has more than {max_digits - scale} digits before the point."
        )
    if len(decimals) > scale:
        raise DecimalRefused(field, "scale", f"{field} has more than {scale} decimals.")
    if not whole and not decimals:
        return Decimal(0)
    return Decimal(f"{sign}{whole or '0'}.{decimals}" if decimals else f"{sign}{whole}")


def decimal_text(value: Decimal) -> str:
    """Write a finite decimal plainly: no exponent, no trailing zeros, no minus zero.

    Raises: ValueError for NaN and infinities.
    """
    if not value.is_finite():
        raise ValueError(f"{value} cannot be written as a decimal number.")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
