"""Events that are like earlier ones are placed from memory, without judging each from the start.

Owns no rule: `Placing` decides, and what is remembered here is what it decided of the parts that
do not change from event to event: which meters count data like this and in which dimensions, whose
the resource is on this day, what the source may send. Anything out of the ordinary is left to it;
tests/usage/test_fast_placing.py holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from usage.aggregate.facts import (
    ONE,
    QUANTITY,
    VALUELESS,
    EventUnreadable,
    RawEvent,
    dimensions_of,
    is_counted,
)
from usage.aggregate.rules import Aggregation, Rule
from usage.envelope import ReceivedEvent
from usage.operations.ingest.placing import DEFAULT_SCALE, Addition, Placed, Placing, addition_of
from usage.reference_cache import NEW_SOURCE, OwnerOnDay, Reach

_REMEMBERED_MAX = 10_000
_REMEMBERED_LENGTH_MAX = 1_000
_NOTHING = Decimal(0)


@dataclass(slots=True)
class RememberedReadings:
    """The versions that read one type of event, and what they make of data seen before.

    `most` is the largest quantity all of them hold possible; None is no bound.
    """

    rules: Sequence[Rule]
    most: Decimal | None
    readings: dict[str | None, Sequence[Addition]] = field(default_factory=dict)

    def read(self, draft: ReceivedEvent) -> Sequence[Addition] | None:
        """What an event with this data adds; None where a version cannot read it."""
        event = RawEvent(draft.key, draft.id, draft.occurred_at, draft.quantity, draft.data)
        try:
            found = tuple(
                [
                    addition_of(rule, dimensions_of(rule, draft.data), _value(rule))
                    for rule in self.rules
                    if is_counted(rule, event)
                ]
            )
        except EventUnreadable:
            return None
        if len(self.readings) >= _REMEMBERED_MAX:
            self.readings.clear()
        if draft.data_text is None or len(draft.data_text) <= _REMEMBERED_LENGTH_MAX:
            self.readings[draft.data_text] = found
        return found


class Shortcut:
    """Places the ordinary ones among the events of one call."""

    def __init__(self, placing: Placing, drafts: Iterable[ReceivedEvent]) -> None:
        instants = [draft.occurred_at for draft in drafts]
        self._placing = placing
        self._first = min(instants, default=placing.at)
        self._last = max(instants, default=placing.at)
        self._channels: dict[tuple[str, str], RememberedReadings | None] = {}
        self._reaches: dict[str, Reach | None] = {}

    def place(self, draft: ReceivedEvent) -> Placed | None:
        """What `Placing.place` would say, or None where it has to be asked."""
        sent = draft.source, draft.type
        try:
            channel = self._channels[sent]
        except KeyError:
            channel = self._channels[sent] = self._channel(draft)
        quantity = draft.quantity
        if (
            channel is None
            or quantity is None
            or quantity < _NOTHING
            or (channel.most is not None and quantity > channel.most)
            or draft.decimals > DEFAULT_SCALE
        ):
            return None
        at = draft.occurred_at
        standing = self._placing.directory.standing_at(draft.subject, at)
        if standing is None:
            return None
        reach = self._reaches[draft.source]
        if reach is not None and not self._covers_subject(reach, draft.subject, standing):
            return None
        additions = channel.readings.get(draft.data_text)
        if additions is None:
            additions = channel.read(draft)
            if additions is None:
                return None
        _, _, resource_id, account_id, day = standing
        gate = self._placing.gate
        if gate is not None:
            for each in additions:
                if gate(
                    account_id=account_id,
                    meter_id=each.meter_id,
                    dimensions=each.dimensions,
                    occurred_at=at,
                ):
                    return None
        return Placed(draft, resource_id, account_id, day, additions)

    def _channel(self, draft: ReceivedEvent) -> RememberedReadings | None:
        """The channel of a source and type, if all its events of this call can be ordinary."""
        placing, known = self._placing, self._placing.directory
        source = known.sources.get(draft.source, NEW_SOURCE)
        self._reaches[draft.source] = placing.reach_of(source)
        if (
            placing.backfill is not None
            or placing.waived
            or self._last > placing.at + source.max_early
            or self._first < placing.at - source.max_late
            or placing.not_reportable(draft) is not None
        ):
            return None
        rules: list[Rule] = []
        for versions in known.rules_of(draft.type):
            reading = [rule for rule in versions if self._overlaps(rule)]
            if len(reading) > 1 or not all(map(self._covers, reading)):
                return None
            rules += reading
        if not rules or not all(map(_is_plain, rules)):
            return None
        key = draft.type, tuple([(rule.meter_id, rule.version) for rule in rules])
        channel = known.channels.get(key)
        if channel is None:
            limits = [rule.max_value for rule in rules if rule.max_value is not None]
            channel = known.channels[key] = RememberedReadings(rules, min(limits, default=None))
        return channel

    def _covers_subject(self, reach: Reach, subject: str, standing: OwnerOnDay) -> bool:
        owned = self._placing.directory.resources[subject]
        return owned is not None and reach.covers(owned, standing.account_id)

    def _overlaps(self, rule: Rule) -> bool:
        return (rule.effective_from is None or rule.effective_from <= self._last) and (
            rule.effective_until is None or rule.effective_until > self._first
        )

    def _covers(self, rule: Rule) -> bool:
        return rule.reads(self._first) and rule.reads(self._last)


def _is_plain(rule: Rule) -> bool:
    """Whether events with the same data differ under this version in their quantity alone."""
    return (
        rule.is_folded
        and not rule.is_state
        and rule.aggregation is not Aggregation.TIME_WEIGHTED_SUM
        and (_value(rule) is not None or (rule.value is None and rule.value_property == QUANTITY))
        and (_value(rule) is None or rule.max_value is None or rule.max_value >= ONE)
        and (rule.filter is None or QUANTITY not in rule.filter.names())
    )


def _value(rule: Rule) -> Decimal | None:
    return ONE if rule.aggregation in VALUELESS else None
