"""Rate account periods into drafts: which quantity is priced by which price, and what is printed.

Bill run, preview, month to date, recompute and shadow check all pass through here, so what a
screen shows is what will be billed. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.calendar import AccountPeriod
from billing.content import digest
from billing.drafts import Draft, DraftLine
from billing.pricebook import BookPrice, compiled
from billing.rating import Charge, Detail, RatedLine, rate
from billing.snapshots import Label, Snapshot, Subscribed, snapshots
from core.errors import DomainError
from usage.queries.quantities import MeteredQuantity

RULES = "1"
"""Raised whenever the same rows would be rated otherwise; part of every inputs digest."""


class UsageWithoutPrice(DomainError):
    """Usage was metered that no price of the account's plans covers; it is never billed at 0."""

    code = "usage_without_price"
    title = "Usage has no price"


@dataclass(frozen=True, slots=True)
class Item:
    """A charge, and what its line says beside the figures."""

    charge: Charge
    price: BookPrice
    subscribed: Subscribed
    resource_id: int | None
    dimensions: Mapping[str, str]


def rated_drafts(scopes: Sequence[AccountPeriod]) -> list[Draft | DomainError]:
    """Rate account periods, in order: a draft, which may have no line, or why there is none.

    Writes nothing. Scopes may repeat an account with different periods.
    """
    return [_rated(snapshot) for snapshot in snapshots(scopes)]


def _rated(snapshot: Snapshot | DomainError) -> Draft | DomainError:
    if isinstance(snapshot, DomainError):
        return snapshot
    try:
        lines = rated_lines(snapshot)
    except DomainError as problem:
        return problem
    customer, scope = snapshot.customer, snapshot.scope
    return Draft(
        account_id=scope.account_id,
        payer_id=customer.payer_id,
        period=scope.period,
        zone=scope.zone,
        currency=customer.currency,
        billed_to=customer.billed_to,
        terms_days=customer.terms_days,
        inputs_digest=inputs_digest(snapshot),
        lines=lines,
    )


def rated_lines(snapshot: Snapshot) -> list[DraftLine]:
    """Rate a snapshot. Raises: UsageWithoutPrice, or what the rating package refuses."""
    return lines_of(snapshot, list(items(snapshot)))


def lines_of(snapshot: Snapshot, charged: Sequence[Item]) -> list[DraftLine]:
    """Rate items of one snapshot into what is printed; lines of nothing for nothing are left out.

    Raises: what the rating package refuses.
    """
    by_key = {item.charge.key: item for item in charged}
    lines = []
    for line in rate([item.charge for item in charged]):
        item = by_key.get(line.charge_key, charged[0])
        if line.amount_minor or line.billed_numerator:
            lines.append(_line(snapshot, item, line))
    return lines


def items(snapshot: Snapshot) -> Iterator[Item]:
    """What is charged, in the order of the invoice. Raises: UsageWithoutPrice."""
    groups = _grouped(snapshot)
    for subscribed in snapshot.subscribed:
        for price in subscribed.version.prices:
            found = groups.get((subscribed.subscription_id, price.id), {})
            if not price.group_by and not found:
                # A fee, a minimum or a first tier's flat fee is due without any usage.
                found = {(None, ()): Decimal(0)}
            for group in sorted(found, key=lambda each: _place(snapshot, each)):
                yield item_of(snapshot, subscribed, price, group, found[group])


Dimensions = tuple[tuple[str, str], ...]
Group = tuple[int | None, Dimensions]
Groups = dict[tuple[int, int], dict[Group, Decimal]]


def _grouped(snapshot: Snapshot) -> Groups:
    """Add up the quantities of each price's groups; the first price that covers one takes it."""
    groups: Groups = defaultdict(lambda: defaultdict(Decimal))
    unpriced = []
    for quantity in snapshot.quantities:
        subscribed, price = _price_of(snapshot, quantity)
        if price is None or subscribed is None:
            unpriced.append(quantity)
            continue
        resource_id = quantity.resource_id if "resource" in price.group_by else None
        dimensions = tuple(
            (name, quantity.dimensions[name])
            for name in price.group_by
            if name in quantity.dimensions
        )
        groups[subscribed.subscription_id, price.id][resource_id, dimensions] += quantity.quantity
    if unpriced:
        raise _without_price(snapshot, unpriced)
    return groups


def _price_of(
    snapshot: Snapshot, quantity: MeteredQuantity
) -> tuple[Subscribed, BookPrice] | tuple[None, None]:
    for subscribed in snapshot.subscribed:
        price = subscribed.version.price_of(quantity.meter_id, quantity.dimensions)
        if price is not None:
            return subscribed, price
    return None, None


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


def _place(snapshot: Snapshot, group: Group) -> tuple[str, str, Dimensions]:
    resource_id, dimensions = group
    if resource_id is None:
        return "", "", dimensions
    label = snapshot.labels[resource_id]
    return label.group, label.public_id, dimensions


def item_of(
    snapshot: Snapshot, subscribed: Subscribed, price: BookPrice, group: Group, quantity: Decimal
) -> Item:
    """One group's quantity as a charge of its price."""
    resource_id, dimensions = group
    resource = snapshot.labels[resource_id].public_id if resource_id is not None else None
    named = [f"{name}={value}" for name, value in dimensions]
    key = "|".join([str(subscribed.subscription_id), price.code, resource or "", *named])
    given = dict(dimensions)
    scope = snapshot.scope
    ready = compiled(price, snapshot.customer.currency, scope.period, scope.zone)
    # A price in the fast way needs no detail unless it is a fee, prorated by its active time.
    is_partial = subscribed.span != scope.period and (ready.fast is None or price.meter_id is None)
    charge = Charge(
        key=key,
        price=ready,
        quantity=quantity,
        resource=resource,
        dimensions=given,
        detail=Detail(active=subscribed.span) if is_partial else None,
    )
    return Item(charge, price, subscribed, resource_id, given)


def _line(snapshot: Snapshot, item: Item, line: RatedLine) -> DraftLine:
    own = line.charge_key == item.charge.key
    label = snapshot.labels.get(item.resource_id) if own and item.resource_id else None
    is_fee = item.price.meter_id is None
    return DraftLine(
        key=line.key,
        kind=str(line.kind),
        subscription_id=item.subscribed.subscription_id,
        price_id=item.price.id,
        resource_id=item.resource_id if own else None,
        group_label=label.group if label else "",
        description=_description(item, line, label),
        quantity=line.quantity,
        unit=item.price.price.unit,
        unit_price=line.unit_price,
        amount_minor=line.amount_minor,
        dimensions=item.dimensions,
        explanation=line.explanation,
        period=item.subscribed.span if is_fee else snapshot.scope.period,
    )


def _description(item: Item, line: RatedLine, label: Label | None) -> str:
    parts = [item.price.name, *item.dimensions.values()]
    if label is not None and label.name != label.group:
        parts.append(label.name)
    if str(line.kind) not in ("usage", "fee"):
        parts.append(str(line.kind).replace("_", " "))
    return " · ".join(parts)


def inputs_digest(snapshot: Snapshot) -> str:
    """SHA-256 of everything the lines depend on: the same digest, the same lines."""
    scope, customer = snapshot.scope, snapshot.customer
    return digest(
        [
            RULES,
            [scope.period.start, scope.period.end, scope.zone],
            [customer.public_id, customer.currency, customer.payer_id, customer.terms_days],
            customer.billed_to,
            [
                [each.subscription_id, each.version.public_id, each.span.start, each.span.end]
                for each in snapshot.subscribed
            ],
            [
                [each.meter_code, each.resource_id, each.dimensions, each.quantity]
                for each in snapshot.quantities
            ],
            sorted(
                [label.public_id, label.name, label.group]
                for label in map(snapshot.labels.get, {q.resource_id for q in snapshot.quantities})
                if label is not None
            ),
        ]
    )
