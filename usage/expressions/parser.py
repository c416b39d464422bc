"""Tokens become a tree of nodes. Owns precedence: or, and, not, comparison, + -, * /, minus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from usage.expressions.functions import FUNCTIONS
from usage.expressions.lexer import ExpressionInvalid, Token, tokens_of

DEPTH_MAX = 32
PARTS_MAX = 250
_COMPARISONS = frozenset({"=", "==", "!=", "<", "<=", ">", ">="})
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_RESERVED = frozenset({"and", "or", "not", "in"})


@dataclass(frozen=True, slots=True)
class Literal:
    value: Fraction | str | bool | None


@dataclass(frozen=True, slots=True)
class Property:
    """A path into the event's data, such as quantity or region.name."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or a function with its operands; `name` is unique among both."""

    name: str
    operands: tuple[ExpressionNode, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, worked from left to right: first, then each with its operand.

    Flat, so that a long sum is no deep tree.
    """

    first: ExpressionNode
    rest: tuple[tuple[str, ExpressionNode], ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """What is no expression, and why; it has no value."""

    problem: str


ExpressionNode = Literal | Property | Operation | Chain | Broken


def parse_expression(text: str) -> ExpressionNode:
    """Raises: ExpressionInvalid."""
    parser = _Parser(tokens_of(text))
    node = parser.alternative(0)
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._parts = 0

    def alternative(self, depth: int) -> ExpressionNode:
        if depth > DEPTH_MAX:
            raise ExpressionInvalid(f"An expression nests at most {DEPTH_MAX} levels.")
        nodes = [self._conjunction(depth)]
        while self._take_word("or"):
            nodes.append(self._conjunction(depth))
        return Operation("or", tuple(nodes)) if len(nodes) > 1 else nodes[0]

    def expect_end(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected("the end")

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _conjunction(self, depth: int) -> ExpressionNode:
        nodes = [self._negation(depth)]
        while self._take_word("and"):
            nodes.append(self._negation(depth))
        return Operation("and", tuple(nodes)) if len(nodes) > 1 else nodes[0]

    def _negation(self, depth: int) -> ExpressionNode:
        if self._take_word("not"):
            if depth > DEPTH_MAX:
                raise ExpressionInvalid(f"An expression nests at most {DEPTH_MAX} levels.")
            return Operation("not", (self._negation(depth + 1),))
        return self._comparison(depth)

    def _comparison(self, depth: int) -> ExpressionNode:
        left = self._sum(depth)
        if self._token.kind == "operator" and self._token.text in _COMPARISONS:
            operator = self._advance().text
            return Operation("=" if operator == "==" else operator, (left, self._sum(depth)))
        if self._take_word("in"):
            self._expect("(")
            return Operation("in", (left, *self._arguments(depth)))
        return left

    def _sum(self, depth: int) -> ExpressionNode:
        return self._chain(("+", "-"), self._product, depth)

    def _product(self, depth: int) -> ExpressionNode:
        return self._chain(("*", "/"), self._signed, depth)

    def _chain(
        self, operators: tuple[str, str], operand: Callable[[int], ExpressionNode], depth: int
    ) -> ExpressionNode:
        first = operand(depth)
        rest = []
        while self._token.text in operators and self._token.kind == "operator":
            rest.append((self._advance().text, operand(depth)))
        return Chain(first, tuple(rest)) if rest else first

    def _signed(self, depth: int) -> ExpressionNode:
        if self._token.kind == "operator" and self._token.text == "-":
            if depth > DEPTH_MAX:
                raise ExpressionInvalid(f"An expression nests at most {DEPTH_MAX} levels.")
            self._advance()
            return Operation("minus", (self._signed(depth + 1),))
        return self._primary(depth)

    def _primary(self, depth: int) -> ExpressionNode:
        token = self._token
        self._parts += 1
        if self._parts > PARTS_MAX:
            raise ExpressionInvalid(
                f"An expression has at most {PARTS_MAX} numbers, texts, properties and calls."
            )
        if token.kind == "number":
            self._advance()
            return Literal(Fraction(token.text))
        if token.kind == "text":
            self._advance()
            return Literal(token.text[1:-1])
        if token.text == "(" and token.kind == "operator":
            self._advance()
            node = self.alternative(depth + 1)
            self._expect(")")
            return node
        if token.kind == "name" and token.text not in _RESERVED:
            return self._named(self._advance(), depth)
        raise self._unexpected("a number, a text, a property or (")

    def _named(self, token: Token, depth: int) -> ExpressionNode:
        if token.text in _WORDS:
            return Literal(_WORDS[token.text])
        if self._token.text != "(" or self._token.kind != "operator":
            return Property(tuple(token.text.split(".")))
        function = FUNCTIONS.get(token.text)
        if function is None:
            raise ExpressionInvalid(f"{token.text} at character {token.at} is not a function.")
        self._advance()
        arguments = self._arguments(depth)
        if not function.least_arguments <= len(arguments) <= function.most_arguments:
            raise ExpressionInvalid(
                f"{token.text} at character {token.at} does not take {len(arguments)} arguments."
            )
        return Operation(token.text, tuple(arguments))

    def _arguments(self, depth: int) -> list[ExpressionNode]:
        arguments = [self.alternative(depth + 1)]
        while self._token.text == "," and self._token.kind == "operator":
            self._advance()
            arguments.append(self.alternative(depth + 1))
        self._expect(")")
        return arguments

    def _take_word(self, word: str) -> bool:
        if self._token.kind == "name" and self._token.text == word:
            self._next += 1
            return True
        return False

    def _expect(self, operator: str) -> None:
        if self._token.kind != "operator" or self._token.text != operator:
            raise self._unexpected(operator)
        self._next += 1

    def _advance(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _unexpected(self, expected: str) -> ExpressionInvalid:
        found = self._token.text or "the end"
        return ExpressionInvalid(
            f"Expected {expected} at character {self._token.at}, found {found}."
        )
