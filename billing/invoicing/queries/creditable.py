"""What may still be credited of an issued invoice: charge by charge, and tax by group.

A charge is its own line with the lines of its discounts and limits. What was taken off a whole
account is spread over the charges in proportion, so that nobody is credited more than was paid.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

from django.db.models import Sum
from django.db.models.functions import Coalesce

from billing.invoicing.models import (
    CreditNoteLine,
    CreditNoteTax,
    Invoice,
    InvoiceTax,
)
from billing.invoicing.models.invoice_lines import TAX_INCLUDED
from billing.invoicing.tax import TaxRounding
from billing.invoicing.tax_amounts import before_tax
from core.money import Money, allocate


@dataclass(frozen=True, slots=True)
class CreditableCharge:
    """One charge of an invoice, before tax, in minor units: billed, credited so far, and left.

    Where its price has the tax in it, `billed_gross_minor` is what was rated.
    """

    key: str
    description: str
    tax_group: str
    quantity: Decimal
    unit: str
    billed_minor: int
    credited_minor: int
    billed_gross_minor: int | None = None
    credited_gross_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What may still be credited."""
        return max(self.billed_minor - self.credited_minor, 0)


@dataclass(frozen=True, slots=True)
class CreditableTax:
    """One tax group of an invoice, in minor units: as charged, and as credited so far."""

    group: str
    rate: Decimal
    rounding: TaxRounding
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
    credited = {
        key: sums
        for key, *sums in CreditNoteLine.objects.filter(note__invoice=invoice)
        .order_by()
        .values_list("charge_key")
        .annotate(Sum("amount_minor"), gross=Sum(Coalesce("gross_minor", "amount_minor")))
    }
    stored = list(invoice.lines.order_by("position").defer("explanation", "dimensions"))
    taking_out = [line for line in stored if line.kind == TAX_INCLUDED]
    included = {line.tax_group for line in taking_out}
    nets = before_tax(
        [(line.tax_group, line.amount_minor, line.kind == TAX_INCLUDED) for line in stored]
    )
    rated = [line for line in stored if line.kind != TAX_INCLUDED] if taking_out else []
    gross = {key: minor for key, _, minor in net_charges(rated)}
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
                credited_minor=credited.get(key, (0, 0))[0],
                billed_gross_minor=gross.get(key) if line.tax_group in included else None,
                credited_gross_minor=credited.get(key, (0, 0))[1],
            )
            for key, line, minor in net_charges(stored, nets)
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
        """What it was posted or rated with."""

    @property
    def tax_group(self) -> str:
        """The tax it falls under."""


Line = TypeVar("Line", bound=ChargeLine)


def net_charges(
    lines: Sequence[Line], amounts: Sequence[int] | None = None
) -> list[tuple[str, Line, int]]:
    """Each charge with its line and what it comes to, all that was taken off included.

    `amounts` are used instead of the lines' own. What was taken off a whole account goes to the
    charges of its own tax group first.
    """
    first: dict[str, Line] = {}
    nets: dict[str, int] = defaultdict(int)
    taken = [line.amount_minor for line in lines] if amounts is None else amounts
    for line, minor in zip(lines, taken, strict=True):
        key = line.key.split("/", 1)[0]
        first.setdefault(key, line)
        nets[key] += minor
    groups = {key: first[key].tax_group for key in nets}
    shares = {key: max(minor, 0) for key, minor in nets.items()}
    rest = 0
    for group in dict.fromkeys(groups.values()):
        less = sum(minor for key, minor in nets.items() if minor < 0 and groups[key] == group)
        rest += _take(shares, [key for key in shares if groups[key] == group], less)
    _take(shares, list(shares), rest)
    return [(key, first[key], shares[key]) for key, minor in nets.items() if minor > 0]


def _take(shares: dict[str, int], keys: Sequence[str], less: int) -> int:
    """Take an amount below 0 off these charges, in proportion; what none of them has left."""
    keys = [key for key in keys if shares[key] > 0]
    if not less or not keys:
        return less
    weights = [shares[key] for key in keys]
    off = max(less, -sum(weights))
    for key, part in zip(keys, allocate(off, weights), strict=True):
        shares[key] += part
    return less - off


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
            TaxRounding(tax.rounding),
            tax.base_minor,
            tax.tax_minor,
            *credited.get(tax.group, (0, 0)),
        )
        for tax in InvoiceTax.objects.filter(invoice=invoice).order_by("group")
    ]
