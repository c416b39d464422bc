"""A document of another system in one canonical form, which is kept, shown and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from billing.legacy.balance import LegacyBooks
from billing.legacy.rows import LegacyDocument, LegacyLine, LegacySettlement, RowOrigin
from core.periods import Period, local_midnight

Content = Mapping[str, Any]


def content_of(document: LegacyDocument, books: LegacyBooks) -> Content:
    """Party, lines and settlements of a document, amounts as decimal strings."""
    party = books.parties.get(document.party)
    return {
        "origin": _origin(document.origin),
        "party": {key: text for key, text in asdict(party).items() if key != "origin"}
        if party
        else {"foreign_id": document.party},
        "total": str(document.total.amount) if document.total else None,
        "lines": [_line(line) for line in books.lines.get(document.foreign_id, ())],
        "settlements": [
            _settlement(each) for each in books.settlements.get(document.foreign_id, ())
        ],
    }


def digest(document: LegacyDocument, content: Content) -> str:
    """The SHA-256 of what the document says, in hex; where it stood in which file is no part."""
    said = {
        "number": document.number,
        "currency": document.currency,
        "issued_on": document.issued_on.isoformat(),
        "party": content["party"]["foreign_id"],
        "total": content["total"],
        "lines": [_said(line) for line in content["lines"]],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def period_of(document: LegacyDocument, books: LegacyBooks, zone: str) -> Period:
    """The document's period: its own, that of its lines, or the day it was issued."""
    if own := _period(document.period_from, document.period_until):
        return own
    lines = books.lines.get(document.foreign_id, ())
    spans = [span for line in lines if (span := _period(line.service_from, line.service_until))]
    if spans:
        return Period(min(span.start for span in spans), max(span.end for span in spans))
    return Period(
        local_midnight(document.issued_on, zone),
        local_midnight(document.issued_on + timedelta(days=1), zone),
    )


def _period(start: datetime | None, end: datetime | None) -> Period | None:
    return Period(start, end) if start and end and end > start else None


def _line(line: LegacyLine) -> dict[str, Any]:
    return {
        "foreign_id": line.foreign_id,
        "kind": line.kind.value,
        "product": line.product,
        "description": line.description,
        "quantity": None if line.quantity is None else str(line.quantity),
        "amount": str(line.amount.amount),
        "from": _instant(line.service_from),
        "until": _instant(line.service_until),
        "origin": _origin(line.origin),
    }


def _settlement(settlement: LegacySettlement) -> dict[str, Any]:
    return {
        "foreign_id": settlement.foreign_id,
        "kind": settlement.kind.value,
        "amount": str(settlement.amount.amount),
        "at": _instant(settlement.settled_at),
        "origin": _origin(settlement.origin),
    }


def _origin(origin: RowOrigin) -> dict[str, Any]:
    return {"file": origin.file, "line": origin.line, "unmapped": dict(origin.unmapped)}


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _said(line: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != "origin"}
