"""An invoice beside the account's one before it: rows read, and told apart to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import TextField
from django.db.models.functions import Cast

from billing.catalogue.models import Price
from billing.contracts.models import PriceOverride
from billing.invoicing.bill_change.grouping import BillPart, ToldBy, grouped_parts
from billing.invoicing.bill_change.parts import (
    BillToCompare,
    ChangeEffect,
    LineOnBill,
    LinePricing,
    effects_of,
)
from billing.invoicing.bill_change.taxes import TaxOnBill
from billing.invoicing.documents.content import stored_taxes
from billing.invoicing.models import Invoice, InvoiceLine, InvoiceTax
from billing.invoicing.models.invoice_lines import OF_TAX, TAX_INCLUDED
from billing.invoicing.models.invoices import live
from billing.rating import PriceRule, Terms, parse_price
from core.errors import NotFound
from core.money import MoneyChange
from core.periods import Period
from usage.aggregate.rules import Aggregation


class NothingBefore(NotFound):
    """There is no earlier invoice of the account, in its currency, to set this one against."""

    code = "no_earlier_invoice"
    title = "No earlier invoice"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceChange(MoneyChange):
    """The totals of both invoices, tax included, and the parts of the difference.

    The parts sum to `delta`. `earlier` is the invoice before, with its account not loaded.
    """

    earlier: Invoice
    invoice: Invoice
    parts: Sequence[BillPart]


def earlier_of(invoice: Invoice) -> Invoice | None:
    """The invoice that this one is set against: of the same kind and an earlier period; one query.

    What is typed or billed at a threshold follows nothing, so it is set against nothing.
    """
    if invoice.kind not in (Invoice.Kind.PERIOD, Invoice.Kind.CONSOLIDATED):
        return None
    earlier = (
        Invoice.objects.filter(
            live(),
            kind=invoice.kind,
            account_id=invoice.account_id,
            period_from__lt=invoice.period_from,
        )
        .order_by("-period_from")
        .first()
    )
    return earlier if earlier and earlier.currency == invoice.currency else None


def bill_change(invoice: Invoice, earlier: Invoice, *, by: ToldBy = ToldBy.PRICE) -> InvoiceChange:
    """Why an invoice came to another total than an earlier one; four queries."""
    return _change(invoice, earlier, _effects(invoice, earlier), by)


def every_change(invoice: Invoice, earlier: Invoice) -> dict[ToldBy, InvoiceChange]:
    """The same, told apart in every way; four queries."""
    effects = _effects(invoice, earlier)
    return {by: _change(invoice, earlier, effects, by) for by in ToldBy}


def _effects(invoice: Invoice, earlier: Invoice) -> list[ChangeEffect]:
    bills = _bills([earlier, invoice])
    return effects_of(bills[earlier.pk], bills[invoice.pk])


def _change(
    invoice: Invoice, earlier: Invoice, effects: Sequence[ChangeEffect], by: ToldBy
) -> InvoiceChange:
    return InvoiceChange(
        before=earlier.total,
        after=invoice.total,
        earlier=earlier,
        invoice=invoice,
        parts=grouped_parts(effects, by=by),
    )


def _bills(invoices: Sequence[Invoice]) -> dict[int, BillToCompare]:
    rows = list(_rows(invoices))
    prices = _Prices.of(rows)
    lines: dict[int, list[LineOnBill]] = defaultdict(list)
    for row in rows:
        if row.kind not in OF_TAX:
            lines[row.invoice_id].append(_line(row, prices))
    with_tax = {row.invoice_id for row in rows if row.kind == TAX_INCLUDED}
    taxes = stored_taxes([invoice.pk for invoice in invoices])
    return {
        invoice.pk: BillToCompare(
            lines=lines[invoice.pk],
            taxes=[
                _within_prices(tax) if tax.is_included and invoice.pk in with_tax else _tax(tax)
                for tax in taxes.get(invoice.pk, [])
            ],
            carried_minor=invoice.carried_minor,
            terms=Terms.of(invoice.currency, period=invoice.period, zone=invoice.zone),
        )
        for invoice in invoices
    }


def _rows(invoices: Sequence[Invoice]) -> Iterable[InvoiceLine]:
    """The lines with their explanations as text, which most are compared by and never read."""
    lines = InvoiceLine.objects.filter(invoice__in=invoices).order_by("invoice_id", "position")
    return lines.defer("explanation", "tax_group").annotate(said=Cast("explanation", TextField()))


@dataclass(frozen=True, slots=True)
class _Prices:
    """What the lines are priced by: those of plans, and those agreed with one subscription."""

    prices: Mapping[int, Price]
    agreed: Mapping[int, PriceOverride]
    rules: dict[tuple[int, int | None], LinePricing]

    @classmethod
    def of(cls, rows: Iterable[InvoiceLine]) -> _Prices:
        named = {row.price_id for row in rows} - {None}
        agreed = {row.price_override_id for row in rows} - {None}
        prices = Price.objects.select_related("meter").in_bulk(named)
        return cls(prices, PriceOverride.objects.in_bulk(agreed) if agreed else {}, {})

    def priced(self, row: InvoiceLine) -> LinePricing | None:
        """The price of a line; one object for all lines that have it."""
        if row.price_id is None:
            return None
        key = row.price_id, row.price_override_id
        if key not in self.rules:
            price = self.prices[row.price_id]
            self.rules[key] = LinePricing(
                code=price.code,
                name=price.name,
                rule=self._rule(price, row.price_override_id),
                is_time=price.meter is not None and price.meter.aggregation == Aggregation.DURATION,
            )
        return self.rules[key]

    def _rule(self, price: Price, override_id: int | None) -> PriceRule:
        if override_id is None:
            return price.to_rating()
        return parse_price(self.agreed[override_id].definition)


def _line(row: InvoiceLine, prices: _Prices) -> LineOnBill:
    return LineOnBill(
        position=row.position,
        key=row.key,
        kind=row.kind,
        text=row.description,
        group=row.group_label,
        minor=row.amount_minor,
        quantity=row.quantity,
        unit=row.unit,
        unit_price=row.unit_price,
        explanation=row.said,  # type: ignore[attr-defined]  # annotated
        span=Period(row.period_from, row.period_until),
        priced=prices.priced(row),
        resource_id=row.resource_id,
        subscription_id=row.subscription_id,
        dimensions=row.dimensions,
        is_late=row.corrects_id is not None,
    )


def _tax(tax: InvoiceTax) -> TaxOnBill:
    return TaxOnBill(
        tax.group, tax.jurisdiction, tax.name, Fraction(tax.rate), tax.base_minor, tax.tax_minor
    )


def _within_prices(tax: InvoiceTax) -> TaxOnBill:
    """A tax that lines have in them: it moved with their prices, and by itself made nothing."""
    gross = tax.base_minor + tax.tax_minor
    return _tax(tax)._replace(base_minor=gross, tax_minor=0)
