"""Which quantity is priced by which price: a snapshot's usage as charges, before they are rated.

Owns the grouping of usage under prices and the keys of charges. What happens where terms change
within the period is in `billing.invoicing.drafting.splits`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from billing.catalogue.queries.price_book import BookPrice, compiled
from billing.invoicing.drafting.snapshots import Snapshot, Subscribed
from billing.rating import Charge, Detail, PricedEvent, takes_amounts
from billing.rating.models.capacity import METER
from core.decimals import decimal_text
from core.errors import DomainError
from usage.queries.quantities import MeteredQuantity
from usage.queries.single_events import SingleEvent


class UsageWithoutPrice(DomainError):
    """Usage was metered that no price of the account's plans covers; it is never billed at 0."""

    code = "usage_without_price"
    title = "Usage has no price"


class SingleEventsNeeded(DomainError):
    """A price looks at every event by itself, and they are not what was measured, or too many."""

    code = "single_events_needed"
    title = "The price needs single events"


@dataclass(frozen=True, slots=True)
class DueCharge:
    """A charge, and what its line says beside the figures; it is due for `subscribed.span`."""

    charge: Charge
    price: BookPrice
    subscribed: Subscribed
    resource_id: int | None
    dimensions: Mapping[str, str]


Dimensions = tuple[tuple[str, str], ...]
ChargeGroup = tuple[int | None, Dimensions]
_ESCAPED = {ord(sign): f"%{ord(sign):02X}" for sign in "%/|@"}
"""Signs that mean something in a line's key, where a dimension's value has them."""

WHOLE_ACCOUNT: ChargeGroup = (None, ())
EVENTS_MAX = 10_000
"""Single events on one line: each is told in the line's explanation and proof."""

Quantities = Mapping[ChargeGroup, Decimal]
Events = Mapping[ChargeGroup, Sequence[SingleEvent]]


@dataclass(frozen=True, slots=True)
class Used:
    """What is billed by one price, split as the price groups it.

    `events` are the single events behind the quantities, in order of time; none of a meter that no
    price looks at event by event.
    """

    quantities: Quantities
    events: Events = field(default_factory=dict)


NOTHING = Used({})
Groups = Mapping[tuple[int, int], Used]
"""What was used by position in `Snapshot.subscribed` and price."""


def grouped(snapshot: Snapshot) -> Groups:
    """Add up the quantities of each price's groups; the first price that covers one takes it.

    Raises: UsageWithoutPrice.
    """
    groups: dict[tuple[int, int], dict[ChargeGroup, Decimal]] = {}
    meters: dict[tuple[int, int], dict[ChargeGroup, dict[str, Decimal]]] = {}
    for counted, quantity_of_seats in snapshot.seats.items():
        groups[counted] = {WHOLE_ACCOUNT: quantity_of_seats}
    unpriced: list[MeteredQuantity | SingleEvent] = []
    active = snapshot.active
    for quantity in snapshot.quantities:
        candidates = active[quantity.window] if snapshot.segments else active[0]
        position, price = _price_of(candidates, quantity)
        if price is None:
            unpriced.append(quantity)
            continue
        group = _group_of(price, quantity) if price.group_by else WHOLE_ACCOUNT
        found = groups.setdefault((position, price.id), {})
        found[group] = found[group] + quantity.quantity if group in found else quantity.quantity
        if price.price.meters:
            measured = meters.setdefault((position, price.id), {}).setdefault(group, {})
            code = quantity.meter_code
            measured[code] = measured.get(code, Decimal(0)) + quantity.quantity
    events = {
        place: {group: _by_meter(snapshot, measured) for group, measured in found.items()}
        for place, found in meters.items()
    }
    for event in snapshot.events:
        position, price = _price_of(active[event.window], event)
        if price is None:
            unpriced.append(event)
            continue
        group = _group_of(price, event)
        # What adds up to nothing may still cost a fee for each event.
        groups.setdefault((position, price.id), {}).setdefault(group, Decimal(0))
        events.setdefault((position, price.id), {}).setdefault(group, []).append(event)
    if unpriced:
        raise _without_price(snapshot, unpriced)
    return {place: Used(found, events.get(place, {})) for place, found in groups.items()}


def _by_meter(snapshot: Snapshot, measured: Mapping[str, Decimal]) -> list[SingleEvent]:
    """What a price of several meters looks at: one event of each, of what it measured in all."""
    at = snapshot.scope.period.start
    return [
        SingleEvent(0, at, "", "", 0, code, 0, {}, quantity, None)
        for code, quantity in sorted(measured.items())
    ]


def _group_of(price: BookPrice, quantity: MeteredQuantity | SingleEvent) -> ChargeGroup:
    dimensions = quantity.dimensions
    return (
        quantity.resource_id if "resource" in price.group_by else None,
        tuple((name, dimensions[name]) for name in price.group_by if name in dimensions),
    )


def plain_items(snapshot: Snapshot, groups: Groups, position: int) -> Iterator[DueCharge]:
    """What is charged of a subscription whose terms do not change, in the order of the invoice."""
    subscribed = snapshot.subscribed[position]
    for price in subscribed.version.prices:
        if price.is_of_cycle:
            continue
        used = groups.get((position, price.id), NOTHING)
        found = due(price, used.quantities)
        for group in in_order(snapshot, found):
            events = used.events.get(group, ())
            yield item_of(snapshot, subscribed, price, group, found[group], events)


def in_order(snapshot: Snapshot, found: Quantities) -> Iterable[ChargeGroup]:
    """The groups of one price in the order of the invoice."""
    return found if len(found) < 2 else sorted(found, key=lambda each: place(snapshot, each))


def due(price: BookPrice, found: Quantities) -> Quantities:
    """The groups to charge: a fee, a minimum or a first tier's fee is due without any usage."""
    return {WHOLE_ACCOUNT: Decimal(0)} if not price.group_by and not found else found


def item_of(
    snapshot: Snapshot,
    subscribed: Subscribed,
    price: BookPrice,
    group: ChargeGroup,
    quantity: Decimal,
    events: Sequence[SingleEvent] = (),
) -> DueCharge:
    """One group's quantity, or its single events, as a charge of its price.

    Raises: SingleEventsNeeded.
    """
    resource_id, dimensions = group
    resource = snapshot.labels[resource_id].public_id if resource_id is not None else None
    subscription = str(subscribed.subscription_id)
    key = f"{subscription}|{price.code}|{resource or ''}"
    given: dict[str, str] = {}
    if dimensions:
        named = [f"{name}={value.translate(_ESCAPED)}" for name, value in dimensions]
        key, given = "|".join([key, *named]), dict(dimensions)
    scope = snapshot.scope
    ready = compiled(price, snapshot.customer.currency, scope.period, scope.zone)
    detail = None
    # A price in the fast way needs no detail unless it is a fee, prorated by its active time.
    if (ready.fast is None or price.meter_id is None) and subscribed.span != scope.period:
        detail = Detail(active=subscribed.span)
    elif price.agreed is not None:
        # What was agreed is told in a step of its own, which only full explanations have.
        detail = Detail()
    if price.price.is_told_by_events:
        told = _told(snapshot, price, quantity, events)
        quantity, detail = Decimal(0), replace(detail or Detail(), events=told)
    charge = Charge(
        key, ready, quantity, resource, dimensions=given, detail=detail, subscription=subscription
    )
    return DueCharge(charge, price, subscribed, resource_id, given)


def _told_by_meter(price: BookPrice, events: Sequence[SingleEvent]) -> tuple[PricedEvent, ...]:
    """What each meter of a price of several measured, also where that is nothing."""
    measured = dict.fromkeys(price.price.meters, Decimal(0))
    for event in events:
        measured[event.meter_code] = measured.get(event.meter_code, Decimal(0)) + event.value
    return tuple(PricedEvent(total, None, None, {METER: code}) for code, total in measured.items())


def _told(
    snapshot: Snapshot,
    price: BookPrice,
    quantity: Decimal,
    events: Sequence[SingleEvent],
) -> tuple[PricedEvent, ...]:
    """The events as the price looks at them. Raises: SingleEventsNeeded."""
    if price.price.meters:
        return _told_by_meter(price, events)
    if sum((Fraction(event.value) for event in events), Fraction(0)) != quantity:
        raise SingleEventsNeeded(
            f"{price.name} is priced event by event, and what single events there are do not come "
            f"to the {decimal_text(quantity)} that were measured. Sell by a meter that counts or "
            "adds up events, or by a price of the whole quantity.",
            account=snapshot.customer.public_id,
            price=price.code,
        )
    if len(events) > EVENTS_MAX:
        raise SingleEventsNeeded(
            f"{price.name} is priced event by event, and one line would have {len(events)} of "
            f"them; {EVENTS_MAX} are the most. Group the price by resource or a dimension.",
            account=snapshot.customer.public_id,
            price=price.code,
        )
    has_amounts, names = takes_amounts(price.price.model), price.price.event_dimensions
    return tuple(
        PricedEvent(
            event.value,
            event.amount if has_amounts else None,
            event.event_id,
            {name: event.dimensions[name] for name in names if name in event.dimensions} or None,
        )
        for event in events
    )


def place(snapshot: Snapshot, group: ChargeGroup) -> tuple[str, str, Dimensions]:
    """Where a group stands among those of its price."""
    resource_id, dimensions = group
    if resource_id is None:
        return "", "", dimensions
    label = snapshot.labels[resource_id]
    return label.group, label.public_id, dimensions


def _price_of(
    candidates: Sequence[tuple[int, Subscribed]], quantity: MeteredQuantity | SingleEvent
) -> tuple[int, BookPrice] | tuple[int, None]:
    for position, subscribed in candidates:
        price = subscribed.version.price_of(quantity.meter_id, quantity.dimensions)
        if price is not None:
            return position, price
    return -1, None


def _without_price(
    snapshot: Snapshot, unpriced: Sequence[MeteredQuantity | SingleEvent]
) -> UsageWithoutPrice:
    named = sorted(
        {
            " ".join([each.meter_code, *(f"{k}={v}" for k, v in sorted(each.dimensions.items()))])
            for each in unpriced
        }
    )
    return UsageWithoutPrice(
        f"No price covers {', '.join(named[:5])}"
        + (f" and {len(named) - 5} more" if len(named) > 5 else "")
        + ". Add a price to a new plan version, or correct the usage, and retry.",
        account=snapshot.customer.public_id,
        usage=named,
    )
