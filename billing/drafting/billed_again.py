"""Charges of an issued invoice that are billed again as a whole, and what was settled of them.

Owns this for prices that look at single events; `billing.drafting.late` bills what is new of all
others.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.drafting.charging import Item
from billing.models import Invoice, InvoiceLine
from billing.rating import Detail, Scope, TakenBack, rate
from core.money import Money


@dataclass(frozen=True, slots=True)
class Settled:
    """What was billed or waived of one charge of an issued invoice, so far."""

    quantity: Decimal
    amount_minor: int
    line: InvoiceLine | None


def late_key(invoice: Invoice, charge_key: str) -> str:
    """The key of a late line: it never meets the keys of the period it is billed with."""
    return f"late:{invoice.public_id}:{charge_key}"


def is_single(item: Item) -> bool:
    """Whether it is priced event by event. What is only late then says little: an event may have
    been voided, or come before others that had the free ones.
    """
    return item.price.price.needs_single_events


def billed_again(
    invoice: Invoice, singles: Sequence[Item], before: Mapping[str, Settled]
) -> list[Item]:
    """Charges priced event by event whose amount is another now: the whole is billed again, and
    what was settled taken back. Charges that share a limit are billed again together.
    """
    amounts: dict[str, int] = defaultdict(int)
    for line in rate([item.charge for item in singles]):
        amounts[line.charge_key] += line.amount_minor
    differing = {key for item in singles if amounts[key := item.charge.key] != _minor(before, item)}
    shared = {
        id(item.charge.price)
        for item in singles
        if item.charge.key in differing and _shares_a_limit(item)
    }
    return [
        _again(invoice, item, before.get(item.charge.key))
        for item in singles
        if item.charge.key in differing or id(item.charge.price) in shared
    ]


def _minor(before: Mapping[str, Settled], item: Item) -> int:
    settled = before.get(item.charge.key)
    return settled.amount_minor if settled else 0


def _shares_a_limit(item: Item) -> bool:
    limits = (item.price.price.maximum, item.price.price.minimum)
    return any(limit is not None and limit.scope is not Scope.CHARGE for limit in limits)


def _again(invoice: Invoice, item: Item, settled: Settled | None) -> Item:
    detail, back = item.charge.detail or Detail(), None
    if settled is not None:
        amount = Money.from_minor(settled.amount_minor, invoice.currency).amount
        back = TakenBack(amount, settled.quantity)
    changed = item.charge._replace(
        key=late_key(invoice, item.charge.key), detail=replace(detail, taken_back=back)
    )
    return replace(item, charge=changed)
