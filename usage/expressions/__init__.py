"""The small language of meter filters and values: arithmetic, comparison, rounding, text.

Owns the grammar and its exact evaluation over an event's properties. It is its own parser, so an
expression can reach nothing but the properties it is given: no names, calls or attributes of
Python. Numbers are rationals; nothing is rounded unless the expression says round, ceil or floor.
How long and deep it may be is bounded when it is saved, how large its values grow when it runs.
"""

from usage.expressions.evaluate import Expression, compile_expression, stored_expression
from usage.expressions.functions import ExpressionFailed
from usage.expressions.lexer import ExpressionInvalid

__all__ = [
    "Expression",
    "ExpressionFailed",
    "ExpressionInvalid",
    "compile_expression",
    "stored_expression",
]
