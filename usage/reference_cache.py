"""What ingest must look up for every event, kept in the process and never out of date.

Owns the caches of meters, sources, resources with their owners, billing zones and dimension sets.
Triggers write every change of those tables to usage_referencechange with its transaction id;
`catch_up` drops what changed since the snapshot the cache was last checked against. A transaction
that calls it after taking its locks therefore never books an event by an outdated owner or zone.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import Account, Partner, Resource
from accounts.queries.profiles import zones_of
from core.actor import Actor, acting_as
from core.db.one_round_trip import SqlStatement, execute_together
from core.errors import Conflict
from usage.aggregate.rules import Rule
from usage.days import ZoneSpan, day_at, period_of_day
from usage.dimension_sets import dimension_set_ids
from usage.meter_rules import all_rules
from usage.models import EventType, Source
from usage.models.sources import DEFAULT_MAX_EARLY, DEFAULT_MAX_LATE
from usage.ownerships import Owned, owned_resources

_TRUSTED_SECONDS = 3_600
ATTEMPTS = 8
_RESOURCES_MAX = 200_000

_CHANGES = """
    SELECT pg_current_snapshot()::text,
           array(SELECT DISTINCT kind || ' ' || ref FROM usage_referencechange
                 WHERE txid >= pg_snapshot_xmin(%s::pg_snapshot)
                   AND NOT pg_visible_in_snapshot(txid, %s::pg_snapshot)
                   AND txid IS DISTINCT FROM pg_current_xact_id_if_assigned())
"""
_FIRST_LOOK = "SELECT pg_current_snapshot()::text, NULL"


class DirectoryUnsettled(Conflict):
    """Owners, zones or meters changed under every attempt to book the events."""

    code = "reference_data_changing"
    title = "Resources or meters are being changed; send the events again"
    retryable = True
    status = 503


class Outdated(Exception):
    """Something looked up before the transaction has changed since; look it up again."""


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source's id, partner and window."""

    id: int
    partner_id: int | None
    max_late: timedelta
    max_early: timedelta


@dataclass(frozen=True, slots=True)
class Reach:
    """Which resources a partner may report of: of some accounts, and of its own service."""

    partner_id: int
    account_ids: frozenset[int]

    def covers(self, owned: Owned, account_id: int | None) -> bool:
        """Whether the partner may know of a resource that this account owns."""
        return owned.provider_id == self.partner_id or account_id in self.account_ids


class OwnerOnDay(NamedTuple):
    """Whose a resource was and on which local day of theirs, all during [start, until)."""

    start: datetime
    until: datetime
    resource_id: int
    account_id: int
    day: date


NEW_SOURCE = KnownSource(0, None, DEFAULT_MAX_LATE, DEFAULT_MAX_EARLY)
"""What is known of a source before its first event is stored."""


@dataclass(slots=True)
class Directory:
    """One thread's view of the reference tables."""

    seen: str = ""
    checked: float = 0.0
    rules: dict[str, tuple[tuple[Rule, ...], ...]] | None = None
    channels: dict[object, Any] = field(default_factory=dict)
    """What usage.operations.ingest.fast_placing made of the rules; forgotten with them."""
    sources: dict[str, KnownSource] = field(default_factory=dict)
    reaches: dict[int, Reach | None] = field(default_factory=dict)
    """What a partner may report of; None is everything."""
    types: dict[str, int] = field(default_factory=dict)
    resources: dict[str, Owned | None] = field(default_factory=dict)
    """None is a name that no resource has; one that gets it is a change like any other."""
    standings: dict[str, OwnerOnDay] = field(default_factory=dict)
    zones: dict[int, tuple[ZoneSpan, ...]] = field(default_factory=dict)
    dimension_sets: dict[str, int] = field(default_factory=dict)

    def catch_up(self) -> bool:
        """Drop what changed since the last call; say whether anything did."""
        return self.take_changes(*execute_together(self.change_query()))

    def change_query(self) -> SqlStatement:
        """What asks the database for changes since the last time; `take_changes` takes its row."""
        if monotonic() - self.checked > _TRUSTED_SECONDS:
            self.seen = ""
        return (_CHANGES, (self.seen, self.seen)) if self.seen else (_FIRST_LOOK, ())

    def take_changes(self, row: tuple[Any, ...] | None) -> bool:
        """Drop what changed by the row of `change_query`; say whether anything did."""
        assert row is not None  # neither query can return none
        self.seen, changes = row
        self.checked = monotonic()
        if changes is None:
            self._forget()
            return True
        for change in changes:
            self._drop(*change.split(" ", 1))
        return bool(changes)

    def require_current(self) -> None:
        """In the transaction that books, with its locks held. Raises: Outdated."""
        if self.catch_up():
            raise Outdated

    def rules_of(self, event_type: str) -> tuple[tuple[Rule, ...], ...]:
        """The versions that read this type of event, grouped by meter."""
        if self.rules is None:
            by_type: dict[str, dict[int, list[Rule]]] = defaultdict(lambda: defaultdict(list))
            for rule in all_rules():
                by_type[rule.event_type][rule.meter_id].append(rule)
            self.rules = {
                name: tuple(tuple(versions) for versions in meters.values())
                for name, meters in by_type.items()
            }
        return self.rules.get(event_type, ())

    def learn_subjects(self, platform_ids: Collection[str]) -> None:
        """Look up the resources not known yet, with owners and zones, in three queries."""
        unknown = {name for name in platform_ids if name not in self.resources}
        if not unknown:
            return
        if len(self.resources) > _RESOURCES_MAX:
            self._forget_resources()
        found = owned_resources(Resource.objects.filter(platform_id__in=sorted(unknown)))
        self.resources |= dict.fromkeys(unknown)
        self.resources |= {owned.platform_id: owned for owned in found.values()}
        self.learn_zones({each.account_id for owned in found.values() for each in owned.ownerships})

    def owners_of(self, platform_ids: Iterable[str], reach: Reach | None = None) -> set[int]:
        """The accounts that ever owned one of these resources, which must have been looked up.

        Nothing is looked up for accounts beyond the reach: how long that takes would tell of them.
        """
        found = map(self.resources.get, platform_ids)
        return {
            each.account_id
            for owned in found
            if owned
            for each in owned.ownerships
            if reach is None or reach.covers(owned, each.account_id)
        }

    def reach_of(self, partner_id: int | None) -> Reach | None:
        """What a partner may report of; None is everything, as for the platform itself."""
        if partner_id is None:
            return None
        if partner_id not in self.reaches:
            self.reaches[partner_id] = _reach(partner_id)
        return self.reaches[partner_id]

    def learn_zones(self, account_ids: Collection[int]) -> None:
        """Look up the billing zones not known yet, in one query."""
        unknown = {id for id in account_ids if id not in self.zones}
        if unknown:
            self.zones |= zones_of(unknown)

    def day_of(self, account_id: int, at: datetime) -> date:
        """The account's local day of an instant; its zones must be known."""
        return day_at(self.zones[account_id], at)

    def standing_at(self, platform_id: str, at: datetime) -> OwnerOnDay | None:
        """Whose a resource was at an instant, remembered for as long as that stays the same.

        None where nobody owned it. The resource must have been looked up.
        """
        standing = self.standings.get(platform_id)
        if standing is not None and standing.start <= at < standing.until:
            return standing
        owned = self.resources.get(platform_id)
        ownership = None if owned is None else owned.ownership_at(at)
        if owned is None or ownership is None:
            return None
        spans = self.zones[ownership.account_id]
        day = day_at(spans, at)
        period = period_of_day(spans, day)
        start, until = max(period.start, ownership.owned_from), period.end
        if ownership.owned_until is not None:
            until = min(until, ownership.owned_until)
        found = OwnerOnDay(start, until, owned.id, ownership.account_id, day)
        self.standings[platform_id] = found
        return found

    def learn_sources(self, names: Iterable[str]) -> None:
        """Look up sources not known yet, in one query."""
        unknown = sorted({name for name in names if name not in self.sources})
        if unknown:
            for source in Source.objects.filter(name__in=unknown):
                self.sources[source.name] = KnownSource(
                    source.pk, source.partner_id, source.max_late, source.max_early
                )

    def register_source(self, name: str, *, partner_id: int | None, by: Actor) -> None:
        """Make a source on its first event; it is that partner's from then on."""
        with acting_as(by, reason="First event of this source"):
            Source.objects.get_or_create(name=name, defaults={"partner_id": partner_id})
        self.learn_sources([name])

    def learn_types(self, names: Collection[str]) -> None:
        """Look up types of event not known yet, and make those that do not exist."""
        for name in sorted({name for name in names if name not in self.types}):
            self.types[name] = EventType.objects.get_or_create(name=name)[0].pk

    def learn_dimension_sets(self, texts: Collection[str]) -> None:
        """Look up dimension sets not known yet, and make those that do not exist."""
        unknown = sorted({text for text in texts if text not in self.dimension_sets})
        if unknown:
            self.dimension_sets |= dimension_set_ids(unknown)

    def _drop(self, kind: str, ref: str) -> None:
        if kind == "resource":
            self.resources.pop(ref, None)
            self.standings.pop(ref, None)
        elif kind == "account":
            self.zones.pop(int(ref), None)
            # A resource's accounts are expected to have their zones known.
            self._forget_resources()
        elif kind == "catalogue":
            self.rules = None
            self.channels.clear()
            self.sources.clear()
            self.reaches.clear()
        else:
            self._forget()

    def _forget_resources(self) -> None:
        self.resources.clear()
        self.standings.clear()

    def _forget(self) -> None:
        self.rules = None
        for cache in (
            self.channels,
            self.sources,
            self.reaches,
            self.types,
            self.resources,
            self.standings,
            self.zones,
            self.dimension_sets,
        ):
            cache.clear()


def _reach(partner_id: int) -> Reach | None:
    if Partner.objects.filter(pk=partner_id, reports_every_resource=True).exists():
        return None
    accounts = Account.objects.filter(reporters=partner_id).values_list("pk", flat=True)
    return Reach(partner_id, frozenset(accounts))


_kept = threading.local()


def directory() -> Directory:
    """This thread's directory; inside somebody's transaction a new one.

    What a transaction sees may be rolled back with it, so it must not be remembered.
    """
    if connection.in_atomic_block:
        known = Directory()
    else:
        if not hasattr(_kept, "directory"):
            _kept.directory = Directory()
        known = _kept.directory
    if not known.seen:
        known.catch_up()
    return known
