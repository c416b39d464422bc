"""Day figures from raw events, computed and compared or written.

Owns how raw events of some resources become roll-up rows: whose day each belongs to, and which
meters read it. Ingest reaches the same rows by adding; both must agree to the digit.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from accounts.models import Resource
from accounts.queries.profiles import zones_of
from usage.aggregate.facts import EventUnreadable, MeterFact, read_fact
from usage.aggregate.figures import DayFigure, figure_of
from usage.aggregate.rules import Rule, rule_at
from usage.days import ZoneSpan, day_at, zone_at
from usage.derivation.day_buckets import DayBucket
from usage.dimension_sets import dimension_set_ids
from usage.event_reader import ResourceSpan, StoredEvent, events_within
from usage.models import EventType
from usage.ownerships import Owned, owned_resources

# A local day lies within a day of the UTC day of the same date, also where its zone changed in it.
_MARGIN = timedelta(days=1)
_FIRST, _LAST = date(2000, 1, 1), date(8999, 12, 31)

_INSERT = """
    INSERT INTO usage_usageday (day, account_id, resource_id, meter_id, dimension_set_id, quantity,
                                event_count, moment, state, is_carried)
    SELECT * FROM unnest(%s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                         %s::numeric[], %s::bigint[], %s::numeric[], %s::jsonb[], %s::bool[])
"""


RulesByType = Mapping[int, Mapping[int, Sequence[Rule]]]
"""Meter versions by the id of the event type they read, then by meter."""

FactsByMeter = dict[tuple[int, str], tuple[Rule, list[MeterFact]]]
"""What was read, by meter and dimensions, with the version that read it."""


@dataclass(frozen=True, slots=True)
class Days:
    """Local days [day_from, day_until) of what is to be derived; an open end is None."""

    day_from: date
    day_until: date | None

    def __contains__(self, day: date) -> bool:
        return self.day_from <= day and (self.day_until is None or day < self.day_until)

    @property
    def start(self) -> datetime:
        """An instant before every one of these days, in any zone."""
        return _utc_midnight(max(self.day_from, _FIRST)) - _MARGIN

    @property
    def end(self) -> datetime:
        """An instant after every one of these days, in any zone."""
        return _utc_midnight(min(self.day_until or _LAST, _LAST)) + _MARGIN


@dataclass(frozen=True, slots=True)
class DaysToDerive:
    """Local days of a resource under an account whose figures are to be derived.

    Of one meter, or of every meter that is read where `meter_id` is None.
    """

    account_id: int
    resource_id: int
    meter_id: int | None
    days: Days


@dataclass(frozen=True, slots=True)
class FigureSources:
    """The meters to derive, the types of event they read, and who owned what when."""

    rules: RulesByType
    owned: Mapping[int, Owned]
    zones: Mapping[int, tuple[ZoneSpan, ...]]

    def place_of(self, stored: StoredEvent) -> tuple[int, date] | None:
        """The owner at the event's instant and their local day, None for nobody."""
        return self.place_at(stored.resource_id, stored.event.occurred_at)

    def place_at(self, resource_id: int, at: datetime) -> tuple[int, date] | None:
        """The owner of a resource at an instant and their local day, None for nobody."""
        account_id = self.owned[resource_id].owner_at(at)
        if account_id is None:
            return None
        return account_id, day_at(self.zones[account_id], at)


def reading_of(rules: Collection[Sequence[Rule]], resource_ids: Collection[int]) -> FigureSources:
    """Look up what deriving these meters of these resources needs; four queries."""
    owned = owned_resources(Resource.objects.filter(pk__in=sorted(resource_ids)))
    accounts = {each.account_id for one in owned.values() for each in one.ownerships}
    return FigureSources(rules_by_type(rules), owned, zones_of(accounts))


def rules_by_type(rules: Collection[Sequence[Rule]]) -> RulesByType:
    """The versions of meters by the id of the type of event they read, then by meter; one query."""
    types = dict(EventType.objects.values_list("name", "id"))
    by_type: dict[int, dict[int, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for versions in rules:
        for rule in versions:
            if rule.event_type in types:
                by_type[types[rule.event_type]][rule.meter_id].append(rule)
    return by_type


def day_figures(
    reading: FigureSources, stretches: Collection[DaysToDerive]
) -> Iterator[tuple[DayBucket, DayFigure, bool]]:
    """Every bucket of these stretches, from raw, in one query; the flag is `is_carried`."""
    asked: dict[tuple[int, int], list[DaysToDerive]] = defaultdict(list)
    for stretch in stretches:
        asked[stretch.resource_id, stretch.account_id].append(stretch)
    # Events come by resource and time, and the days of an account only go forward; but a resource
    # may go to another account and come back within a day, so each owner has a day of its own.
    resource_id: int | None = None
    open_days: dict[int, _OpenDay] = {}
    for _, stored in events_within(_spans(stretches), reading.rules.keys()):
        if stored.resource_id != resource_id:
            yield from _closed(reading, open_days.values())
            resource_id, open_days = stored.resource_id, {}
        owner = reading.place_of(stored)
        if owner is None:
            continue
        account_id, day = owner
        current = open_days.get(account_id)
        if current is None or current.place[2] != day:
            if current is not None:
                yield from _closed(reading, [current])
            rules = _rules_for(reading.rules, asked[resource_id, account_id], day)
            current = open_days[account_id] = _OpenDay((resource_id, account_id, day), rules)
        if current.rules:
            read_into(current.rules, stored, current.facts)
    yield from _closed(reading, open_days.values())


@dataclass(slots=True)
class _OpenDay:
    """A resource, account and day whose events are being read, by these rules."""

    place: tuple[int, int, date]
    rules: RulesByType
    facts: FactsByMeter = field(default_factory=dict)


def _closed(
    reading: FigureSources, days: Iterable[_OpenDay]
) -> Iterator[tuple[DayBucket, DayFigure, bool]]:
    for each in days:
        yield from _figures(reading, each.place, each.facts)


def _spans(stretches: Collection[DaysToDerive]) -> list[ResourceSpan]:
    """The instants in which the days of each resource lie, merged; by resource and time."""
    ordered = sorted((each.resource_id, each.days.start, each.days.end) for each in stretches)
    merged: list[tuple[int, datetime, datetime]] = []
    for resource_id, start, end in ordered:
        if merged and merged[-1][0] == resource_id and start <= merged[-1][2]:
            merged[-1] = (resource_id, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((resource_id, start, end))
    return [ResourceSpan(position, *span) for position, span in enumerate(merged)]


def _rules_for(rules: RulesByType, stretches: Sequence[DaysToDerive], day: date) -> RulesByType:
    """What is to be read of a day: the meters whose stretches hold it."""
    meters = {stretch.meter_id for stretch in stretches if day in stretch.days}
    if None in meters or not meters:
        return rules if meters else {}
    return {
        type_id: {meter: versions for meter, versions in of_type.items() if meter in meters}
        for type_id, of_type in rules.items()
    }


def write_days(rows: Sequence[tuple[DayBucket, DayFigure, bool]]) -> None:
    """Insert buckets whose former rows have been deleted in this transaction."""
    if not rows:
        return
    sets = dimension_set_ids(sorted({bucket.dimensions for bucket, _, _ in rows}))
    values = [
        (
            *bucket[:4],
            sets[bucket.dimensions],
            figure.quantity,
            figure.event_count,
            figure.moment,
            state_text(figure),
            is_carried,
        )
        for bucket, figure, is_carried in sorted(rows, key=lambda row: row[0])
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*values, strict=True)])


def state_text(figure: DayFigure) -> str | None:
    """The state of a figure as JSON text."""
    return None if figure.state is None else json.dumps(figure.state, sort_keys=True)


def read_into(rules: RulesByType, stored: StoredEvent, facts: FactsByMeter) -> FactsByMeter:
    """Add what each meter reads from an event to the facts; states are left out."""
    for meter_id, versions in rules[stored.type_id].items():
        rule = rule_at(versions, stored.event.occurred_at)
        if rule is None or rule.is_state:
            continue
        try:
            fact = read_fact(rule, stored.event)
        except EventUnreadable:
            # Accepted under an earlier version of the meter; why-not says so for the event.
            continue
        if fact is not None:
            facts.setdefault((meter_id, fact.dimensions), (rule, []))[1].append(fact)
    return facts


def _figures(
    reading: FigureSources,
    place: tuple[int, int, date],
    facts: Mapping[tuple[int, str], tuple[Rule, list[MeterFact]]],
) -> Iterator[tuple[DayBucket, DayFigure, bool]]:
    resource_id, account_id, day = place
    for (meter_id, dimensions), (rule, found) in facts.items():
        bucket = DayBucket(day, account_id, resource_id, meter_id, dimensions)
        zone = zone_at(reading.zones[account_id], found[0].at)
        yield bucket, figure_of(rule, found, zone=zone), rule.carries_over


def _utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
