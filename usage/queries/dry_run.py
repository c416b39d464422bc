"""What a new version of a meter would count, beside what the present one does; nothing is saved.

Reads raw events with both definitions and the functions that bill. Takes no locks, so it may be run
over a month of real events while more come in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from accounts.models import ResourceOwnership
from core.periods import Period
from usage.aggregate.exact import exactly, plain
from usage.aggregate.facts import EventUnreadable, MeterFact, read_fact
from usage.aggregate.figures import ZERO, figure_of, microseconds, quantity_of
from usage.aggregate.rules import Aggregation, Rule
from usage.aggregate.timelines import StateSpan, spans_of
from usage.days import period_of, zone_at
from usage.derivation.day_figures import Days, FigureSources, reading_of
from usage.event_reader import stored_events
from usage.meter_rules import rule_of
from usage.meter_terms import MeterTerms, check_terms, version_of
from usage.models import Meter, MeterVersion
from usage.ownerships import Owned

SAMPLES = 10
_EVER = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class DryRunScope:
    """Local days [day_from, day_until) of some accounts."""

    account_ids: Collection[int]
    day_from: date
    day_until: date


@dataclass(frozen=True, slots=True)
class DryRow:
    """One resource and combination of dimensions; None where a definition counts nothing there."""

    account_id: int
    resource_id: int
    dimensions: Mapping[str, str]
    before: Decimal | None
    after: Decimal | None


@dataclass(slots=True)
class ReadTally:
    """How a version read the events; `samples` names some it could not read, with the reason."""

    read: int = 0
    filtered: int = 0
    unreadable: int = 0
    samples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DryRun:
    """The rows that would change, how many would not, and how the new version read the events."""

    changed: Sequence[DryRow]
    unchanged: int
    tally: ReadTally


_Key = tuple[int, int, str]


def dry_run(*, meter: Meter, terms: MeterTerms, scope: DryRunScope) -> DryRun:
    """Count the scope by the meter's latest version and by these terms.

    As if each had been in force all along; states and balances that began before the scope are
    followed from their beginning. Raises: TermsInvalid.
    """
    present = MeterVersion.objects.filter(meter=meter).order_by("number").last()
    supposed = _always(version_of(meter, 0, terms), meter)
    check_terms(supposed.aggregation, meter.carries_over, terms)
    tally = ReadTally()
    before = _quantities(_always(present, meter), scope, ReadTally()) if present is not None else {}
    after = _quantities(supposed, scope, tally)
    rows = [
        DryRow(key[0], key[1], json.loads(key[2]), before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
    ]
    changed = [row for row in rows if row.before != row.after]
    return DryRun(changed, len(rows) - len(changed), tally)


def _always(version: MeterVersion, meter: Meter) -> Rule:
    return replace(rule_of(version, meter), effective_from=None, effective_until=None)


def _quantities(rule: Rule, scope: DryRunScope, tally: ReadTally) -> dict[_Key, Decimal]:
    owners = ResourceOwnership.objects.filter(account_id__in=scope.account_ids)
    reading = reading_of([[rule]], set(owners.values_list("resource_id", flat=True)))
    facts = _facts(rule, reading, scope, tally)
    return (
        _of_states(rule, reading, scope, facts)
        if rule.is_state
        else _of_days(rule, reading, scope, facts)
    )


def _facts(
    rule: Rule, reading: FigureSources, scope: DryRunScope, tally: ReadTally
) -> dict[int, list[MeterFact]]:
    """What the version reads, by resource."""
    first = _EVER if rule.is_state or rule.carries_over else scope.day_from
    days = Days(first, scope.day_until)
    found: dict[int, list[MeterFact]] = defaultdict(list)
    types = [type_id for type_id, meters in reading.rules.items() if rule.meter_id in meters]
    for stored in stored_events(reading.owned.keys(), types, start=days.start, end=days.end):
        tally.read += 1
        try:
            fact = read_fact(rule, stored.event)
        except EventUnreadable as unreadable:
            tally.unreadable += 1
            if len(tally.samples) < SAMPLES:
                tally.samples.append(f"{stored.event.event_id}: {unreadable.detail}")
            continue
        if fact is None:
            tally.filtered += 1
        else:
            found[stored.resource_id].append(fact)
    return found


def _of_days(
    rule: Rule, reading: FigureSources, scope: DryRunScope, facts: Mapping[int, Sequence[MeterFact]]
) -> dict[_Key, Decimal]:
    days: dict[_Key, dict[date, list[MeterFact]]] = defaultdict(lambda: defaultdict(list))
    openings: dict[_Key, Decimal] = {}
    for resource_id, found in facts.items():
        for fact in found:
            place = reading.place_at(resource_id, fact.at)
            if place is None or place[0] not in scope.account_ids:
                continue
            account_id, day = place
            key = (account_id, resource_id, _pricing(fact.dimensions))
            if day < scope.day_from:
                openings[key] = _carried(rule, openings.get(key, ZERO), fact.value)
            elif day < scope.day_until:
                days[key][day].append(fact)
    return {
        key: _quantity(rule, reading, scope, key[0], days.get(key, {}), openings.get(key, ZERO))
        for key in days.keys() | openings.keys()
    }


def _quantity(
    rule: Rule,
    reading: FigureSources,
    scope: DryRunScope,
    account_id: int,
    days: Mapping[date, Sequence[MeterFact]],
    opening: Decimal,
) -> Decimal:
    zones, window = reading.zones[account_id], _window(reading, account_id, scope)
    figures = [figure_of(rule, facts, zone=zone_at(zones, facts[0].at)) for facts in days.values()]
    is_held = rule.aggregation is Aggregation.TIME_WEIGHTED_SUM
    if window is None or not (figures or is_held):
        return plain(opening)
    return plain(quantity_of(rule, figures, window=window, until=window.end, opening=opening))


def _carried(rule: Rule, opening: Decimal, value: Decimal) -> Decimal:
    """The balance after one more event of before; they come in order of time."""
    if rule.aggregation is Aggregation.LATEST:
        return value
    with exactly():
        return opening + value


def _of_states(
    rule: Rule, reading: FigureSources, scope: DryRunScope, facts: Mapping[int, Sequence[MeterFact]]
) -> dict[_Key, Decimal]:
    seconds: dict[_Key, Decimal] = defaultdict(Decimal)
    members: dict[_Key, set[str]] = defaultdict(set)
    with exactly():
        for resource_id, found in facts.items():
            for span in spans_of(found):
                for account_id, held in _held(reading, scope, reading.owned[resource_id], span):
                    key = (account_id, resource_id, _pricing(span.dimensions))
                    length = microseconds(held.end) - microseconds(held.start)
                    seconds[key] += span.quantity * Decimal(length).scaleb(-6)
                    members[key].add(span.state_key)
    if rule.operation_property:
        return {key: Decimal(len(found)) for key, found in members.items()}
    return {key: plain(total) for key, total in seconds.items()}


def _held(
    reading: FigureSources, scope: DryRunScope, owned: Owned, span: StateSpan
) -> Sequence[tuple[int, Period]]:
    """The parts of a state within the scope, under each owner."""
    found = []
    for ownership in owned.ownerships:
        if ownership.account_id not in scope.account_ids:
            continue
        window = _window(reading, ownership.account_id, scope)
        if window is None:
            continue
        start = max(span.started_at, ownership.owned_from, window.start)
        ends = [at for at in (span.ended_at, ownership.owned_until) if at is not None]
        end = min([window.end, *ends])
        if start < end:
            found.append((ownership.account_id, Period(start, end)))
    return found


def _window(reading: FigureSources, account_id: int, scope: DryRunScope) -> Period | None:
    """The instants of the scope for an account; None where its clock skipped all of the days."""
    return period_of(reading.zones[account_id], scope.day_from, scope.day_until)


def _pricing(dimensions: str) -> str:
    return json.dumps(json.loads(dimensions)[0], sort_keys=True)
