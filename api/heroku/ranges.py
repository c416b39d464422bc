"""Lists by Heroku's Range header: `id ..; max=200, order=desc`, and Next-Range where more follows.

A Next-Range can be sent back as it is. Ties are broken by id, so each row comes once in either
order, whatever the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from api.heroku.doors import told
from core.db.keyset_pages import beyond
from core.errors import DomainError
from core.instants import DateInvalid, read_instant

MAX_DEFAULT: Final = 200
MAX_MOST: Final = 1_000
_OPTION: Final = re.compile(r"(max|order)=([a-z0-9]{1,9})", re.ASCII)
_TIE: Final = "~"


class RangeRefused(DomainError):
    """The Range header is not of the form, or asks for what there is not."""

    code = "requested_range_not_satisfiable"
    title = "The range cannot be read"
    status = 416


@dataclass(frozen=True, slots=True)
class AskedRange:
    """A field, where to begin (after a place, or at a value), how many, which way."""

    field: str
    column: str
    start: Any = None
    tie: str = ""
    is_after: bool = False
    most: int = MAX_DEFAULT
    is_descending: bool = False


def asked_range(header: str, columns: Mapping[str, str]) -> AskedRange:
    """What a Range header asks of a list with these fields; the first is the usual one.

    Raises: RangeRefused.
    """
    usual = next(iter(columns))
    head, dots, rest = header.strip().partition("..")
    name, _, start = head.strip().partition(" ")
    end, _, options = re.sub("[;,]", ";", rest, count=1).partition(";")
    if not head and not dots:
        return AskedRange(usual, columns[usual])
    if not dots or end.strip() or name not in columns or not start.isascii():
        raise _refused(columns)
    most, is_descending = _options(options, columns)
    value, _, tie = start.strip().removeprefix("]").partition(_TIE)
    column = columns[name]
    return AskedRange(
        field=name,
        column=column,
        start=_value(value, column, columns) if value else None,
        tie=tie,
        is_after=start.strip().startswith("]"),
        most=most,
        is_descending=is_descending,
    )


def ranged(
    rows: QuerySet[Any],
    asked: AskedRange,
    shown: Callable[[Sequence[Any]], list[dict[str, Any]]],
) -> HttpResponse:
    """A page of rows: 206 and Next-Range where more follows, 200 at the end."""
    sign, past = ("-", "lt") if asked.is_descending else ("", "gt")
    if asked.start is not None:
        rows = rows.filter(_from(asked, past))
    order = (asked.column,) if asked.column == "public_id" else (asked.column, "public_id")
    found = list(rows.order_by(*(sign + each for each in order))[: asked.most + 1])
    page = found[: asked.most]
    headers = {"Accept-Ranges": asked.field, "Content-Range": _span(asked, page)}
    if len(found) > asked.most:
        headers["Next-Range"] = _next(asked, page[-1])
    status = 206 if "Next-Range" in headers else 200
    return told(shown(page), status=status, headers=headers)


def _from(asked: AskedRange, past: str) -> Q:
    if asked.is_after and asked.tie:
        return beyond({asked.column: asked.start, "public_id": asked.tie}, past)
    operator = past if asked.is_after else f"{past}e"
    return Q(**{f"{asked.column}__{operator}": asked.start})


def _options(text: str, columns: Mapping[str, str]) -> tuple[int, bool]:
    """How many, and whether from the end; an empty option says nothing."""
    most, is_descending = MAX_DEFAULT, False
    for each in filter(None, (part.strip() for part in re.split(r"[;,]", text))):
        found = _OPTION.fullmatch(each)
        if found is None:
            raise _refused(columns)
        if found[1] == "order":
            if found[2] not in ("asc", "desc"):
                raise _refused(columns)
            is_descending = found[2] == "desc"
        elif not found[2].isdigit() or not 1 <= int(found[2]) <= MAX_MOST:
            raise _refused(columns)
        else:
            most = int(found[2])
    return most, is_descending


def _value(text: str, column: str, columns: Mapping[str, str]) -> Any:
    if not column.endswith(("_at", "_from")):
        return text
    try:
        return read_instant(text, field="Range")
    except DateInvalid:
        raise _refused(columns) from None


def _said(asked: AskedRange, row: Any) -> str:
    value = getattr(row, asked.column)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _next(asked: AskedRange, last: Any) -> str:
    tie = "" if asked.column == "public_id" else f"{_TIE}{last.public_id}"
    order = "desc" if asked.is_descending else "asc"
    return f"{asked.field} ]{_said(asked, last)}{tie}..; max={asked.most}, order={order}"


def _span(asked: AskedRange, page: Sequence[Any]) -> str:
    if not page:
        return f"{asked.field} .."
    return f"{asked.field} {_said(asked, page[0])}..{_said(asked, page[-1])}"


def _refused(columns: Mapping[str, str]) -> RangeRefused:
    fields = ", ".join(columns)
    return RangeRefused(
        "Range is a field, what it begins with, two dots, and options: "
        f"'{next(iter(columns))} ..; max=200, order=desc'. Fields: {fields}. max is from 1 to "
        f"{MAX_MOST:,}."
    )
