"""Readers of the single fields of an event. Each returns the value or raises ItemRefused.

Owns the grammar of ids, instants and quantities. A value is never repaired: a trailing space, a
missing zone or a seventh decimal of a second could each silently make it another event.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from string import ascii_letters, digits
from typing import Any

from core.decimals import DecimalRefused, decimal_text, read_decimal
from core.instants import EARLIEST, LATEST
from core.json_reader import is_large
from usage.aggregate.order import NUMBER_MARK

LENGTH_MAX = 255
SUBJECT_LENGTH_MAX = 200
QUANTITY_DIGITS = 38
QUANTITY_SCALE = 18
TEXT, INTEGER = "String", "Integer"

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~@+=|#,-]{0,254}", re.ASCII)
ID_FIRST = frozenset(ascii_letters + digits)
ID_CHARACTERS = (ascii_letters + digits + "._:~@+=|#,-").encode()
SOURCE = re.compile(r"[A-Za-z0-9/][A-Za-z0-9._:~@+=%#/-]{0,254}", re.ASCII)
TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", re.ASCII)
SUBJECT = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?", re.ASCII)

_WHOLE = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_NO_ZONE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?", re.ASCII
)
_TOO_FINE = re.compile(r".{19}\.[0-9]{7,}(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)


class ItemRefused(Exception):
    """One event cannot be read; carries what a Refusal says."""

    def __init__(self, code: str, pointer: str, detail: str, *, status: int = 422) -> None:
        super().__init__(detail)
        self.code = code
        self.pointer = pointer
        self.detail = detail
        self.status = status


def refuse_text(field: str, value: object, max_length: int) -> ItemRefused:
    """The refusal for a text field whose value its pattern did not match."""
    pointer = f"/{field}"
    if not isinstance(value, str):
        return ItemRefused(f"type:{field}", pointer, f"{field} must be a text.")
    if _CONTROL.search(value):
        return ItemRefused("control_char", pointer, f"{field} holds a control character.")
    if not value or value != value.strip():
        return ItemRefused(
            f"{field}_format", pointer, f"{field} must be neither empty nor edged with spaces."
        )
    if len(value) > max_length:
        return ItemRefused(
            f"{field}_length", pointer, f"{field} has more than {max_length} characters."
        )
    return ItemRefused(
        f"{field}_charset", pointer, f"{field} holds a character that is not allowed in it."
    )


def read_instant(text: object) -> datetime:
    """An RFC 3339 instant with its zone, to the microsecond, in UTC. Raises: ItemRefused."""
    if not isinstance(text, str):
        raise ItemRefused("type:time", "/time", "time must be a text such as 2026-01-15T10:00:00Z.")
    if _INSTANT.fullmatch(text) is None:
        raise _refused_instant(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ItemRefused("time_format", "/time", f"time does not exist: {error}.") from error
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        at = EARLIEST.replace(year=1)
    if not EARLIEST <= at < LATEST:
        raise ItemRefused(
            "time_range", "/time", f"time must lie in the years {EARLIEST.year} to {LATEST.year}."
        )
    return at


def read_sequence(value: object, kind: object) -> str:
    """A CloudEvents sequence as it is stored and compared. Raises: ItemRefused.

    Under the sequencetype Integer it is a whole number, under any other a text.
    """
    if value is None:
        detail = "sequencetype says how to read a sequence, and sequence is missing."
        raise ItemRefused("required:sequence", "/sequence", detail)
    if type(kind) is not str or SUBJECT.fullmatch(kind) is None:
        raise refuse_text("sequencetype", kind, SUBJECT_LENGTH_MAX)
    if type(value) is not str or SUBJECT.fullmatch(value) is None:
        raise refuse_text("sequence", value, SUBJECT_LENGTH_MAX)
    if kind != INTEGER:
        return value
    if _WHOLE_NUMBER.fullmatch(value) is None:
        detail = "sequence must be a whole number of at most 18 digits, as its sequencetype says."
        raise ItemRefused("sequence_format", "/sequence", detail)
    return f"{NUMBER_MARK}{int(value)}"


def read_quantity(value: object) -> tuple[Decimal, str]:
    """The exact quantity and its canonical text. Raises: ItemRefused.

    A JSON number is read as exactly as a text; an exponent is refused in a text only.
    """
    if type(value) is str and _WHOLE.fullmatch(value):
        return Decimal(value), value  # by far the most common, and its own canonical text
    text = _number_text(value)
    try:
        number = read_decimal(
            text, max_digits=QUANTITY_DIGITS, scale=QUANTITY_SCALE, field="quantity"
        )
    except DecimalRefused as refused:
        problem = refused.errors[0]
        raise ItemRefused(problem.code, "/data/quantity", problem.detail) from refused
    return number, decimal_text(number)


def _number_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ItemRefused(
            "type:quantity", "/data/quantity", "quantity must be a decimal such as 12.50."
        )
    if is_large(value):
        raise ItemRefused("quantity_range", "/data/quantity", "quantity is out of all proportion.")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _refused_instant(text: str) -> ItemRefused:
    if _NO_ZONE.fullmatch(text):
        return ItemRefused(
            "time_zone_required", "/time", "time must say its zone: end it with Z or an offset."
        )
    if _TOO_FINE.fullmatch(text):
        return ItemRefused(
            "time_precision",
            "/time",
            "time is finer than a microsecond; rounding it could move it to another day.",
        )
    return ItemRefused(
        "time_format", "/time", "time must be an instant such as 2026-01-15T10:00:00Z."
    )


def odd_value(problem: Any) -> ItemRefused:
    """The refusal for a problem that core.json_reader found in an item."""
    return ItemRefused(problem.code, problem.pointer, problem.detail)
