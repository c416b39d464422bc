"""The one strict reader of JSON from outside: REST bodies, GraphQL variables, imports.

Owns what JSON itself may look like: UTF-8 without a byte order mark, no duplicate keys, no NaN,
bounded size and depth, no control characters or lone surrogates, numbers kept exact. Does not own
which fields there are or what they mean.

Reading is two steps. `parse` refuses what cannot be read and costs one pass of the C scanner plus
a few passes of bytes methods; it says whether the document could hold anything odd. `problem_in`
walks one value and names what is odd in it. A batch is parsed once and walked item by item, only
where needed, so a bad item does not sink the good ones; `read_json` does both for one document.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from core.errors import Malformed, TooLarge
from core.json_values import (
    DEPTH_MAX,
    NUMBER_DIGITS_MAX,
    DepthRefused,
    is_large,
    problem_in,
    refusal,
)

__all__ = [
    "DEPTH_MAX",
    "NUMBER_DIGITS_MAX",
    "BodyEmpty",
    "BodyTooLarge",
    "DepthRefused",
    "DuplicateKey",
    "EncodingRefused",
    "JsonInvalid",
    "ParsedJson",
    "RootType",
    "is_large",
    "is_shallow",
    "parse",
    "problem_in",
    "read_json",
]

# Stands for a number whose exponent no Decimal can hold; every check refuses it.
_BEYOND_DECIMAL = Decimal("1E+999999")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITESPACE = b" \t\n\r"
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'"\\{}[]'))
_ONE_KIND_OF_BRACKET = bytes.maketrans(b"[]", b"{}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
# Escapes are the only way an odd character gets through the scanner. An escaped backslash before
# a u looks the same to this pattern; it only costs a walk.
_ODD_ESCAPE = re.compile(rb"\\(?:u00[01]|u[dD]|b|f)")


class BodyEmpty(Malformed):
    """There is nothing to read."""

    code = "body_empty"
    title = "The body is empty"


class BodyTooLarge(TooLarge):
    """The body is larger than this door accepts."""

    code = "body_too_large"
    title = "The body is too large"


class EncodingRefused(Malformed):
    """Not UTF-8, or UTF-8 with a byte order mark."""

    code = "encoding"
    title = "JSON is UTF-8 without a byte order mark"


class JsonInvalid(Malformed):
    """Not JSON as RFC 8259 defines it."""

    code = "json_invalid"
    title = "This is not JSON"


class DuplicateKey(Malformed):
    """An object names a key twice; readers differ in which value they would take."""

    code = "duplicate_key"
    title = "A key stands twice in an object"


class RootType(Malformed):
    """The document is neither of the kinds this door reads."""

    code = "root_type"
    title = "The document has the wrong type"


@dataclass(frozen=True, slots=True)
class ParsedJson:
    """A parsed document. Where `is_plain`, no value in it needs `problem_in`.

    Integers are int, numbers with a point or an exponent are Decimal, exactly as written; an
    integer of more than NUMBER_DIGITS_MAX digits is Decimal too.
    """

    value: Any
    is_plain: bool


def read_json(
    body: bytes,
    *,
    max_bytes: int,
    max_depth: int = DEPTH_MAX,
    root: tuple[type, ...] = (dict, list),
) -> Any:
    """Return the one document in `body`, or refuse it whole.

    Raises: Malformed, TooLarge, DepthRefused, ValueRefused.
    """
    document = parse(body, max_bytes=max_bytes, max_depth=max_depth, root=root)
    if not document.is_plain:
        problem = problem_in(document.value, max_depth=max_depth)
        if problem is not None:
            raise refusal(problem)
    return document.value


def parse(
    body: bytes,
    *,
    max_bytes: int,
    max_depth: int = DEPTH_MAX,
    root: tuple[type, ...] = (dict, list),
) -> ParsedJson:
    """Scan `body`; refuse what is no JSON, and leave odd values to `problem_in`.

    Raises: BodyTooLarge, BodyEmpty, EncodingRefused, JsonInvalid, DuplicateKey, RootType, and
    DepthRefused for a depth no reader could hold.
    """
    if len(body) > max_bytes:
        raise BodyTooLarge(f"The body has {len(body):,} bytes; the limit is {max_bytes:,}.")
    if not body.strip(_WHITESPACE):
        raise BodyEmpty("The body is empty; send one JSON document.")
    numbers = _Numbers()
    value = _scan(_decoded(body), numbers)
    if type(value) not in root:
        raise RootType(f"Expected {_names(root)}, got {_name(type(value))}.")
    is_plain = (
        not numbers.has_large and _ODD_ESCAPE.search(body) is None and is_shallow(body, max_depth)
    )
    return ParsedJson(value, is_plain)


class _Numbers:
    """Reads numbers for one scan, and remembers whether one was large."""

    __slots__ = ("has_large",)

    def __init__(self) -> None:
        self.has_large = False

    def integer(self, text: str) -> int | Decimal:
        if len(text) <= NUMBER_DIGITS_MAX:
            return int(text)
        self.has_large = True
        return Decimal(text)

    def fraction(self, text: str) -> Decimal:
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = _BEYOND_DECIMAL
        if is_large(number):
            self.has_large = True
        return number


def _decoded(body: bytes) -> str:
    if body.startswith(_BYTE_ORDER_MARK):
        raise EncodingRefused("The body starts with a byte order mark.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingRefused(f"Byte {error.start} is not UTF-8.") from error


def _scan(text: str, numbers: _Numbers) -> Any:
    decoder = json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=numbers.integer,
        parse_float=numbers.fraction,
        parse_constant=_refuse_constant,
    )
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise JsonInvalid(f"{error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise DepthRefused(f"Nested deeper than {DEPTH_MAX} levels.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                shown = key[:64].encode("ascii", "backslashreplace").decode()
                raise DuplicateKey(f'The key "{shown}" stands twice in one object.')
            seen.add(key)
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise JsonInvalid(f"{name} is not a JSON value.")


def is_shallow(body: bytes, max_depth: int = DEPTH_MAX) -> bool:
    """Whether valid JSON nests at most `max_depth` levels, without looking at it in Python.

    Strings without quotes, brackets or backslashes in them shrink to two quotes and vanish. What
    is left holds a quote or backslash exactly when some string was not that plain: an odd number
    of quotes stands before a bracket inside a string, so one always stays.
    """
    skeleton = body.translate(_ONE_KIND_OF_BRACKET, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in skeleton or b"\\" in skeleton:
        skeleton = _STRING.sub(b"", body).translate(_ONE_KIND_OF_BRACKET, _NOT_STRUCTURE)
    for _ in range(max_depth):
        if not skeleton:
            return True
        skeleton = skeleton.replace(b"{}", b"")  # one level, the innermost, everywhere
    return skeleton == b""


def _names(types: tuple[type, ...]) -> str:
    return " or ".join(_name(each) for each in types)


def _name(kind: type) -> str:
    return {dict: "an object", list: "an array", str: "a string", type(None): "null"}.get(
        kind, "a boolean" if kind is bool else "a number"
    )
