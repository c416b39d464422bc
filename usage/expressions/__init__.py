"""The small language of meter filters and values: arithmetic, comparison, rounding, text.

Owns the grammar and its exact evaluation over an event's properties. It is its own parser, so an
expression can reach nothing but the properties it is given: no names, calls or attributes of
Python. Numbers are rationals; nothing is rounded unless the expression says round, ceil or floor.
"""

from usage.expressions.evaluate import Expression, compile_expression
from usage.expressions.functions import ExpressionFailed
from usage.expressions.lexer import ExpressionInvalid

__all__ = ["Expression", "ExpressionFailed", "ExpressionInvalid", "compile_expression"]
