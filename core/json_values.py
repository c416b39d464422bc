"""What a value read from JSON may hold: no control characters, half characters or endless numbers.

Owns the check of parsed values and the names of what is refused. Does not read: that is
core.json_reader, which says when a check is needed at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from core.errors import FieldError, Invalid, pointer_to

DEPTH_MAX = 32
NUMBER_DIGITS_MAX = 40

_LARGE_FROM: Final[int] = 10**NUMBER_DIGITS_MAX
_ODD_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class DepthRefused(Invalid):
    """Nested too deeply."""

    code = "json_depth"
    title = "Nested too deeply"


class ValueRefused(Invalid):
    """A value holds a character or number that cannot be stored; `errors` has the exact code."""

    code = "json_value"
    title = "A value cannot be stored"


class ControlChar(ValueRefused):
    code = "control_char"
    title = "A text holds a control character"


class Surrogate(ValueRefused):
    code = "surrogate"
    title = "A text holds half a character"


class NumberTooLarge(ValueRefused):
    code = "number_too_large"
    title = "A number is too large"


_SAID_OF_CHARACTER = {
    "control_char": ("control_char", "The text holds a control character."),
    "surrogate": ("surrogate", "The text holds an unpaired surrogate, half a character."),
}


def problem_in(value: Any, *, max_depth: int = DEPTH_MAX) -> FieldError | None:
    """The first thing in a parsed value that must not be stored, or None.

    Codes: control_char, surrogate, number_too_large, json_depth.
    """
    # Knowing where costs ten times as much as knowing whether.
    return None if _is_sound(value, max_depth) else _first_problem(value, max_depth)


def _first_problem(value: Any, max_depth: int) -> FieldError | None:
    for path, found in _walk(value):
        if len(path) >= max_depth and isinstance(found, dict | list):
            pointer = pointer_to(*path[:3])
            return FieldError(pointer, "json_depth", f"Nested deeper than {max_depth} levels.")
        if isinstance(found, str):
            code = _odd_character(found)
            if code is not None:
                return FieldError(pointer_to(*path), *_SAID_OF_CHARACTER[code])
        elif isinstance(found, Decimal | int) and is_large(found):
            return FieldError(
                pointer_to(*path),
                "number_too_large",
                f"Written out, the number has more than {NUMBER_DIGITS_MAX} digits.",
            )
    return None


def refusal(problem: FieldError) -> Invalid:
    """The error to raise for a problem that `problem_in` found."""
    kinds = {kind.code: kind for kind in (DepthRefused, ControlChar, Surrogate, NumberTooLarge)}
    return kinds[problem.code](problem.detail, errors=[problem])


def is_large(number: Decimal | int) -> bool:
    """Whether a number needs more than NUMBER_DIGITS_MAX digits when written out."""
    if isinstance(number, int):
        return abs(number) >= _LARGE_FROM
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # the scanner lets no NaN or Infinity through
    written = len(digits) + exponent if exponent >= 0 else max(len(digits), 1 - exponent)
    return written > NUMBER_DIGITS_MAX


def _is_sound(value: Any, max_depth: int) -> bool:
    level = [value]
    for depth in range(max_depth + 1):
        deeper: list[Any] = []
        for found in level:
            kind = type(found)
            if kind is str:
                if not found.isprintable() and _ODD_CHARACTER.search(found):
                    return False
            elif kind is dict or kind is list:
                if depth == max_depth:
                    return False
                deeper += found
                if kind is dict:
                    deeper += found.values()
            elif (kind is Decimal or kind is int) and is_large(found):
                return False
        if not deeper:
            return True
        level = deeper
    return True


def _walk(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while stack:
        path, found = stack.pop()
        yield path, found
        if isinstance(found, dict):
            for key, inner in found.items():
                yield (*path, key), key
                stack.append(((*path, key), inner))
        elif isinstance(found, list):
            stack.extend(((*path, position), inner) for position, inner in enumerate(found))


def _odd_character(text: str) -> str | None:
    odd = _ODD_CHARACTER.search(text)
    if odd is None:
        return None
    return "surrogate" if odd.group() >= "\ud800" else "control_char"
