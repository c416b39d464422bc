"""What a draft is: placed (whose it is and what it adds to), held in quarantine, or rejected.

Owns the order in which an event is judged. Writes nothing; looks up only the directory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from msgspec import Struct

from core.decimals import decimal_text
from usage.aggregate.facts import (
    EventUnreadable,
    QuantityMissing,
    RawEvent,
    check_plausible,
    dimensions_of,
    is_counted,
    read_fact,
    value_of,
)
from usage.aggregate.figures import microseconds
from usage.aggregate.rules import Aggregation, Rule, rule_at
from usage.envelope import ReceivedEvent
from usage.envelope.fields import QUANTITY_SCALE
from usage.models import Backfill, QuarantineReason
from usage.reference_cache import NEW_SOURCE, Directory, KnownSource, Reach

DEFAULT_SCALE = 10


@dataclass(frozen=True, slots=True)
class GateFinding:
    """What a gate says of an event: hold it for this reason, or accept it with this note."""

    code: str
    detail: str
    holds: bool


class Gate(Protocol):
    """Asked by the caller's layer whether usage can be billed: subscriptions and prices are theirs.

    `dimensions` is their canonical text, see usage.aggregate.facts. `code` of a finding that holds
    is a reason of quarantine; of one that does not, such as "late", it is repeated in the verdict.
    """

    def learn(self, account_ids: Collection[int]) -> None:
        """Look up what will be asked about, all at once."""

    def __call__(
        self, *, account_id: int, meter_id: int, dimensions: str, occurred_at: datetime
    ) -> GateFinding | None: ...


@dataclass(frozen=True, slots=True)
class Reporter:
    """The partner events come from, and what it may report."""

    partner_id: int
    name: str
    sources: frozenset[str]
    event_types: frozenset[str]


class Stale(NamedTuple):
    """A day of a meter that must be built again from raw events."""

    account_id: int
    resource_id: int
    meter_id: int
    day: date


class Addition(Struct, frozen=True, gc=False):
    """What one event adds to the day's row of a meter; how, is the aggregation's.

    Where `quantity` is None it is the event's own, so that events with the same data share one.
    """

    meter_id: int
    dimensions: str
    aggregation: Aggregation
    is_carried: bool
    quantity: Decimal | None
    moment: Decimal | None = None


class Placed(Struct, gc=False):
    """An event that counts: its resource, owner and local day, and what it adds or makes stale.

    A Struct that the garbage collector may pass over, like all that is made for every event.
    """

    draft: ReceivedEvent
    resource_id: int
    account_id: int
    day: date
    additions: Sequence[Addition]
    stale: Sequence[Stale] = ()
    note: GateFinding | None = None


@dataclass(slots=True)
class HeldEvent:
    """An event for the quarantine."""

    draft: ReceivedEvent
    reason: QuarantineReason
    detail: str


@dataclass(slots=True)
class Rejected:
    """An event that is not taken in."""

    draft: ReceivedEvent
    code: str
    detail: str
    pointer: str
    status: int = 422


@dataclass(frozen=True, slots=True)
class Placing:
    """How events are judged in one call: by whom they were sent, when, and by which gate.

    `waived` are reasons of quarantine that a person has decided not to apply. Events of a
    `backfill` lie in its range and may be as old as that.
    """

    directory: Directory
    at: datetime
    reporter: Reporter | None = None
    gate: Gate | None = None
    backfill: Backfill | None = None
    waived: frozenset[QuarantineReason] = frozenset()

    def place(self, draft: ReceivedEvent) -> Placed | HeldEvent | Rejected:
        """Judge one event. Its source and subject must have been looked up.

        A source that is not known yet is judged as a new one; it is made once something of it is
        stored.
        """
        refused = self.not_reportable(draft)
        if refused is not None:
            return refused
        source = self.directory.sources.get(draft.source, NEW_SOURCE)
        if self.backfill is not None and not _belongs(draft, self.backfill, source):
            detail = f"Outside the source, range or resource of backfill {self.backfill.public_id}."
            return Rejected(draft, "outside_backfill", detail, "/time")
        if draft.occurred_at > self.at + source.max_early:
            detail = f"time lies more than {source.max_early} ahead."
            return Rejected(draft, "time_future", detail, "/time")
        meters = self.directory.rules_of(draft.type)
        read_by = [rule_at(versions, draft.occurred_at) for versions in meters]
        rules = [rule for rule in read_by if rule is not None]
        if not rules:
            return _without_meter(draft, meters)
        misshapen = _misshapen(draft, rules)
        if misshapen is not None:
            return misshapen
        owned = self.directory.resources.get(draft.subject)
        account_id = None if owned is None else owned.owner_at(draft.occurred_at)
        reach = self.reach_of(source)
        if owned is None or (reach is not None and not reach.covers(owned, account_id)):
            return HeldEvent(draft, QuarantineReason.UNKNOWN_SUBJECT, _unknown(draft, reach))
        if account_id is None:
            detail = f"Nobody owned {draft.subject} at {draft.occurred_at.isoformat()}."
            return HeldEvent(draft, QuarantineReason.UNOWNED, detail)
        day = self.directory.day_of(account_id, draft.occurred_at)
        try:
            placed = self._read(Placed(draft, owned.id, account_id, day, ()), rules)
        except EventUnreadable as unreadable:
            reason = QuarantineReason(unreadable.reason)
            return HeldEvent(draft, reason, _sentence(unreadable.detail))
        return self._timely(placed, source)

    def reach_of(self, source: KnownSource) -> Reach | None:
        """What a source may report of: what its partner may, also when staff try again."""
        reporter = None if self.reporter is None else self.reporter.partner_id
        return self.directory.reach_of(source.partner_id or reporter)

    def look_up(self, sources: Collection[str], subjects: Collection[str]) -> None:
        """Look up, before the first is placed, what all events of a call will be asked for."""
        known = self.directory
        known.learn_sources(sources)
        known.learn_subjects(subjects)
        if self.gate is not None:
            self.gate.learn(known.owners_of(subjects, self.reach_of(NEW_SOURCE)))

    def not_reportable(self, draft: ReceivedEvent) -> Rejected | None:
        """The rejection of an event whose source or type is not the reporter's to send."""
        reporter = self.reporter
        if reporter is None:
            return None
        source = self.directory.sources.get(draft.source)
        is_theirs = source is None or source.partner_id == reporter.partner_id
        if draft.source not in reporter.sources or not is_theirs:
            detail = f"{reporter.name} may not report as {draft.source}."
            return Rejected(draft, "source_not_allowed", detail, "/source", 403)
        if draft.type not in reporter.event_types:
            detail = f"{reporter.name} may not report {draft.type}."
            return Rejected(draft, "type_not_allowed", detail, "/type", 403)
        return None

    def _read(self, placed: Placed, rules: Sequence[Rule]) -> Placed:
        """Fill in what the event adds to or makes stale. Raises: EventUnreadable."""
        draft = placed.draft
        event = RawEvent(draft.key, draft.id, draft.occurred_at, draft.quantity, draft.data)
        additions: list[Addition] = []
        stale: list[Stale] = []
        for rule in rules:
            if not is_counted(rule, event):
                continue
            dimensions = dimensions_of(rule, draft.data)
            if rule.is_folded and not rule.is_state:
                value = value_of(rule, event)
                self._check_plausible(rule, value)
                moment = None
                if rule.aggregation is Aggregation.TIME_WEIGHTED_SUM:
                    moment = value * microseconds(draft.occurred_at)
                additions.append(addition_of(rule, dimensions, value, moment))
            else:
                fact = read_fact(rule, event)
                if fact is not None:
                    self._check_plausible(rule, fact.value)
                place = placed.account_id, placed.resource_id, rule.meter_id, placed.day
                stale.append(Stale(*place))
            if self.gate is not None:
                self._ask_gate(self.gate, placed, rule, dimensions)
        placed.additions, placed.stale = additions, stale
        return placed

    def _check_plausible(self, rule: Rule, value: Decimal) -> None:
        if QuarantineReason.ABSURD_QUANTITY not in self.waived:
            check_plausible(rule, value)

    def _ask_gate(self, gate: Gate, placed: Placed, rule: Rule, dimensions: str) -> None:
        finding = gate(
            account_id=placed.account_id,
            meter_id=rule.meter_id,
            dimensions=dimensions,
            occurred_at=placed.draft.occurred_at,
        )
        if finding is None:
            return
        if finding.holds and QuarantineReason(finding.code) not in self.waived:
            raise EventUnreadable(finding.code, finding.detail)
        placed.note = finding

    def _timely(self, placed: Placed, source: KnownSource) -> Placed | HeldEvent:
        draft = placed.draft
        is_late = self.backfill is None and draft.occurred_at < self.at - source.max_late
        if is_late and QuarantineReason.TOO_LATE not in self.waived:
            detail = f"Older than the {source.max_late.days} days {draft.source} may report."
            return HeldEvent(draft, QuarantineReason.TOO_LATE, detail)
        return placed


def _belongs(draft: ReceivedEvent, backfill: Backfill, source: KnownSource) -> bool:
    return (
        source.id == backfill.source_id
        and backfill.occurred_from <= draft.occurred_at < backfill.occurred_until
        and (backfill.resource is None or backfill.resource.platform_id == draft.subject)
    )


def _unknown(draft: ReceivedEvent, reach: Reach | None) -> str:
    """The same sentence whether there is no such resource or only none the sender may know of."""
    which = "resource" if reach is None else f"resource that {draft.source} may report of"
    return f"No {which} has the platform id {draft.subject}."


def _without_meter(draft: ReceivedEvent, meters: Sequence[Sequence[Rule]]) -> HeldEvent:
    if not meters:
        return HeldEvent(draft, QuarantineReason.UNKNOWN_TYPE, f"No meter reads {draft.type}.")
    ended = all(
        rule.effective_until is not None and rule.effective_until <= draft.occurred_at
        for versions in meters
        for rule in versions
    )
    reason = QuarantineReason.RETIRED_METER if ended else QuarantineReason.BEFORE_METER
    detail = f"At {draft.occurred_at.isoformat()} no meter read {draft.type}."
    return HeldEvent(draft, reason, detail)


def _misshapen(draft: ReceivedEvent, rules: Sequence[Rule]) -> Rejected | None:
    """What the sender could have known without knowing our data."""
    if draft.quantity is None:
        for rule in rules:
            try:
                value_of(rule, RawEvent("", "", draft.occurred_at, None, draft.data))
            except QuantityMissing as missing:
                detail = _sentence(missing.detail)
                return Rejected(draft, "required:quantity", detail, "/data/quantity")
            except EventUnreadable:
                continue
        return None
    if draft.quantity < 0 and not any(rule.signed for rule in rules):
        detail = "quantity is below 0; past usage is corrected by amending or voiding its event."
        return Rejected(draft, "quantity_range", detail, "/data/quantity")
    if draft.decimals > DEFAULT_SCALE:
        scale = max(rule.scale for rule in rules)
        if draft.decimals > min(scale, QUANTITY_SCALE):
            detail = f"quantity {decimal_text(draft.quantity)} has more than {scale} decimals."
            return Rejected(draft, "quantity_scale", detail, "/data/quantity")
    return None


def addition_of(
    rule: Rule, dimensions: str, quantity: Decimal | None, moment: Decimal | None = None
) -> Addition:
    """What an event adds under a version; a quantity of None is the event's own."""
    return Addition(
        rule.meter_id, dimensions, rule.aggregation, rule.carries_over, quantity, moment
    )


def _sentence(detail: str) -> str:
    return f"{detail[0].upper()}{detail[1:]}."
