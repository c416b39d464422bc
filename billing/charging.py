"""Which quantity is priced by which price: a snapshot's usage as charges, before they are rated.

Owns the grouping of usage under prices and the keys of charges. What happens where terms change
within the period is in `billing.splits`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.pricebook import BookPrice, compiled
from billing.rating import Charge, Detail
from billing.snapshots import Snapshot, Subscribed
from core.errors import DomainError
from usage.queries.quantities import MeteredQuantity


class UsageWithoutPrice(DomainError):
    """Usage was metered that no price of the account's plans covers; it is never billed at 0."""

    code = "usage_without_price"
    title = "Usage has no price"


class SingleEventsNeeded(DomainError):
    """A price looks at every event by itself; a bill only knows their sum and never guesses."""

    code = "single_events_needed"
    title = "The price needs single events"


@dataclass(frozen=True, slots=True)
class Item:
    """A charge, and what its line says beside the figures; it is due for `subscribed.span`."""

    charge: Charge
    price: BookPrice
    subscribed: Subscribed
    resource_id: int | None
    dimensions: Mapping[str, str]


Dimensions = tuple[tuple[str, str], ...]
Group = tuple[int | None, Dimensions]
_ESCAPED = {ord(sign): f"%{ord(sign):02X}" for sign in "%/|@"}
"""Signs that mean something in a line's key, where a dimension's value has them."""

WHOLE_ACCOUNT: Group = (None, ())
Quantities = Mapping[Group, Decimal]
NOTHING: Quantities = {}
Groups = Mapping[tuple[int, int], Quantities]
"""Quantities by position in `Snapshot.subscribed` and price, each split as the price groups."""


def grouped(snapshot: Snapshot) -> Groups:
    """Add up the quantities of each price's groups; the first price that covers one takes it.

    Raises: UsageWithoutPrice.
    """
    groups: dict[tuple[int, int], dict[Group, Decimal]] = {}
    unpriced = []
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
    if unpriced:
        raise _without_price(snapshot, unpriced)
    return groups


def _group_of(price: BookPrice, quantity: MeteredQuantity) -> Group:
    dimensions = quantity.dimensions
    return (
        quantity.resource_id if "resource" in price.group_by else None,
        tuple((name, dimensions[name]) for name in price.group_by if name in dimensions),
    )


def plain_items(snapshot: Snapshot, groups: Groups, position: int) -> Iterator[Item]:
    """What is charged of a subscription whose terms do not change, in the order of the invoice."""
    subscribed = snapshot.subscribed[position]
    for price in subscribed.version.prices:
        found = due(price, groups.get((position, price.id), NOTHING))
        for group in in_order(snapshot, found):
            yield item_of(snapshot, subscribed, price, group, found[group])


def in_order(snapshot: Snapshot, found: Quantities) -> Iterable[Group]:
    """The groups of one price in the order of the invoice."""
    return found if len(found) < 2 else sorted(found, key=lambda each: place(snapshot, each))


def due(price: BookPrice, found: Quantities) -> Quantities:
    """The groups to charge: a fee, a minimum or a first tier's fee is due without any usage."""
    return {WHOLE_ACCOUNT: Decimal(0)} if not price.group_by and not found else found


def item_of(
    snapshot: Snapshot, subscribed: Subscribed, price: BookPrice, group: Group, quantity: Decimal
) -> Item:
    """One group's quantity as a charge of its price. Raises: SingleEventsNeeded."""
    if quantity and price.price.needs_single_events:
        raise SingleEventsNeeded(
            f"{price.name} is priced event by event, which a bill cannot do: "
            "it would take them all for one. Sell it by a price of their sum, or bill it apart.",
            account=snapshot.customer.public_id,
            price=price.code,
        )
    resource_id, dimensions = group
    resource = snapshot.labels[resource_id].public_id if resource_id is not None else None
    key = f"{subscribed.subscription_id}|{price.code}|{resource or ''}"
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
    charge = Charge(key, ready, quantity, resource, dimensions=given, detail=detail)
    return Item(charge, price, subscribed, resource_id, given)


def place(snapshot: Snapshot, group: Group) -> tuple[str, str, Dimensions]:
    """Where a group stands among those of its price."""
    resource_id, dimensions = group
    if resource_id is None:
        return "", "", dimensions
    label = snapshot.labels[resource_id]
    return label.group, label.public_id, dimensions


def _price_of(
    candidates: Sequence[tuple[int, Subscribed]], quantity: MeteredQuantity
) -> tuple[int, BookPrice] | tuple[int, None]:
    for position, subscribed in candidates:
        price = subscribed.version.price_of(quantity.meter_id, quantity.dimensions)
        if price is not None:
            return position, price
    return -1, None


def _without_price(snapshot: Snapshot, unpriced: Sequence[MeteredQuantity]) -> UsageWithoutPrice:
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
