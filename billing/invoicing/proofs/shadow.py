"""Issued invoices worked out again by the second rater, from what is stored of them.

The arithmetic is `billing.verifier`'s, which shares no code with the rater; quantities, terms and
prices come from the invoice's own lines. Usage as it stands now is not looked at: that is late
usage. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.invoicing.drafting.settled import part_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import UNRATED
from billing.rating import BilledCharge, Terms, document_of
from billing.verifier.arithmetic import recompute
from core.money import Money, minor_per_unit
from core.periods import Period

BATCH = 100
"""Invoices read together."""


@dataclass(frozen=True, slots=True)
class ShadowDifference:
    """A line the second rater makes something else of; `stored` None: it is not on the invoice."""

    key: str
    stored_minor: int | None
    shadow_minor: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Shadowed:
    """One invoice against the second rater."""

    invoice: Invoice
    line_count: int
    shadow_minor: int
    lines_minor: int
    differences: Sequence[ShadowDifference]

    @property
    def delta(self) -> Money:
        """Second rater − rated lines of the invoice, before tax."""
        minor = self.shadow_minor - self.lines_minor
        return Money.from_minor(minor, self.invoice.currency)

    @property
    def agrees(self) -> bool:
        """Whether every line and the sum came out the same."""
        return not self.differences and not self.delta.minor


def shadowed(invoice_ids: Sequence[int]) -> Iterator[Shadowed]:
    """Work invoices out again, in order; two queries for every hundred."""
    for first in range(0, len(invoice_ids), BATCH):
        found_by_id = Invoice.objects.in_bulk(invoice_ids[first : first + BATCH])
        batch = [found_by_id[pk] for pk in invoice_ids[first : first + BATCH]]
        lines: dict[int, list[InvoiceLine]] = defaultdict(list)
        found = InvoiceLine.objects.filter(invoice__in=batch).select_related(
            "price", "price_override", "resource", "corrects"
        )
        for line in found.exclude(kind__in=UNRATED).order_by("invoice_id", "position"):
            lines[line.invoice_id].append(line)
        for invoice in batch:
            yield _shadow(invoice, lines[invoice.pk])


def _shadow(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Shadowed:
    """Late usage is rated in the period it belongs to, apart from the invoice's own."""
    by_period: dict[int | None, list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        by_period[line.corrects_id].append(line)
    total, differences = 0, []
    for some in by_period.values():
        meant = some[0].corrects or invoice
        minor, different = _against(some, meant.period, meant.zone, invoice.currency)
        total += minor
        differences += different
    billed = sum(line.amount_minor for line in lines)
    return Shadowed(invoice, len(lines), total, billed, differences)


def _against(
    lines: Sequence[InvoiceLine], period: Period, zone: str, currency: str
) -> tuple[int, list[ShadowDifference]]:
    stored = {line.key: line for line in lines}
    try:
        charges = list(billed_charges(lines))
        document = document_of(charges, Terms.of(currency, period=period, zone=zone))
        found = {line["key"]: line for line in recompute(document)["lines"]}
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        detail = f"The stored lines cannot be worked out: {error!r}."
        return 0, [ShadowDifference(lines[0].key, lines[0].amount_minor, None, detail)]
    per_unit = minor_per_unit(currency)
    differences = [
        difference
        for key in dict.fromkeys([*stored, *found])
        if (difference := _difference(key, stored.get(key), found.get(key), per_unit)) is not None
    ]
    return sum(_minor(line["amount"], per_unit) for line in found.values()), differences


def billed_charges(lines: Iterable[InvoiceLine]) -> Iterator[BilledCharge]:
    """The charges of lines; caps, discounts and minimums have lines of their own and no charge, and
    so have grants and taxes of the account.

    Loaded with the lines: price, price_override, resource.
    """
    for line in lines:
        if "/" in line.key or line.price is None:
            continue
        override = line.price_override
        yield BilledCharge(
            key=line.key,
            price_code=" ".join([str(line.price_id), *part_of(line.key)])
            + (f" as {override.public_id}" if override else ""),
            price=override.definition if override else line.price.definition,
            explanation=line.explanation,
            resource=line.resource.public_id if line.resource else None,
            subscription=str(line.subscription_id),
        )


def _difference(
    key: str, line: InvoiceLine | None, shadow: Mapping[str, Any] | None, per_unit: int
) -> ShadowDifference | None:
    if shadow is None or line is None:
        minor = None if shadow is None else _minor(shadow["amount"], per_unit)
        if line is None and not minor:
            return None
        return ShadowDifference(key, line.amount_minor if line else None, minor)
    minor = _minor(shadow["amount"], per_unit)
    if minor != line.amount_minor:
        return ShadowDifference(key, line.amount_minor, minor)
    if shadow["kind"] != line.kind:
        detail = f"It is a {line.kind} line here and a {shadow['kind']} line there."
        return ShadowDifference(key, line.amount_minor, minor, detail)
    return None


def _minor(amount: Fraction, per_unit: int) -> int:
    return int(amount * per_unit)
