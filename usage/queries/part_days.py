"""Figures of days that are cut: what a meter saw between midnight and an instant, from raw events.

Roll-ups hold whole local days. Where a window ends within one, its part of that day is folded here
by the same functions, so a cut never loses or doubles an event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q

from accounts.models import ResourceOwnership
from core.periods import Period
from usage.aggregate.facts import MeterFact
from usage.aggregate.figures import DayFigure, figure_of
from usage.aggregate.rules import Rule
from usage.days import zone_at
from usage.derivation.day_figures import FigureSources, read_into, reading_of
from usage.event_reader import ResourceSpan, events_within

_AS_STORED = """
    SELECT given, (given::jsonb -> 0)::text FROM unnest(%s::text[]) AS texts(given)
"""


@dataclass(frozen=True, slots=True)
class PartDay:
    """The first part of a local day of an account, for the window at `position`."""

    position: int
    account_id: int
    day: date
    part: Period


@dataclass(frozen=True, slots=True)
class PartFigure:
    """What a meter saw in a part of a day; `pricing` is the text PostgreSQL gives the JSON."""

    position: int
    account_id: int
    meter_id: int
    resource_id: int
    pricing: str
    figure: DayFigure


def part_figures(
    parts: Sequence[PartDay], rules: Mapping[int, Sequence[Rule]]
) -> Iterator[PartFigure]:
    """The figures of all parts; no query without parts, else a fixed number. States are left out:
    intervals are cut where they are read.
    """
    if not parts:
        return
    counted = [versions for versions in rules.values() if not versions[0].is_state]
    spans = _spans(parts)
    reading = reading_of(counted, {span.resource_id for span in spans})
    facts = _facts(parts, spans, reading)
    stored = _texts_as_stored({dimensions for _, _, _, dimensions in facts})
    for (position, resource_id, meter_id, dimensions), (rule, found) in facts.items():
        account_id = parts[position].account_id
        zone = zone_at(reading.zones[account_id], found[0].at)
        yield PartFigure(
            position=parts[position].position,
            account_id=account_id,
            meter_id=meter_id,
            resource_id=resource_id,
            pricing=stored[dimensions],
            figure=figure_of(rule, found, zone=zone),
        )


FactsByPart = dict[tuple[int, int, int, str], tuple[Rule, list[MeterFact]]]


def _facts(
    parts: Sequence[PartDay], spans: Sequence[ResourceSpan], reading: FigureSources
) -> FactsByPart:
    """What the meters read, by position in `parts`, resource, meter and dimensions."""
    facts: FactsByPart = {}
    for position, stored in events_within(spans, reading.rules.keys()):
        part = parts[position]
        if reading.place_of(stored) != (part.account_id, part.day):
            continue
        read = read_into(reading.rules, stored, {})
        for (meter_id, dimensions), (rule, found) in read.items():
            key = (position, stored.resource_id, meter_id, dimensions)
            facts.setdefault(key, (rule, []))[1].extend(found)
    return facts


def _spans(parts: Sequence[PartDay]) -> list[ResourceSpan]:
    """The parts of every resource the accounts owned then; positions are those in `parts`."""
    first: datetime = min(part.part.start for part in parts)
    last: datetime = max(part.part.end for part in parts)
    owned: dict[int, set[int]] = defaultdict(set)
    ownerships = ResourceOwnership.objects.filter(
        Q(owned_until__isnull=True) | Q(owned_until__gt=first),
        account_id__in={part.account_id for part in parts},
        owned_from__lt=last,
    )
    for account_id, resource_id in ownerships.values_list("account_id", "resource_id"):
        owned[account_id].add(resource_id)
    return [
        ResourceSpan(position, resource_id, part.part.start, part.part.end)
        for position, part in enumerate(parts)
        for resource_id in sorted(owned[part.account_id])
    ]


def _texts_as_stored(dimensions: set[str]) -> dict[str, str]:
    if not dimensions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_AS_STORED, [sorted(dimensions)])
        return dict(cursor.fetchall())
