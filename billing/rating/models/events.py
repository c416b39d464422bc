"""Prices that look at events singly: percentage of a transaction, dynamic amounts, cost plus.

Owns the fee of one event, and what is free. The quantity of a percentage price is the amount of
money that moved, in currency units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from billing.rating.exact import number_text, percentage
from billing.rating.models.base import (
    ZERO,
    CannotRate,
    Caution,
    CumulativeUsage,
    Priced,
    PricedEvent,
    PricedPart,
    require_no_negative,
)
from billing.rating.reading import Fields


@dataclass(frozen=True, slots=True)
class Percentage:
    """A percentage of every transaction, plus a fee per transaction, within bounds.

    Free are the first `free_events` transactions, as long as their running total stays within
    `free_amount`; whichever runs out first ends both. A transaction that is only partly free pays
    the fee, and the percentage on the rest.
    """

    rate: Decimal
    fee_per_event: Decimal
    free_events: int | None
    free_amount: Decimal | None
    least: Decimal | None
    most: Decimal | None

    name: ClassVar[str] = "percentage"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = True

    @property
    def needs_events(self) -> bool:
        """Whether what is due depends on how the money was spread over transactions."""
        bounds = (self.free_events, self.least, self.most)
        return bool(self.fee_per_event) or any(bound is not None for bound in bounds)

    def between(self, span: CumulativeUsage) -> Priced:
        """Return one part per transaction, in their order; the free ones cost nothing."""
        if not span.events:
            require_no_negative(span, self.name)
        parts, total = [], span.before
        for number, event in enumerate(events_of(span), start=span.events_before + 1):
            if event.quantity < 0:
                raise CannotRate(
                    "A transaction cannot be negative; credit it apart.", field="events"
                )
            amount = Fraction(event.quantity)
            parts.append(self._part(number, total, amount))
            total += amount
        return Priced(tuple(parts), span.after - span.before)

    def _part(self, number: int, total: Fraction, amount: Fraction) -> PricedPart:
        free, is_free = self._free(number, total, amount)
        if is_free:
            return PricedPart(number, total, ZERO, Fraction(self.rate), ZERO)
        charged, fee = amount - free, Fraction(self.fee_per_event)
        whole = charged * Fraction(self.rate) + fee
        if self.least is not None and whole < self.least:
            fee += Fraction(self.least) - whole
        if self.most is not None and whole > self.most:
            fee += Fraction(self.most) - whole
        return PricedPart(number, total, charged, Fraction(self.rate), fee)

    def _free(self, number: int, total: Fraction, amount: Fraction) -> tuple[Fraction, bool]:
        """Return how much of a transaction is free, and whether it is free altogether."""
        if self.free_events is None and self.free_amount is None:
            return ZERO, False
        if self.free_events is not None and number > self.free_events:
            return ZERO, False
        if self.free_amount is None:
            return amount, True
        left = Fraction(self.free_amount) - total
        return min(max(left, ZERO), amount), amount <= left

    def review(self) -> Iterator[Caution]:
        """Name bounds that always decide."""
        if self.least is not None and self.most is not None and self.least == self.most:
            yield Caution("/max_per_event", "bounds_equal", "Every transaction costs the same.")


@dataclass(frozen=True, slots=True)
class Dynamic:
    """The amount comes with each event; the price only adds it up."""

    name: ClassVar[str] = "dynamic"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = True

    def between(self, span: CumulativeUsage) -> Priced:
        """Return one part per event with its own amount."""
        return _at_cost(span, Fraction(1))

    def review(self) -> Iterator[Caution]:
        """There is nothing in the price to review."""
        return iter(())


@dataclass(frozen=True, slots=True)
class CostPlus:
    """What the event cost us, times one plus a markup."""

    markup: Decimal

    name: ClassVar[str] = "cost_plus"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = True

    def between(self, span: CumulativeUsage) -> Priced:
        """Return one part per event: its cost with the markup."""
        return _at_cost(span, 1 + Fraction(self.markup))

    def review(self) -> Iterator[Caution]:
        """Name a markup that sells below cost."""
        if self.markup < 0:
            yield Caution("/markup_percent", "below_cost", "This sells below cost.")


def needs_single_events(model: object) -> bool:
    """Say whether a price can only be worked out from single events, not from what they add up to.

    A bare percentage can be had from the sum; a fee, bounds or free events for each cannot.
    """
    if isinstance(model, Percentage):
        return model.needs_events
    return isinstance(model, Dynamic | CostPlus)


def takes_amounts(model: object) -> bool:
    """Say whether a price is made of what each event says it costs, not of quantities."""
    return isinstance(model, Dynamic | CostPlus)


def events_of(span: CumulativeUsage) -> tuple[PricedEvent, ...]:
    """Return the events of a span; a bare quantity counts as one event."""
    if span.events or span.after == span.before:
        return span.events
    return (PricedEvent(Decimal(number_text(span.after - span.before)), None),)


def read_percentage(fields: Fields) -> Percentage:
    """Read {"percent", "fee_per_event", "free_events", "free_amount", "min_per_event", …}."""
    rate = percentage(fields.decimal("percent", at_least="0"))
    has_free_events = "free_events" in fields
    free_events = fields.integer("free_events", default=0, at_least=0, at_most=10**9)
    least = fields.optional_decimal("min_per_event", at_least="0")
    most = fields.optional_decimal("max_per_event", at_least="0")
    if least is not None and most is not None and most < least:
        fields.problem("max_per_event", "max_per_event_range", "max is below min.")
    return Percentage(
        rate=rate,
        fee_per_event=fields.decimal("fee_per_event", default="0", at_least="0"),
        free_events=free_events if has_free_events else None,
        free_amount=fields.optional_decimal("free_amount", at_least="0"),
        least=least,
        most=most,
    )


def read_dynamic(fields: Fields) -> Dynamic:
    """Read {}: everything is in the events."""
    del fields
    return Dynamic()


def read_cost_plus(fields: Fields) -> CostPlus:
    """Read {"markup_percent"}; -100 to give it away, 20 for a fifth on top."""
    return CostPlus(percentage(fields.decimal("markup_percent", at_least="-100")))


def _at_cost(span: CumulativeUsage, factor: Fraction) -> Priced:
    parts = []
    if span.after != span.before and not span.events:
        raise CannotRate("The amounts come with the events, and there are none.", field="events")
    for number, event in enumerate(span.events, start=span.events_before + 1):
        if event.amount is None:
            raise CannotRate(f"Event {event.id or number} has no amount.", field="events")
        cost = Fraction(event.amount) * factor
        parts.append(PricedPart(number, ZERO, Fraction(event.quantity), ZERO, cost))
    return Priced(tuple(parts), span.after - span.before)
