"""Conditions in rows: a property, how it compares, a value. All of them must hold.

Owns the way from rows to an expression and back. An expression that says more than rows can is no
rows at all (`conditions_of`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from usage.expressions.lexer import ExpressionInvalid
from usage.expressions.parser import ExpressionNode, Literal, Operation, Property, parse_expression


class Comparison(StrEnum):
    """How a property compares with a value; the last two take none."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"
    PRESENT = "present"
    ABSENT = "absent"


VALUELESS = frozenset({Comparison.PRESENT, Comparison.ABSENT})


@dataclass(frozen=True, slots=True)
class Condition:
    """One row; `value` as it is typed: a number, true or false, or a text without quotes. Of
    `ONE_OF` it holds several, with commas between."""

    property: str
    comparison: Comparison
    value: str = ""


_OPERATORS: Mapping[Comparison, str] = MappingProxyType(
    {
        Comparison.IS: "=",
        Comparison.IS_NOT: "!=",
        Comparison.ABOVE: ">",
        Comparison.AT_LEAST: ">=",
        Comparison.BELOW: "<",
        Comparison.AT_MOST: "<=",
    }
)
_COMPARISONS = {operator: comparison for comparison, operator in _OPERATORS.items()}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?", re.ASCII)
_WORDS = {"true": True, "false": False}
_MISREAD = re.compile(r"^\s|\s$|,|^(?:true|false|null)$|^$")


def expression_of(conditions: Sequence[Condition]) -> str:
    """The expression that holds where all the conditions do; empty for none.

    Raises: ExpressionInvalid, for a property that is none, and a value that cannot be quoted.
    """
    return " and ".join(map(condition_text, conditions))


def condition_text(condition: Condition) -> str:
    """One condition as an expression. Raises: ExpressionInvalid."""
    name, comparison = condition.property, condition.comparison
    if comparison in VALUELESS:
        text = f"{name} {'!=' if comparison is Comparison.PRESENT else '='} null"
    elif comparison is Comparison.ONE_OF:
        values = [part.strip() for part in condition.value.split(",") if part.strip()]
        text = f"{name} in ({', '.join(map(_literal, values))})"
    else:
        text = f"{name} {_OPERATORS[comparison]} {_literal(condition.value.strip())}"
    if not isinstance(_left(parse_expression(text)), Property):
        raise ExpressionInvalid(f"{name!r} is not the name of a property.")
    return text


def conditions_of(text: str) -> list[Condition] | None:
    """The rows of an expression; None where it is not made of such conditions alone.

    Raises: ExpressionInvalid.
    """
    if not text:
        return []
    node = parse_expression(text)
    parts = node.operands if isinstance(node, Operation) and node.name == "and" else (node,)
    found = [_condition(part) for part in parts]
    return None if None in found else [each for each in found if each is not None]


def _left(node: ExpressionNode) -> ExpressionNode | None:
    return node.operands[0] if isinstance(node, Operation) and len(node.operands) > 1 else None


def _condition(node: ExpressionNode) -> Condition | None:
    left = _left(node)
    if not isinstance(node, Operation) or not isinstance(left, Property):
        return None
    name, others = ".".join(left.path), node.operands[1:]
    if node.name == "in":
        values = [_typed(other) for other in others]
        texts = [value for value in values if value is not None]
        is_said = len(texts) == len(values)
        return Condition(name, Comparison.ONE_OF, ", ".join(texts)) if is_said else None
    comparison = _COMPARISONS.get(node.name)
    if comparison is None:
        return None
    if others == (Literal(None),) and comparison in (Comparison.IS, Comparison.IS_NOT):
        is_there = comparison is Comparison.IS_NOT
        return Condition(name, Comparison.PRESENT if is_there else Comparison.ABSENT)
    value = _typed(others[0])
    return None if value is None else Condition(name, comparison, value)


def _typed(node: ExpressionNode) -> str | None:
    """A value as it is typed; None where typing it would mean another, or a formula."""
    if isinstance(node, Operation) and node.name == "minus":
        (inner,) = node.operands
        is_number = isinstance(inner, Literal) and isinstance(inner.value, Fraction)
        text = _typed(inner) if is_number else None
        return f"-{text}" if text and not text.startswith("-") and text != "0" else None
    if not isinstance(node, Literal) or node.value is None:
        return None
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, Fraction):
        return _decimal(node.value)
    is_other = _MISREAD.search(node.value) or _NUMBER.fullmatch(node.value)
    return None if is_other else node.value


def _decimal(value: Fraction) -> str:
    """A number that was written with a point, as it ends."""
    places = 0
    while value.denominator != 1:
        value, places = value * 10, places + 1
    digits = str(value.numerator).rjust(places + 1, "0")
    return (
        f"{digits[: len(digits) - places]}.{digits[len(digits) - places :]}" if places else digits
    )


def _literal(text: str) -> str:
    if _NUMBER.fullmatch(text) or text in _WORDS:
        return text
    quote = '"' if "'" in text else "'"
    quoted = f"{quote}{text}{quote}"
    if not text or parse_expression(quoted) != Literal(text):
        raise ExpressionInvalid(f"{text!r} cannot be compared with.")
    return quoted
