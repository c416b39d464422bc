"""What may still be credited of an issued invoice: charge by charge, and tax by group.

A charge is its own line with the lines of its discounts and limits. What was taken off a whole
account is spread over the charges in proportion, so that nobody is credited more than was paid.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

from django.db.models import Sum

from billing.invoicing.models import (
    CreditNoteLine,
    CreditNoteTax,
    Invoice,
    InvoiceTax,
)
from core.money import Money, allocate


@dataclass(frozen=True, slots=True)
class CreditableCharge:
    """One charge of an invoice, before tax, in minor units: billed, credited so far, and left."""

    key: str
    description: str
    tax_group: str
    quantity: Decimal
    unit: str
    billed_minor: int
    credited_minor: int

    @property
    def left_minor(self) -> int:
        """What may still be credited."""
        return max(self.billed_minor - self.credited_minor, 0)


@dataclass(frozen=True, slots=True)
class CreditableTax:
    """One tax group of an invoice, in minor units: as charged, and as credited so far."""

    group: str
    rate: Decimal
    base_minor: int
    tax_minor: int
    credited_base_minor: int
    credited_tax_minor: int

    @property
    def left_minor(self) -> int:
        """The tax that may still be credited."""
        return max(self.tax_minor - self.credited_tax_minor, 0)


@dataclass(frozen=True, slots=True)
class Creditable:
    """What is left to credit of an invoice."""

    currency: str
    charges: Sequence[CreditableCharge]
    taxes: Sequence[CreditableTax]

    @property
    def left_minor(self) -> int:
        """Before tax."""
        return sum(charge.left_minor for charge in self.charges)

    @property
    def left(self) -> Money:
        """Before tax."""
        return Money.from_minor(self.left_minor, self.currency)


def creditable(invoice: Invoice) -> Creditable:
    """What is left to credit; four queries, whatever its size."""
    credited = dict(
        CreditNoteLine.objects.filter(note__invoice=invoice)
        .order_by()
        .values_list("charge_key")
        .annotate(Sum("amount_minor"))
    )
    lines = invoice.lines.order_by("position").defer("explanation", "dimensions")
    return Creditable(
        invoice.currency,
        [
            CreditableCharge(
                key=key,
                description=line.description,
                tax_group=line.tax_group,
                quantity=line.quantity,
                unit=line.unit,
                billed_minor=minor,
                credited_minor=credited.get(key, 0),
            )
            for key, line, minor in net_charges(lines)
            if minor > 0
        ],
        _taxes(invoice),
    )


class ChargeLine(Protocol):
    """A line that was billed, or would be."""

    @property
    def key(self) -> str:
        """A charge's own; what is taken off it adds a suffix."""

    @property
    def amount_minor(self) -> int:
        """Before tax."""


Line = TypeVar("Line", bound=ChargeLine)


def net_charges(lines: Iterable[Line]) -> list[tuple[str, Line, int]]:
    """Each charge with its line and what it comes to, all that was taken off included."""
    first: dict[str, Line] = {}
    nets: dict[str, int] = defaultdict(int)
    for line in lines:
        key = line.key.split("/", 1)[0]
        first.setdefault(key, line)
        nets[key] += line.amount_minor
    less = sum(minor for minor in nets.values() if minor < 0)
    keys = [key for key, minor in nets.items() if minor > 0]
    shares = dict.fromkeys(keys, 0)
    if less and keys:
        weights = [nets[key] for key in keys]
        shares = dict(zip(keys, allocate(max(less, -sum(weights)), weights), strict=True))
    return [(key, first[key], nets[key] + shares[key]) for key in keys]


def _taxes(invoice: Invoice) -> list[CreditableTax]:
    credited = {
        group: sums
        for group, *sums in CreditNoteTax.objects.filter(note__invoice=invoice)
        .order_by()
        .values_list("group")
        .annotate(Sum("base_minor"), Sum("tax_minor"))
    }
    return [
        CreditableTax(
            tax.group,
            tax.rate,
            tax.base_minor,
            tax.tax_minor,
            *credited.get(tax.group, (0, 0)),
        )
        for tax in InvoiceTax.objects.filter(invoice=invoice).order_by("group")
    ]
