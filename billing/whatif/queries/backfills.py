"""Backfills as the screens read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from core.db.keyset_pages import Page, PageOrder, Position, page_of
from usage.filters import BackfillFilters
from usage.models import Backfill, Receipt, Source
from usage.queries.backfills import BackfillNotFound, replaced_count, sent_events, stamp

NEWEST_FIRST = PageOrder("opened_at")

_VERDICTS = ("accepted", "duplicate", "conflict", "quarantined", "rejected")


@dataclass(frozen=True, slots=True)
class BackfillRow:
    """A backfill in a list. `subject` is the platform id of its only resource, or empty."""

    public_id: str
    source: str
    subject: str
    occurred_from: datetime
    occurred_until: datetime
    replaces: bool
    state: str
    opened_at: datetime
    opened_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class BackfillDetail:
    """A backfill with what was sent under it and what became of that, by verdict.

    `sent_count` are its events that count now, `replaced_count` those that closing it would void or
    has voided.
    """

    row: BackfillRow
    verdicts: Mapping[str, int]
    sent_count: int
    replaced_count: int
    closed_at: datetime | None
    closed_by: str
    reverted_at: datetime | None
    reverted_by: str
    stamp: str


def backfill_page(*, position: Position, filters: BackfillFilters) -> Page[BackfillRow]:
    """Backfills, newest first; at most two queries. Raises: UnknownCursor."""
    rows = filters.narrow(Backfill.objects.select_related("source", "resource"))
    return page_of(rows, order=NEWEST_FIRST, position=position).showing(_row)


def find(public_id: str) -> Backfill:
    """Raises: BackfillNotFound."""
    backfill = (
        Backfill.objects.select_related("source", "resource")
        .filter(public_id=public_id[:64])
        .first()
    )
    if backfill is None:
        raise BackfillNotFound(f"There is no backfill {public_id[:64]}.")
    return backfill


def detail(backfill: Backfill) -> BackfillDetail:
    """A backfill, its source and resource loaded, with its counts; three queries."""
    sent, replaced = sent_events(backfill).count(), replaced_count(backfill)
    sums = Receipt.objects.filter(backfill=backfill).aggregate(
        **{name: Sum(f"{name}_count", default=0) for name in _VERDICTS}
    )
    return BackfillDetail(
        row=_row(backfill),
        verdicts=sums,
        sent_count=sent,
        replaced_count=replaced,
        closed_at=backfill.closed_at,
        closed_by=backfill.closed_by,
        reverted_at=backfill.reverted_at,
        reverted_by=backfill.reverted_by,
        stamp=stamp(backfill, sent, replaced),
    )


def sources() -> list[Source]:
    """Every source a backfill may be opened for, by name."""
    return list(Source.objects.order_by("name"))


def _row(backfill: Backfill) -> BackfillRow:
    if backfill.reverted_at is not None:
        state = "taken_back"
    else:
        state = "open" if backfill.closed_at is None else "closed"
    return BackfillRow(
        public_id=backfill.public_id,
        source=backfill.source.name,
        subject=backfill.resource.platform_id if backfill.resource else "",
        occurred_from=backfill.occurred_from,
        occurred_until=backfill.occurred_until,
        replaces=backfill.replaces,
        state=state,
        opened_at=backfill.opened_at,
        opened_by=backfill.opened_by,
        reason=backfill.reason,
    )
