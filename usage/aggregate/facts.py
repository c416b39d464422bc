"""One event under one meter version: filtered out, unreadable, or a fact.

Owns which properties a version needs and what is wrong when one is absent. Does not own what is
done with an unreadable event: ingest holds it, the dry run counts it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.decimals import DecimalRefused, decimal_text, read_decimal
from usage.aggregate.order import UNREPORTED, Arrival
from usage.aggregate.rules import Aggregation, Rule
from usage.expressions import ExpressionFailed

LABEL_LENGTH_MAX = 200
QUANTITY = "quantity"
ONE = Decimal(1)

VALUELESS = frozenset({Aggregation.COUNT, Aggregation.UNIQUE})
"""They take no number from the event; each counts as one."""


class EventUnreadable(Exception):
    """The version cannot read the event. `reason` is a reason of quarantine."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class QuantityMissing(EventUnreadable):
    """The event has no quantity at all, which its sender could have known."""

    def __init__(self, meter_code: str) -> None:
        super().__init__("missing_property", f"meter {meter_code} needs a quantity")


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as stored: `quantity` apart from the rest of its `data`. `key` is hexadecimal."""

    key: str
    event_id: str
    occurred_at: datetime
    quantity: Decimal | None
    data: Mapping[str, Any]
    report: Arrival = UNREPORTED

    def properties(self) -> Mapping[str, Any]:
        """Everything an expression may name."""
        if self.quantity is None:
            return self.data
        return {**self.data, QUANTITY: self.quantity}


@dataclass(frozen=True, slots=True)
class MeterFact:
    """What a version read from an event. `dimensions` and `state_key` are canonical JSON."""

    at: datetime
    event_id: str
    key: str
    value: Decimal
    dimensions: str
    state_key: str = ""
    member: str = ""
    group: str = ""
    report: Arrival = UNREPORTED


def is_counted(rule: Rule, event: RawEvent) -> bool:
    """Whether the version's filter lets the event through. Raises: EventUnreadable."""
    if rule.filter is None:
        return True
    try:
        return rule.filter.holds(event.properties())
    except ExpressionFailed as failed:
        raise EventUnreadable(
            "unreadable_property", f"filter of {rule.meter_code}: {failed}"
        ) from failed


def value_of(rule: Rule, event: RawEvent) -> Decimal:
    """The number the version takes from the event, in the meter's unit. Raises: EventUnreadable."""
    if rule.aggregation in VALUELESS:
        return ONE
    if rule.value is not None:
        try:
            value = rule.value.quantity(event.properties())
        except ExpressionFailed as failed:
            detail = f"value of {rule.meter_code}: {failed}"
            raise EventUnreadable("unreadable_property", detail) from failed
    elif rule.value_property == QUANTITY:
        if event.quantity is None:
            raise QuantityMissing(rule.meter_code)
        value = event.quantity
    else:
        value = number_of(rule.value_property, event.data)
    if value < 0 and not rule.signed:
        raise EventUnreadable("unreadable_property", f"meter {rule.meter_code} counts from 0 up")
    return value


def check_plausible(rule: Rule, value: Decimal) -> None:
    """Raises: EventUnreadable, for a value beyond what the meter holds possible.

    Asked when an event comes in, not when it is read again: a person may have released it.
    """
    if rule.max_value is not None and abs(value) > rule.max_value:
        detail = f"{decimal_text(value)} is beyond {decimal_text(rule.max_value)}"
        raise EventUnreadable(
            "absurd_quantity", f"{detail}, the most {rule.meter_code} holds possible"
        )


def dimensions_of(rule: Rule, data: Mapping[str, Any]) -> str:
    """The canonical text of the event's dimension values. Raises: EventUnreadable."""
    if not rule.dimensions and not rule.presentation:
        return NO_DIMENSIONS
    pricing = tuple([label(name, data) for name in rule.dimensions])
    shown = tuple([label(name, data) if name in data else "" for name in rule.presentation])
    return _dimension_text(rule.dimensions, pricing, rule.presentation, shown)


def read_fact(rule: Rule, event: RawEvent) -> MeterFact | None:
    """What the version reads from the event, None where its filter leaves the event out.

    Raises: EventUnreadable.
    """
    if not is_counted(rule, event):
        return None
    state_key, value = "", value_of(rule, event)
    member = label(rule.member_property, event.data) if rule.member_property else ""
    if rule.operation_property:
        state_key, value = json.dumps([member]), _membership(rule, event.data)
    elif rule.is_state:
        state_key = json.dumps([label(name, event.data) for name in rule.state_key])
    return MeterFact(
        at=event.occurred_at,
        event_id=event.event_id,
        key=event.key,
        value=value,
        dimensions=dimensions_of(rule, event.data),
        state_key=state_key,
        member=member,
        group=label(rule.group_property, event.data) if rule.group_property else "",
        report=event.report,
    )


def label(name: str, data: Mapping[str, Any]) -> str:
    """A property as a short text, for dimensions, members and groups. Raises: EventUnreadable."""
    value = data.get(name)
    if type(value) is str and len(value) <= LABEL_LENGTH_MAX:
        return value
    if value is None:
        raise EventUnreadable("missing_property", f"{name} is missing")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return decimal_text(Decimal(value))
    raise EventUnreadable(
        "unreadable_property", f"{name} must be a text of at most {LABEL_LENGTH_MAX} characters"
    )


def number_of(name: str, data: Mapping[str, Any]) -> Decimal:
    """A property as an exact number. Raises: EventUnreadable."""
    value = data.get(name)
    if value is None:
        raise EventUnreadable("missing_property", f"{name} is missing")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = decimal_text(Decimal(value))
    try:
        return read_decimal(value, max_digits=38, scale=18, field=name)
    except DecimalRefused as refused:
        raise EventUnreadable("unreadable_property", refused.message) from refused


def _membership(rule: Rule, data: Mapping[str, Any]) -> Decimal:
    operation = label(rule.operation_property, data)
    if operation not in ("add", "remove"):
        raise EventUnreadable(
            "unreadable_property", f"{rule.operation_property} must be add or remove"
        )
    return ONE if operation == "add" else Decimal(0)


@lru_cache(maxsize=65_536)
def _dimension_text(
    names: tuple[str, ...],
    values: tuple[str, ...],
    presented: tuple[str, ...],
    shown: tuple[str, ...],
) -> str:
    pricing = dict(zip(names, values, strict=True))
    presentation = {
        name: value for name, value in zip(presented, shown, strict=True) if value != ""
    }
    return json.dumps([pricing, presentation], sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=65_536)
def pricing_of(dimensions: str) -> Mapping[str, str]:
    """The values prices may look at, from the canonical text; shared, so not to be changed."""
    pricing: dict[str, str] = json.loads(dimensions)[0]
    return pricing


NO_DIMENSIONS = "[{},{}]"
