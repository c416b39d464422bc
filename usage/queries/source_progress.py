"""How far sources are complete, as they say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import NotFound
from usage.models import Source

SOURCES_MAX = 200


class SourceNotFound(NotFound):
    """No source has this id."""

    code = "source_not_found"
    title = "There is no such source"


@dataclass(frozen=True, slots=True)
class SourceSaid:
    """A source, and what it said; `complete_through` None: it never said.

    `meters` are those it feeds; none is all.
    """

    public_id: str
    name: str
    partner: str
    is_required: bool
    meters: Sequence[str]
    complete_through: datetime | None
    sequence: int | None
    reported_at: datetime | None


def find_source(public_id: str) -> Source:
    """A source with its progress, by its id; one query. Raises: SourceNotFound."""
    found = (
        Source.objects.select_related("partner", "progress")
        .filter(public_id=public_id[:64])
        .first()
    )
    if found is None:
        raise SourceNotFound(f"There is no source {public_id[:40]!r}.")
    return found


def source_rows() -> list[SourceSaid]:
    """Sources by name, the first of them; one query."""
    rows = Source.objects.select_related("partner", "progress").order_by("name")[:SOURCES_MAX]
    return [source_row(source) for source in rows]


def source_row(source: Source) -> SourceSaid:
    """What a source said, its progress and partner loaded."""
    said = getattr(source, "progress", None)
    partner = source.partner.name if source.partner else ""
    if said is None:
        return SourceSaid(source.public_id, source.name, partner, False, (), None, None, None)
    return SourceSaid(
        source.public_id,
        source.name,
        partner,
        said.is_required,
        said.meter_codes,
        said.complete_through,
        said.sequence,
        said.reported_at,
    )
