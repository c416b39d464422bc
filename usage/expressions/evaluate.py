"""A parsed expression over the properties of one event. Owns operators and absent values.

An absent property is null: equal to null only, refused by arithmetic and order. So a filter never
lets an event through, and a value never counts as 0, because a name was misspelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any

from usage.expressions.functions import (
    FUNCTIONS,
    ExpressionFailed,
    Value,
    bounded,
    number,
    truth,
)
from usage.expressions.lexer import ExpressionInvalid
from usage.expressions.parser import (
    Broken,
    Chain,
    ExpressionNode,
    Literal,
    Operation,
    Property,
    parse_expression,
)

DECIMALS_MAX = 18
WHOLE_DIGITS_MAX = 20
"""As many as a quantity may have that is sent with 18 decimals."""
_LARGE = 10**WHOLE_DIGITS_MAX


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `text` is what it was compiled from."""

    text: str
    node: ExpressionNode

    def value(self, properties: Mapping[str, Any]) -> Value:
        """Raises: ExpressionFailed."""
        return _value(self.node, properties)

    def holds(self, properties: Mapping[str, Any]) -> bool:
        """The truth of a filter. Raises: ExpressionFailed."""
        return truth(self.value(properties))

    def names(self) -> frozenset[str]:
        """The properties of an event it looks at."""
        return frozenset(_names(self.node))

    def quantity(self, properties: Mapping[str, Any]) -> Decimal:
        """The number a value expression stands for, exactly.

        Raises: ExpressionFailed, also where it has no end within 18 decimals; round it then.
        """
        exact = number(self.value(properties))
        scaled = exact * 10**DECIMALS_MAX
        if scaled.denominator != 1:
            raise ExpressionFailed(f"the value has more than {DECIMALS_MAX} decimals; round it")
        if abs(exact) >= _LARGE:
            raise ExpressionFailed(f"the value has more than {WHOLE_DIGITS_MAX} digits")
        return decimal_of(scaled.numerator, DECIMALS_MAX)


def decimal_of(scaled: int, places: int) -> Decimal:
    """The exact decimal scaled / 10^places, without trailing zeros after the point."""
    while places and scaled % 10 == 0:
        scaled //= 10
        places -= 1
    digits = tuple(int(digit) for digit in str(abs(scaled)))
    return Decimal((int(scaled < 0), digits, -places))


@lru_cache(maxsize=1_024)
def compile_expression(text: str) -> Expression:
    """Raises: ExpressionInvalid."""
    return Expression(text, parse_expression(text))


def stored_expression(text: str) -> Expression:
    """One that was saved: where it is none by the bounds of today, every event says so and is held,
    and the other meters go on."""
    try:
        return compile_expression(text)
    except ExpressionInvalid as invalid:
        return Expression(text, Broken(invalid.message))


def _names(node: ExpressionNode) -> Iterator[str]:
    if isinstance(node, Property):
        yield node.path[0]
    elif isinstance(node, Operation):
        for operand in node.operands:
            yield from _names(operand)
    elif isinstance(node, Chain):
        yield from _names(node.first)
        for _, operand in node.rest:
            yield from _names(operand)


def _value(node: ExpressionNode, properties: Mapping[str, Any]) -> Value:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Property):
        return _property(node.path, properties)
    if isinstance(node, Broken):
        raise ExpressionFailed(f"it is no expression: {node.problem}")
    if isinstance(node, Chain):
        value = _value(node.first, properties)
        for name, operand in node.rest:
            value = bounded(_OPERATORS[name](value, _value(operand, properties)))
        return value
    if node.name == "and":
        return all(truth(_value(operand, properties)) for operand in node.operands)
    if node.name == "or":
        return any(truth(_value(operand, properties)) for operand in node.operands)
    values = [_value(operand, properties) for operand in node.operands]
    operator = _OPERATORS.get(node.name)
    return bounded(operator(*values) if operator else FUNCTIONS[node.name].call(*values))


def _property(path: tuple[str, ...], properties: Mapping[str, Any]) -> Value:
    found: Any = properties
    for step in path:
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    if found is None or isinstance(found, bool | str):
        return bounded(found)
    if isinstance(found, int | Decimal):
        return bounded(Fraction(found))
    raise ExpressionFailed(f"{'.'.join(path)} is neither a number nor a text")


def _equal(left: Value, right: Value) -> bool:
    # "3" = 3: quantities arrive as texts, and a filter means the number.
    if isinstance(left, Fraction) and isinstance(right, str):
        return _equal(right, left)
    if isinstance(left, str) and isinstance(right, Fraction):
        try:
            return number(left) == right
        except ExpressionFailed:
            return False
    return type(left) is type(right) and left == right


def _ordered(compare: Callable[[Fraction, Fraction], bool]) -> Callable[[Value, Value], Value]:
    return lambda left, right: compare(number(left), number(right))


def _divide(left: Value, right: Value) -> Value:
    divisor = number(right)
    if not divisor:
        raise ExpressionFailed("division by zero")
    return number(left) / divisor


_OPERATORS: dict[str, Callable[..., Value]] = {
    "not": lambda value: not truth(value),
    "minus": lambda value: -number(value),
    "+": lambda left, right: number(left) + number(right),
    "-": lambda left, right: number(left) - number(right),
    "*": lambda left, right: number(left) * number(right),
    "/": _divide,
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lt),
    "<=": _ordered(le),
    ">": _ordered(gt),
    ">=": _ordered(ge),
    "in": lambda value, *options: any(_equal(value, option) for option in options),
}
