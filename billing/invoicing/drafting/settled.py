"""What was billed and what was waived of issued invoices, charge by charge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.db.models import Sum
from django.db.models.functions import Coalesce

from billing.invoicing.models import (
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    LateUsageAmount,
    LateUsageDecision,
)
from billing.invoicing.models.credit_notes import CORRECTING
from billing.invoicing.models.invoice_lines import UNRATED
from billing.invoicing.models.invoices import live
from billing.invoicing.models.late_usage import stands
from billing.rating import expand


class ChargePart(NamedTuple):
    """Some of a charge: metered quantity, and the amount it came to in minor units."""

    quantity: Decimal
    amount_minor: int

    def __add__(self, other: object) -> ChargePart:
        assert isinstance(other, ChargePart)
        return ChargePart(self.quantity + other.quantity, self.amount_minor + other.amount_minor)


NOTHING = ChargePart(Decimal(0), 0)
_STORED = Decimal("1e-18")


@dataclass(frozen=True, slots=True)
class SettledCharge:
    """What was billed and what was waived of one charge of an issued invoice, so far.

    A waiver is of one side only: usage that was waived and is taken back later was never paid for,
    so there is nothing to credit; and a credit that was let go of is not charged again. So what is
    new is counted from the nearer end of what was waived, and is nothing in between. What a credit
    note took off it because it was wrong is of one side too: the customer has it back, so usage
    that is taken back later is not credited again; and what was credited is not charged again.
    `line` is one that billed some of it.
    """

    billed: ChargePart = NOTHING
    waived: ChargePart = NOTHING
    line: InvoiceLine | None = None
    credited_minor: int = 0

    def before_quantity(self, quantity: Decimal) -> ChargePart | None:
        """What a metered quantity is new to; None where nothing is new."""
        return _nearest(quantity, self._ends, lambda part: part.quantity)

    def before_amount(self, amount_minor: int) -> ChargePart | None:
        """What an amount is new to; None where nothing is new."""
        return _nearest(amount_minor, self._ends, lambda part: part.amount_minor)

    @property
    def _ends(self) -> tuple[ChargePart, ChargePart]:
        return self.billed, self.billed + self.waived + self._credited

    @property
    def _credited(self) -> ChargePart:
        """What credit notes took off, with its share of the quantity; below nothing."""
        if not self.credited_minor or not self.billed.amount_minor:
            return ChargePart(Decimal(0), -self.credited_minor)
        share = Fraction(self.credited_minor, self.billed.amount_minor)
        quantity = Fraction(self.billed.quantity) * share
        exact = Decimal(quantity.numerator) / Decimal(quantity.denominator)
        return ChargePart(-exact.quantize(_STORED), -self.credited_minor)


def _nearest(
    now: Decimal | int,
    ends: tuple[ChargePart, ChargePart],
    read: Callable[[ChargePart], Decimal | int],
) -> ChargePart | None:
    low, high = sorted(ends, key=read)
    if now < read(low):
        return low
    return high if now > read(high) else None


Decided = Mapping[str, SettledCharge]


def decided_of(issued: Sequence[Invoice]) -> dict[int, Decided]:
    """What decisions and credit notes settled, by invoice and charge; invoices without either are
    absent. Two queries.
    """
    sums: dict[int, dict[str, SettledCharge]] = defaultdict(dict)
    rows = (
        LateUsageAmount.objects.filter(stands("decision__"), decision__invoice__in=issued)
        .values_list("decision__invoice_id", "charge_key", "decision__fate")
        .annotate(quantity=Sum("quantity"), minor=Sum("amount_minor"))
        .order_by()
    )
    for invoice_id, charge_key, fate, *sum_of in rows:
        known = sums[invoice_id].get(charge_key, SettledCharge())
        part = ChargePart(*sum_of)
        sums[invoice_id][charge_key] = (
            replace(known, waived=part)
            if fate == LateUsageDecision.Fate.WAIVED
            else replace(known, billed=part)
        )
    notes = (
        CreditNoteLine.objects.filter(note__invoice__in=issued, note__reason_code__in=CORRECTING)
        .order_by()
        .values_list("note__invoice_id", "charge_key")
        .annotate(minor=Sum(Coalesce("gross_minor", "amount_minor")))
    )
    for invoice_id, charge_key, minor in notes:
        known = sums[invoice_id].get(charge_key, SettledCharge())
        sums[invoice_id][charge_key] = replace(known, credited_minor=minor)
    return dict(sums)


def settled_of(invoice: Invoice, decided: Decided) -> dict[str, SettledCharge]:
    """What was settled of each charge of an issued invoice, decisions included."""
    found: dict[str, SettledCharge] = {}
    own = invoice.lines.filter(corrects__isnull=True).exclude(kind__in=UNRATED)
    for line in own.order_by("position"):
        # A charge's own line carries its key; caps and discounts add a suffix to it.
        key = line.key.split("/", 1)[0]
        earlier = found.get(key)
        if earlier is None:
            part = ChargePart(expand(line.explanation).measured, line.amount_minor)
            found[key] = SettledCharge(part, line=line)
        else:
            more = ChargePart(Decimal(0), line.amount_minor)
            found[key] = replace(earlier, billed=earlier.billed + more)
    first_late = _late_lines(invoice) if decided.keys() - found.keys() else {}
    for key, later in decided.items():
        known = found.get(key) or SettledCharge(line=first_late.get(key))
        found[key] = replace(
            known,
            billed=known.billed + later.billed,
            waived=later.waived,
            credited_minor=later.credited_minor,
        )
    return found


def _late_lines(invoice: Invoice) -> dict[str, InvoiceLine]:
    """A line of each charge that was billed late, for those the invoice itself does not have."""
    lines = InvoiceLine.objects.filter(live("invoice__"), corrects=invoice)
    found: dict[str, InvoiceLine] = {}
    for line in lines.order_by("invoice", "position"):
        found.setdefault(charge_key_of(line.key), line)
    return found


def late_key(invoice: Invoice, charge_key: str) -> str:
    """The key of a late line: it never meets the keys of the period it is billed with."""
    return f"late:{invoice.public_id}:{charge_key}"


def charge_key_of(line_key: str) -> str:
    """The key of the charge a late line belongs to, as on the issued invoice."""
    return line_key.split(":", 2)[2].split("/", 1)[0]


def part_of(charge_key: str) -> tuple[str, str]:
    """The subscription and the instant in which parts of one price code differ: a limit that is
    shared by charges of a part counts other parts as billed before.
    """
    subscription, _, rest = charge_key.partition("|")
    return subscription, rest.partition("@")[2]
