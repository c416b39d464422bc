"""A page of an account's timeline: the places of all sources merged, then the entries of a page.

Each source gives at most a page of places, sorted by itself, so a page costs the same wherever it
is; a fixed number of queries: one for the places, and those of the sources that are on the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Min

from accounts.models import Account
from billing.catalogue.models import PlanVersion
from billing.contracts.queries.tenures import versions_held
from billing.overview.queries.account_as_of import ENTERED_WITHIN
from billing.overview.queries.history import Entry, Opened
from billing.overview.queries.timeline.bills import BILLS
from billing.overview.queries.timeline.decisions import DECISIONS
from billing.overview.queries.timeline.limits import LIMITS
from billing.overview.queries.timeline.money import MONEY
from billing.overview.queries.timeline.moved import MOVED
from billing.overview.queries.timeline.records import RECORDS
from billing.overview.queries.timeline.sources import TimelineKind, TimelineSource
from billing.overview.queries.timeline.usage_facts import USAGE_FACTS
from core.db.keyset_pages import PAGE_SIZE, Page, Position, UnknownCursor

SOURCES: Final[dict[str, TimelineSource]] = {
    each.name: each
    for each in (*RECORDS, *USAGE_FACTS, *BILLS, *MOVED, *LIMITS, *MONEY, *DECISIONS)
}
_MOVE: Final = "move"
_PARTS: Final = 3

_Place = tuple[datetime, str, int]


@dataclass(frozen=True, slots=True)
class TimelineScope:
    """Of which entries: of one kind, or all; `known_at` leaves out what was not known by then."""

    kind: TimelineKind | None = None
    known_at: datetime | None = None

    def sources(self) -> list[TimelineSource]:
        """Those that are asked."""
        return [each for each in SOURCES.values() if self.kind in (None, each.kind)]

    @property
    def has_moves(self) -> bool:
        """Whether versions that took over are among them."""
        return self.kind in (None, TimelineKind.RECORDS)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An entry with what it is about."""

    kind: TimelineKind
    entry: Entry


def timeline_page(
    account: Account,
    *,
    at: datetime,
    scope: TimelineScope,
    position: Position,
    size: int = PAGE_SIZE,
) -> Page[TimelineEntry]:
    """A page of what happened to an account, newest first; versions take over by `at`.

    Raises: UnknownCursor.
    """
    size = position.size or size
    backwards = bool(position.before)
    edge = position.before or position.after
    place = _read(edge) if edge else None
    moves = [
        move
        for move in (_moves(account) if scope.has_moves else ())
        if move[0] <= at and (place is None or (move > place if backwards else move < place))
    ]
    places = [*_places(account, scope, place, backwards=backwards, most=size + 1), *moves]
    found = sorted(places, reverse=not backwards)[: size + 1]
    has_more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
    return Page(
        _entries(shown),
        newer=_written(shown[0]) if shown and (has_more if backwards else edge) else "",
        older=_written(shown[-1]) if shown and (has_more or backwards) else "",
    )


def _entries(shown: Sequence[_Place]) -> list[TimelineEntry]:
    ids: dict[str, list[int]] = defaultdict(list)
    for _, name, ref in shown:
        ids[name].append(ref)
    read = {
        name: _moved(refs) if name == _MOVE else SOURCES[name].read(refs)
        for name, refs in ids.items()
    }
    return [
        TimelineEntry(_kind(name), replace(read[name][ref], at=at))
        for at, name, ref in shown
        if ref in read[name]
    ]


def _kind(name: str) -> TimelineKind:
    return TimelineKind.RECORDS if name == _MOVE else SOURCES[name].kind


def _moves(account: Account) -> list[_Place]:
    """When a version took over a subscription, which leaves no row: it follows from the rows."""
    held = versions_held([account.pk])
    return [
        (span.start, _MOVE, span.version_id)
        for tenure in held.by_account.get(account.pk, ())
        for span in held.versions_of(tenure)[1:]
    ]


def _moved(refs: Sequence[int]) -> dict[int, Entry]:
    return {
        each.pk: Entry(
            each.effective_from,
            "the plan",
            f"{each.plan.name} moved to version {each.number}",
            "",
            opens=Opened("plan", each.public_id),
        )
        for each in PlanVersion.objects.filter(pk__in=refs).select_related("plan")
    }


def _places(
    account: Account,
    scope: TimelineScope,
    place: _Place | None,
    *,
    backwards: bool,
    most: int,
) -> list[_Place]:
    """The places nearest to a place, of all sources; one query, two where knowledge is asked."""
    operator, way = (">", "ASC") if backwards else ("<", "DESC")
    conditions = []
    parameters: dict[str, Any] = {"account": account.pk, "most": most, "entered": None}
    if place is not None:
        conditions.append(f"at {operator}= %(at)s")
        conditions.append(f"(at, '{{name}}', ref) {operator} (%(at)s, %(kind)s, %(ref)s)")
        parameters |= dict(zip(("at", "kind", "ref"), place, strict=True))
    if scope.known_at is not None:
        conditions.append("known <= %(known_at)s")
        parameters |= {"known_at": scope.known_at, "entered": _entered(account)}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    each = " UNION ALL ".join(
        f"(SELECT at, '{source.name}' AS kind, ref FROM ({source.rows}) AS told"  # noqa: S608  constants
        f" {where.replace('{name}', source.name)} ORDER BY at {way}, ref {way} LIMIT %(most)s)"
        for source in scope.sources()
    )
    query = (
        f"SELECT at, kind, ref FROM ({each}) AS happened"  # noqa: S608  constants
        f" ORDER BY at {way}, kind {way}, ref {way} LIMIT %(most)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _entered(account: Account) -> datetime | None:
    first = account.history.aggregate(at=Min("history_date"))["at"]
    return first + ENTERED_WITHIN if first else None


def _written(place: _Place) -> str:
    at, name, ref = place
    return f"{at.isoformat()}~{name}~{ref}"


def _read(text: str) -> _Place:
    parts = text.split("~")
    try:
        at, name, ref = datetime.fromisoformat(parts[0]), parts[1], int(parts[2])
    except (ValueError, IndexError):
        raise UnknownCursor("This is no place in the history. Start at its first page.") from None
    is_known = name == _MOVE or name in SOURCES
    if len(parts) != _PARTS or at.tzinfo is None or not is_known or not 0 <= ref < 2**63:
        raise UnknownCursor("This is no place in the history. Start at its first page.")
    return at, name, ref
