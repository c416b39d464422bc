"""Rate account periods into drafts: which quantity is priced by which price, and what is printed.

Bill run, preview, month to date, recompute and shadow check all pass through here, so what a
screen shows is what will be billed. Nothing is written.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from billing.catalogue.queries.price_book import Agreed
from billing.invoicing.documents.content import instants
from billing.invoicing.drafting.assumptions import NOTHING_ASSUMED, Assumption
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.charging import (
    DueCharge,
    UsageWithoutPrice,
    grouped,
    item_of,
    plain_items,
)
from billing.invoicing.drafting.cycle_charges import cycle_items
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.price_spans import families
from billing.invoicing.drafting.snapshots import (
    NO_ACCOUNT_TERMS,
    Label,
    Snapshot,
    snapshots,
)
from billing.invoicing.drafting.splits import split_items
from billing.rating import (
    AccountTerms,
    LimitScope,
    LineKind,
    RatedLine,
    Terms,
    expand,
    rate,
    settle,
)
from core.canonical_json import digest_of_plain
from core.decimals import decimal_text
from core.errors import DomainError
from usage.queries.single_events import SingleEvent

__all__ = [
    "DueCharge",
    "UsageWithoutPrice",
    "inputs_digest",
    "item_of",
    "items",
    "lines_of",
    "rated_drafts",
    "rated_lines",
]

RULES = "3"
"""Raised whenever the same rows would be rated otherwise; part of every inputs digest."""


def rated_drafts(
    scopes: Sequence[AccountPeriod],
    assuming: Assumption = NOTHING_ASSUMED,
    *,
    settled: bool = True,
) -> list[InvoiceDraft | DomainError]:
    """Rate account periods, in order: a draft, which may have no line, or why there is none.

    Writes nothing. Scopes may repeat an account with different periods. `settled` is that of
    `snapshots`.
    """
    return [_rated(snapshot) for snapshot in snapshots(scopes, assuming, settled=settled)]


def _rated(snapshot: Snapshot | DomainError) -> InvoiceDraft | DomainError:
    if isinstance(snapshot, DomainError):
        return snapshot
    try:
        lines = rated_lines(snapshot)
    except DomainError as problem:
        return problem
    customer, scope = snapshot.customer, snapshot.scope
    return InvoiceDraft(
        account_id=scope.account_id,
        payer_id=customer.payer_id,
        period=scope.period,
        zone=scope.zone,
        currency=customer.currency,
        billed_to=customer.billed_to,
        terms_days=customer.terms_days,
        inputs_digest=inputs_digest(snapshot),
        lines=lines,
        has_usage=bool(snapshot.quantities or snapshot.events),
        taxed_as=customer.taxed_as,
        purchase_order=customer.purchase_order,
        note=customer.note,
    )


def rated_lines(snapshot: Snapshot) -> list[DraftLine]:
    """Rate a snapshot, and settle what its account pays beside its charges.

    Raises: UsageWithoutPrice, or what the rating package refuses.
    """
    return lines_of(snapshot, list(items(snapshot)), snapshot.account_terms)


def lines_of(
    snapshot: Snapshot,
    charged: Sequence[DueCharge],
    account: AccountTerms = NO_ACCOUNT_TERMS,
) -> list[DraftLine]:
    """Rate items of one snapshot into what is printed; lines of nothing for nothing are left out.

    Raises: what the rating package refuses.
    """
    by_key = {item.charge.key: item for item in charged}
    terms = Terms.of(
        snapshot.customer.currency, period=snapshot.scope.period, zone=snapshot.scope.zone
    )
    rated = settle(rate([item.charge for item in charged]), terms, account).lines
    # A line of nothing stays where another rests on it: a minimum of its charge, or a limit shared
    # with other charges that counts what this one billed before its terms changed.
    told = {line.charge_key for line in rated if line.amount_minor or line.billed_numerator}
    told |= {item.charge.key for item in charged if _counts_elsewhere(item)}
    return [
        _line(snapshot, by_key[line.charge_key], line)
        if line.charge_key
        else _line_of_account(snapshot, line)
        for line in rated
        if line.charge_key in told
    ]


def _counts_elsewhere(item: DueCharge) -> bool:
    detail, price = item.charge.detail, item.price.price
    if detail is None or detail.already is None:
        return False
    limits = (price.maximum, price.minimum)
    return any(limit is not None and limit.scope is not LimitScope.CHARGE for limit in limits)


def items(snapshot: Snapshot) -> Iterator[DueCharge]:
    """What is charged, in the order of the invoice. Raises: UsageWithoutPrice."""
    yield from cycle_items(snapshot)
    groups = grouped(snapshot)
    for positions in families(snapshot):
        if len(positions) == 1:
            yield from plain_items(snapshot, groups, positions[0])
        else:
            yield from split_items(snapshot, groups, positions)


def _line(snapshot: Snapshot, item: DueCharge, line: RatedLine) -> DraftLine:
    own = line.charge_key == item.charge.key
    label = snapshot.labels.get(item.resource_id) if own and item.resource_id else None
    agreed = item.price.agreed
    return DraftLine(
        key=line.key,
        kind=str(line.kind),
        subscription_id=item.subscribed.subscription_id,
        price_id=item.price.id,
        price_override_id=agreed.id if agreed else None,
        resource_id=item.resource_id if own else None,
        group_label=label.group if label else "",
        description=_description(item, line, label),
        quantity=line.quantity,
        unit=item.price.price.unit,
        unit_price=line.unit_price,
        amount_minor=line.amount_minor,
        dimensions=item.dimensions,
        explanation=_with_agreement(line.explanation, agreed) if agreed else line.explanation,
        period=item.subscribed.span,
        tax_class=item.price.tax_class,
    )


def _line_of_account(snapshot: Snapshot, line: RatedLine) -> DraftLine:
    """A line that no charge has, such as a grant or a tax, under the name it was given."""
    named = next((step["name"] for step in expand(line.explanation).steps if "name" in step), "")
    return DraftLine(
        key=line.key,
        kind=str(line.kind),
        subscription_id=None,
        price_id=None,
        resource_id=None,
        group_label="",
        description=named or str(line.kind).replace("_", " ").capitalize(),
        quantity=line.quantity,
        unit="",
        unit_price=None,
        amount_minor=line.amount_minor,
        dimensions={},
        explanation=line.explanation,
        period=snapshot.scope.period,
    )


def _with_agreement(explanation: tuple[Any, ...], agreed: Agreed) -> tuple[Any, ...]:
    """The explanation of a priced line, which is in full where a price is agreed, with a step that
    says what was agreed, by whom and why."""
    form, inputs, steps = explanation
    if not any(step["step"] == "price" for step in steps):
        return explanation
    step = {
        "step": "agreement",
        "agreement": agreed.public_id,
        "from": agreed.valid_from.isoformat(),
        "by": agreed.agreed_by,
        "reason": agreed.reason,
    }
    return form, inputs, [step, *steps]


_UNNAMED = (LineKind.USAGE, LineKind.FEE)


def _description(item: DueCharge, line: RatedLine, label: Label | None) -> str:
    is_plain = not item.dimensions and item.price.agreed is None and line.kind in _UNNAMED
    if is_plain and (label is None or label.name == label.group):
        return item.price.name
    parts = [item.price.name, *item.dimensions.values()]
    if item.price.agreed is not None:
        parts.insert(1, "agreed price")
    if label is not None and label.name != label.group:
        parts.append(label.name)
    if line.kind not in _UNNAMED and not item.price.price.limits_all:
        parts.append(str(line.kind).replace("_", " "))
    return " · ".join(parts)


def inputs_digest(snapshot: Snapshot) -> str:
    """SHA-256 of everything the lines depend on: the same digest, the same lines."""
    scope, customer = snapshot.scope, snapshot.customer
    named = {each.resource_id for each in snapshot.quantities}
    named |= {each.resource_id for each in snapshot.events}
    return digest_of_plain(
        [
            RULES,
            [*instants(scope.period), scope.zone],
            [customer.public_id, customer.currency, customer.payer_id, customer.terms_days],
            customer.billed_to,
            *(
                [[customer.purchase_order, customer.note]]
                if customer.purchase_order or customer.note
                else []
            ),
            [
                [
                    each.subscription_id,
                    each.version.public_id,
                    *instants(each.span),
                    *(price.agreed.public_id for price in each.version.prices if price.agreed),
                ]
                for each in snapshot.subscribed
            ],
            [
                [
                    each.meter_code,
                    each.resource_id,
                    each.dimensions,
                    decimal_text(each.quantity),
                    *([each.window] if snapshot.segments else []),
                ]
                for each in snapshot.quantities
            ],
            sorted(
                [label.public_id, label.name, label.group]
                for resource_id, label in snapshot.labels.items()
                if resource_id in named
            ),
            *([[_plain(each) for each in snapshot.events]] if snapshot.events else []),
            *([[each.told for each in snapshot.cycle_fees]] if snapshot.cycle_fees else []),
            *([_seats_told(snapshot)] if snapshot.seats else []),
            *([repr(terms)] if not (terms := snapshot.account_terms).is_nothing else []),
        ]
    )


def _seats_told(snapshot: Snapshot) -> list[Any]:
    counts = sorted(snapshot.seats.items())
    return [[position, price, decimal_text(count)] for (position, price), count in counts]


def _plain(event: SingleEvent) -> list[Any]:
    return [
        event.window,
        event.at.isoformat(),
        event.source,
        event.event_id,
        event.meter_code,
        event.resource_id,
        event.dimensions,
        decimal_text(event.value),
        None if event.amount is None else decimal_text(event.amount),
    ]
