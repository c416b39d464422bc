"""What a contested line may have in common with others: its cause, as values.

A cause is what the fact of a line says of more than itself. Every reason has one: a price that
should be another, a time in which a meter should not have counted, a count that was too high by
some factor, events that a source told twice, an app that ended or is somebody else's and is on
other invoices too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from billing.catalogue.models.plans import Price
from billing.disputes.facts import StatedFact, events_named, kept_fact, scope_of_line
from billing.disputes.models import DisputeLine
from billing.disputes.stated_prices import single_price
from billing.invoicing.models import InvoiceLine
from billing.rating import measured_of
from core.decimals import decimal_text
from core.periods import Period

_STATED_PRICES: Final = {"per_unit": "unit_price", "flat": "amount"}
_DAY: Final = timedelta(days=1)
_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_STORED: Final = Decimal("1E-12")


@dataclass(frozen=True, slots=True)
class DoubledEvents:
    """Events of one type and source, on a day in UTC, that say the same of one resource twice."""

    type_id: int
    source_id: int
    period: Period


@dataclass(frozen=True, slots=True)
class SharedCause:
    """What other lines may have in common with a contested one.

    `down` is the time in which nothing counts; `ratio` the part of the amount that was too much;
    `counted` how much of what was measured is right; `doubled` which events are looked for. What is
    None says nothing. `of_resource` looks at the resource of the line on any other invoice; else
    other accounts are looked at. `match` narrows to a dimension such as a region.
    """

    line: DisputeLine
    words: str
    ratio: Decimal | None = None
    down: tuple[datetime, datetime] | None = None
    counted: Decimal | None = None
    doubled: DoubledEvents | None = None
    of_resource: bool = False
    match: tuple[tuple[str, str], ...] = ()

    def facts_of(self, line: InvoiceLine) -> Mapping[str, str]:
        """The fact that the cause says of another line."""
        if self.counted is None:
            own: Mapping[str, str] = self.line.facts
            return own
        right = (measured_of(line.explanation) * self.counted).quantize(_STORED)
        return {"quantity": decimal_text(right)}


def shared_cause(line: DisputeLine, *, narrow: bool = True) -> SharedCause | None:
    """The cause of a line that others can have too; None where its fact is of it alone.

    `narrow` keeps to the dimensions of the line's price, such as its region; a price that is
    stated is one row of a price list, and narrow already.
    """
    charged = line.invoice_line
    if charged is None or charged.price is None:
        return None
    fact = kept_fact(line.reason_code, line.facts)
    if line.reason_code == "price_differs":
        return _price(line, charged, charged.price, fact)
    if charged.price.meter is None:
        return None
    return _OF_USAGE[line.reason_code](line, charged, charged.price, fact, narrow)


def _price(
    line: DisputeLine, charged: InvoiceLine, price: Price, fact: StatedFact
) -> SharedCause | None:
    """The same row of a price list. An agreed price is of one customer alone."""
    if charged.price_override_id is not None:
        return None
    stated = fact.values["unit_price"]
    name = _STATED_PRICES.get(price.definition["model"])
    own = Decimal(price.definition[name]) if name else None
    number = single_price(stated)
    if own is not None and number is not None:
        if not own or number >= own:
            return None
        words = f"{price.name} at {own} instead of {number}, in the same version of a plan."
        return SharedCause(line, words, ratio=(own - number) / own)
    share = _share(line)
    if share is None:
        return None
    words = f"{price.name} at other tiers than {stated}, in the same version of a plan."
    return SharedCause(line, words, ratio=share)


def _share(line: DisputeLine) -> Decimal | None:
    """The part of the charge that its claim came to; None where that is nothing."""
    draft = line.drafts.order_by("-number").first()
    if draft is None or draft.credit_minor <= 0 or draft.billed_minor <= 0:
        return None
    return min(Decimal(draft.credit_minor) / Decimal(draft.billed_minor), Decimal(1))


def _down(
    line: DisputeLine, charged: InvoiceLine, price: Price, fact: StatedFact, narrow: bool
) -> SharedCause | None:
    down = fact.instant("down_from"), fact.instant("down_until")
    match, named = _narrowed(charged, price, narrow)
    words = (
        f"{_meter(price)} ({named}) from {down[0]:%Y-%m-%d %H:%M} to {down[1]:%Y-%m-%d %H:%M} UTC."
    )
    return SharedCause(line, words, down=down, match=match)


def _counted(
    line: DisputeLine, charged: InvoiceLine, price: Price, fact: StatedFact, narrow: bool
) -> SharedCause | None:
    """The meter counted too much, by the same factor, in the same time."""
    measured = measured_of(charged.explanation)
    stated = fact.number("quantity")
    if not 0 <= stated < measured:
        return None
    match, named = _narrowed(charged, price, narrow)
    counted, period = stated / measured, scope_of_line(charged).period
    words = (
        f"{_meter(price)} ({named}) counted {decimal_text(measured)} where "
        f"{decimal_text(stated)} were, in periods that share a day with "
        f"{period.start:%Y-%m-%d} to {period.end:%Y-%m-%d}; others by the same factor."
    )
    return SharedCause(
        line,
        words,
        ratio=1 - counted,
        counted=counted,
        down=(period.start, period.end),
        match=match,
    )


def _doubled(
    line: DisputeLine, charged: InvoiceLine, price: Price, fact: StatedFact, narrow: bool
) -> SharedCause | None:
    scope = scope_of_line(charged)
    found = events_named(scope.account_id, scope.period, fact.values["event"])
    if len(found) != 1:
        return None
    (event,) = found
    day = event.occurred_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    doubled = DoubledEvents(event.type_id, event.source_id, Period(day, day + _DAY))
    words = (
        f"{event.type} events of {event.source} that say the same twice, of one resource and "
        f"instant, on {day:%Y-%m-%d} UTC."
    )
    return SharedCause(line, words, doubled=doubled)


def _ended(
    line: DisputeLine, charged: InvoiceLine, price: Price, fact: StatedFact, narrow: bool
) -> SharedCause | None:
    if charged.resource is None:
        return None
    at = fact.instant("ended_at")
    words = f"{charged.resource} on other invoices for a time from {at:%Y-%m-%d %H:%M} UTC on."
    return SharedCause(line, words, down=(at, _EVER), of_resource=True)


def _not_ours(
    line: DisputeLine, charged: InvoiceLine, price: Price, fact: StatedFact, narrow: bool
) -> SharedCause | None:
    if charged.resource is None:
        return None
    words = f"{charged.resource}, and what is below it, on other invoices of the account."
    return SharedCause(line, words, ratio=Decimal(1), of_resource=True)


def _meter(price: Price) -> str:
    assert price.meter is not None  # asked before
    name: str = price.meter.name
    return name


def _narrowed(
    charged: InvoiceLine, price: Price, narrow: bool
) -> tuple[tuple[tuple[str, str], ...], str]:
    match = tuple(sorted({**price.match, **charged.dimensions}.items()))
    named = ", ".join(value for _, value in match) if narrow and match else "all of it"
    return (match if narrow else ()), named


_Cause = Callable[[DisputeLine, InvoiceLine, Price, StatedFact, bool], SharedCause | None]
_OF_USAGE: Final[Mapping[str, _Cause]] = MappingProxyType(
    {
        "counted_twice": _doubled,
        "ended_earlier": _ended,
        "not_ours": _not_ours,
        "quantity_differs": _counted,
        "was_down": _down,
    }
)
