"""The single events behind what a meter counted or summed, for prices that look at each of them.

The same events the roll-ups add up: as corrected, voided ones left out, each once and under the
account that owned the resource at its instant. Only for meters that count or sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from accounts.models import ResourceOwnership
from accounts.queries.profiles import zones_of
from usage.aggregate.exact import plain
from usage.aggregate.facts import EventUnreadable, number_of, pricing_of
from usage.aggregate.order import UNREPORTED, Arrival, in_order
from usage.days import period_of
from usage.derivation.day_figures import read_into, rules_by_type
from usage.event_reader import ResourceSpan, StoredEvent, events_within
from usage.meter_rules import rules_by_meter
from usage.models import Source
from usage.queries.quantities import UsageWindow

AMOUNT = "amount"
"""The property that says what an event costs, where a price takes its amount from it."""


class EventsWanted(NamedTuple):
    """Which events are asked for: those of these meters in a window, up to its `before`."""

    window: UsageWindow
    meter_ids: Collection[int]


class SingleEvent(NamedTuple):
    """One event as a meter reads it: `value` in the meter's unit, 1 for a meter that counts.

    `amount` is its property of that name, None where it has none that is a number. `window` is the
    position of its window in the question.
    """

    window: int
    at: datetime
    source: str
    event_id: str
    meter_id: int
    meter_code: str
    resource_id: int
    dimensions: Mapping[str, str]
    value: Decimal
    amount: Decimal | None
    report: Arrival = UNREPORTED


def single_events(wanted: Sequence[EventsWanted]) -> list[SingleEvent]:
    """The events of all windows, by window and in the order of their reports. One query reads the
    events of any number of accounts; no query where nothing is wanted.
    """
    if not wanted:
        return []
    versions = rules_by_meter()
    meters = sorted({meter_id for each in wanted for meter_id in each.meter_ids})
    rules = rules_by_type([versions[meter_id] for meter_id in meters])
    sources = dict(Source.objects.values_list("id", "name"))
    found: list[SingleEvent] = []
    for position, stored in events_within(_spans(wanted), rules.keys()):
        read = read_into(rules, stored, {})
        for (meter_id, dimensions), (rule, facts) in read.items():
            if meter_id in wanted[position].meter_ids:
                found.append(
                    SingleEvent(
                        window=position,
                        at=stored.event.occurred_at,
                        source=sources[stored.source_id],
                        event_id=stored.event.event_id,
                        meter_id=meter_id,
                        meter_code=rule.meter_code,
                        resource_id=stored.resource_id,
                        dimensions=pricing_of(dimensions),
                        value=plain(facts[0].value),
                        amount=_amount(stored),
                        report=facts[0].report,
                    )
                )
    # Sorting keeps the order of equals: of one event, its meters stand by their ids.
    ordered = in_order(sorted(found, key=lambda each: each.meter_id))
    return sorted(ordered, key=lambda each: each.window)


def _amount(stored: StoredEvent) -> Decimal | None:
    try:
        return plain(number_of(AMOUNT, stored.event.data))
    except EventUnreadable:
        return None


def _spans(wanted: Sequence[EventsWanted]) -> list[ResourceSpan]:
    """When the account of each window owned which resource within it; these never overlap."""
    accounts = {each.window.account_id for each in wanted}
    zones = zones_of(accounts)
    owned: dict[int, list[tuple[int, datetime, datetime | None]]] = defaultdict(list)
    for account_id, resource_id, start, end in (
        ResourceOwnership.objects.filter(account_id__one_of=accounts)
        .order_by("resource_id", "owned_from")
        .values_list("account_id", "resource_id", "owned_from", "owned_until")
    ):
        owned[account_id].append((resource_id, start, end))
    found = []
    for position, (window, _) in enumerate(wanted):
        period = period_of(zones[window.account_id], window.day_from, window.day_until)
        if period is None:
            continue
        last = period.end if window.before is None else min(period.end, window.before)
        for resource_id, owned_from, owned_until in owned[window.account_id]:
            start, end = max(period.start, owned_from), min(last, owned_until or last)
            if start < end:
                found.append(ResourceSpan(position, resource_id, start, end))
    return found
