"""The functions an expression may call. Owns their meaning; exact, and bounded in size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

Value = Fraction | str | bool | None

TEXT_LENGTH_MAX = 10_000
PLACES_MAX = 18
NUMBER_DIGITS_MAX = 200
_NUMBER_BITS_MAX = (10**NUMBER_DIGITS_MAX).bit_length()
_MANY = 64


class ExpressionFailed(ValueError):
    """The expression cannot be evaluated over this event; the message says why."""


@dataclass(frozen=True, slots=True)
class Function:
    least_arguments: int
    most_arguments: int
    call: Callable[..., Value]


def bounded(value: Value) -> Value:
    """Raises: ExpressionFailed, for a text or a number that grew too long to go on with."""
    if isinstance(value, str):
        if len(value) > TEXT_LENGTH_MAX:
            raise ExpressionFailed(f"a text has more than {TEXT_LENGTH_MAX:,} characters")
    elif isinstance(value, Fraction):
        longest = max(value.numerator.bit_length(), value.denominator.bit_length())
        if longest > _NUMBER_BITS_MAX:
            raise ExpressionFailed(f"a number has more than {NUMBER_DIGITS_MAX} digits")
    return value


def number(value: Value) -> Fraction:
    """Raises: ExpressionFailed, unless the value is a number or a text that spells one."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str):
        whole, _, decimals = value.removeprefix("-").partition(".")
        spelled = whole.isdigit() and (decimals.isdigit() or "." not in value)
        if spelled and value.isascii() and len(value) <= 40:
            return Fraction(value)
    raise ExpressionFailed(f"{_said(value)} is not a number")


def text(value: Value) -> str:
    """Raises: ExpressionFailed, unless the value is a text."""
    if isinstance(value, str):
        return value
    raise ExpressionFailed(f"{_said(value)} is not a text")


def truth(value: Value) -> bool:
    """Raises: ExpressionFailed, unless the value is true or false."""
    if isinstance(value, bool):
        return value
    raise ExpressionFailed(f"{_said(value)} is neither true nor false")


def _rounded(way: Callable[[Fraction], int]) -> Callable[..., Value]:
    def call(value: Value, places: Value = Fraction(0)) -> Value:
        count = number(places)
        if count.denominator != 1 or abs(count) > PLACES_MAX:
            raise ExpressionFailed(f"places must be a whole number up to {PLACES_MAX}")
        unit = Fraction(10) ** -int(count)
        return way(number(value) / unit) * unit

    return call


def _half_up(value: Fraction) -> int:
    # Half away from zero, as money is rounded everywhere else.
    rounded = floor(abs(value) + Fraction(1, 2))
    return rounded if value >= 0 else -rounded


def _concat(*parts: Value) -> Value:
    return "".join(text(part) for part in parts)


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _said(value: Value) -> str:
    if value is None:
        return "an absent property"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)[:64] if isinstance(value, str) else str(value)


FUNCTIONS: dict[str, Function] = {
    "round": Function(1, 2, _rounded(_half_up)),
    "ceil": Function(1, 2, _rounded(ceil)),
    "floor": Function(1, 2, _rounded(floor)),
    "abs": Function(1, 1, lambda value: abs(number(value))),
    "least": Function(1, _MANY, lambda *values: min(map(number, values))),
    "greatest": Function(1, _MANY, lambda *values: max(map(number, values))),
    "number": Function(1, 1, number),
    "coalesce": Function(1, _MANY, _coalesce),
    "concat": Function(1, _MANY, _concat),
    "lower": Function(1, 1, lambda value: text(value).lower()),
    "upper": Function(1, 1, lambda value: text(value).upper()),
    "length": Function(1, 1, lambda value: Fraction(len(text(value)))),
    "starts_with": Function(2, 2, lambda value, part: text(value).startswith(text(part))),
    "ends_with": Function(2, 2, lambda value, part: text(value).endswith(text(part))),
    "contains": Function(2, 2, lambda value, part: text(part) in text(value)),
}
