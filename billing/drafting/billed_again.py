"""Charges of an issued invoice that are billed again as a whole, and what was settled of them.

Owns this for prices that look at single events; `billing.drafting.late` bills what is new of all
others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from billing.drafting.charging import Item
from billing.models import Invoice, InvoiceLine
from billing.rating import Detail, Scope, TakenBack, rate
from core.money import Money


class Part(NamedTuple):
    """Some of a charge: metered quantity, and the amount it came to in minor units."""

    quantity: Decimal
    amount_minor: int

    def __add__(self, other: object) -> Part:
        assert isinstance(other, Part)
        return Part(self.quantity + other.quantity, self.amount_minor + other.amount_minor)


NOTHING = Part(Decimal(0), 0)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was billed and what was waived of one charge of an issued invoice, so far.

    A waiver is of one side only: usage that was waived and is taken back later was never paid for,
    so there is nothing to credit; and a credit that was let go of is not charged again. So what is
    new is counted from the nearer end of what was waived, and is nothing in between.
    `line` is one that billed some of it.
    """

    billed: Part = NOTHING
    waived: Part = NOTHING
    line: InvoiceLine | None = None

    def before(self, quantity: Decimal) -> Part | None:
        """What a metered quantity is new to; None where nothing is new."""
        return _nearest(quantity, self._ends, lambda part: part.quantity)

    def before_amount(self, amount_minor: int) -> Part | None:
        """What an amount is new to; None where nothing is new."""
        return _nearest(amount_minor, self._ends, lambda part: part.amount_minor)

    @property
    def _ends(self) -> tuple[Part, Part]:
        return self.billed, self.billed + self.waived


def _nearest(
    now: Decimal | int, ends: tuple[Part, Part], read: Callable[[Part], Decimal | int]
) -> Part | None:
    low, high = sorted(ends, key=read)
    if now < read(low):
        return low
    return high if now > read(high) else None


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
    differing = {
        key
        for item in singles
        if before.get(key := item.charge.key, Settled()).before_amount(amounts[key]) is not None
    }
    shared = {
        id(item.charge.price)
        for item in singles
        if item.charge.key in differing and _shares_a_limit(item)
    }
    return [
        _again(invoice, item, amounts[item.charge.key], before.get(item.charge.key))
        for item in singles
        if item.charge.key in differing or id(item.charge.price) in shared
    ]


def _shares_a_limit(item: Item) -> bool:
    limits = (item.price.price.maximum, item.price.price.minimum)
    return any(limit is not None and limit.scope is not Scope.CHARGE for limit in limits)


def _again(invoice: Invoice, item: Item, amount_minor: int, settled: Settled | None) -> Item:
    detail, back = item.charge.detail or Detail(), None
    if settled is not None:
        # One that shares a limit is billed again although its own amount may be what it was.
        part = settled.before_amount(amount_minor) or settled.billed + settled.waived
        amount = Money.from_minor(part.amount_minor, invoice.currency).amount
        back = TakenBack(amount, part.quantity)
    changed = item.charge._replace(
        key=late_key(invoice, item.charge.key), detail=replace(detail, taken_back=back)
    )
    return replace(item, charge=changed)
