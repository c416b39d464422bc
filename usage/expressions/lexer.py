"""The text of an expression becomes tokens. Owns characters; the parser owns order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import Invalid

LENGTH_MAX = 2_000


class ExpressionInvalid(Invalid):
    """The text is not an expression; the message says what was expected at which character."""

    code = "expression_invalid"
    title = "Not an expression"


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, text, name, operator or end; `at` counts characters from 1."""

    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<text>\"[^\"\\\x00-\x1f]*\"|'[^'\\\x00-\x1f]*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<operator><=|>=|!=|==|[=<>()+*/,-])",
    re.ASCII,
)
_NUMBER_DIGITS_MAX = 40


def tokens_of(text: str) -> list[Token]:
    """All tokens, with an end token last. Raises: ExpressionInvalid."""
    if len(text) > LENGTH_MAX:
        raise ExpressionInvalid(f"An expression has at most {LENGTH_MAX} characters.")
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionInvalid(f"{text[position]!r} at character {position + 1} is not known.")
        kind = match.lastgroup or ""
        if kind == "number" and len(match.group()) > _NUMBER_DIGITS_MAX:
            raise ExpressionInvalid(f"The number at character {position + 1} is too long.")
        if kind != "space":
            found.append(Token(kind, match.group(), position + 1))
        position = match.end()
    found.append(Token("end", "", len(text) + 1))
    return found
