"""Invoices, credit notes and voids of an account as FOCUS rows; they sum to the documents.

A row for each line, each tax, credit that was carried, each line and tax of a credit note, and one
for a void. BilledCost is what was posted, so the rows of an InvoiceId come to its total. Read in
blocks, so a file may be as long as it likes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from accounts.models import Account
from billing.catalogue.models import Price
from billing.invoicing.focus.columns import COLUMNS
from billing.invoicing.focus.costs import LineCosts, line_costs
from billing.invoicing.models import CreditNote, Invoice, InvoiceLine, InvoiceTax, InvoiceVoid
from billing.invoicing.models.invoice_lines import TAX_INCLUDED
from billing.invoicing.tax_amounts import before_tax
from billing.rating import Explanation, LineKind, expand
from core.csv_out import CsvNumber
from core.decimals import decimal_text
from core.money import Money
from core.periods import Period

ISSUER: Final = "Counterfoil"
"""The one entity that issues and provides."""

_BLOCK: Final = 2_000
_CATEGORY: Final[Mapping[str, str]] = {
    LineKind.USAGE: "Usage",
    LineKind.OVERAGE: "Usage",
    LineKind.FEE: "Purchase",
    LineKind.DISCOUNT: "Credit",
    LineKind.GRANT: "Credit",
    "coupon": "Credit",
    LineKind.CREDIT: "Credit",
    "deduction": "Credit",
    LineKind.TAX: "Tax",
}
"""By kind of line; what caps, lifts or takes back others is an adjustment."""

Row = dict[str, object]


def focus_rows(
    account: Account, period: Period, *, payers: Collection[int] | None = None
) -> Iterator[list[object]]:
    """The rows of what was issued to an account, or is paid by it, within [start, end); in order of
    issue. Values stand in the order of COLUMNS.

    `payers` are the accounts that may be named as paying, None is all; where another one pays, the
    account itself stands in its place.
    """
    for invoice in _invoices(account, period):
        _name_payer(invoice, payers)
        yield from map(_values, _of_invoice(invoice))
    for note in _notes(account, period):
        _name_payer(note.invoice, payers)
        yield from map(_values, _of_note(note))
    for void in _voids(account, period):
        _name_payer(void.invoice, payers)
        yield _values(_of_void(void))


def _name_payer(invoice: Invoice, payers: Collection[int] | None) -> None:
    if payers is not None and invoice.payer_id not in payers:
        invoice.payer = invoice.account


def _of(account: Account, prefix: str = "") -> Q:
    return Q(**{f"{prefix}account": account}) | Q(**{f"{prefix}payer": account})


def _invoices(account: Account, period: Period) -> Iterable[Invoice]:
    """Issued invoices; one that only adds up statements has no rows beside theirs."""
    found = Invoice.objects.filter(
        _of(account),
        state=Invoice.State.ISSUED,
        issued_at__gte=period.start,
        issued_at__lt=period.end,
    ).exclude(kind=Invoice.Kind.CONSOLIDATED)
    named = found.select_related("account", "payer", "consolidated_on")
    return named.order_by("issued_at", "pk").iterator(_BLOCK)


def _notes(account: Account, period: Period) -> Iterable[CreditNote]:
    found = CreditNote.objects.filter(
        _of(account, "invoice__"), issued_at__gte=period.start, issued_at__lt=period.end
    )
    named = found.select_related("invoice__account", "invoice__payer")
    return named.order_by("issued_at", "pk").iterator(_BLOCK)


def _voids(account: Account, period: Period) -> Iterable[InvoiceVoid]:
    """Voids; that of an invoice of statements is told by theirs, as the invoice is."""
    found = InvoiceVoid.objects.filter(
        _of(account, "invoice__"), effective_at__gte=period.start, effective_at__lt=period.end
    ).exclude(invoice__kind=Invoice.Kind.CONSOLIDATED)
    named = found.select_related("invoice__account", "invoice__payer", "invoice__consolidated_on")
    return named.order_by("effective_at", "pk").iterator(_BLOCK)


def _of_invoice(invoice: Invoice) -> Iterator[Row]:
    lines = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    named = lines.select_related("resource", "price_override")
    prices: dict[int, Price] = {}
    taxes = list(InvoiceTax.objects.filter(invoice=invoice).order_by("group"))
    nets = _before_tax(lines) if any(tax.is_included for tax in taxes) else {}
    for line in named.iterator(_BLOCK):
        if nets and line.kind == TAX_INCLUDED:
            continue
        line.amount_minor = nets.get(line.pk, line.amount_minor)
        yield _line(line, invoice, _price(line.price_id, prices))
    for tax in taxes:
        yield _tax(invoice, tax.name or "Tax", tax.jurisdiction, tax.tax_minor)
    if invoice.carried_minor:
        yield _base(invoice, invoice.carried_minor) | {
            "ChargeCategory": "Credit",
            "ChargeDescription": "Credit carried between invoices",
            "ChargeFrequency": "One-Time",
        }


def _before_tax(lines: QuerySet[InvoiceLine]) -> dict[int, int]:
    """What each line comes to before tax, where prices have it in them."""
    rows = list(lines.values_list("pk", "tax_group", "amount_minor", "kind"))
    nets = before_tax([(group, minor, kind == TAX_INCLUDED) for _, group, minor, kind in rows])
    return {pk: net for (pk, *_), net in zip(rows, nets, strict=True)}


def _price(price_id: int | None, known: dict[int, Price]) -> Price | None:
    if price_id is None:
        return None
    if price_id not in known:
        known[price_id] = Price.objects.select_related("meter", "plan_version__plan__product").get(
            pk=price_id
        )
    return known[price_id]


def _base(invoice: Invoice, minor: int, *, currency: str = "", number: str = "") -> Row:
    """What every row says: whose it is, on which document, and what it comes to."""
    cost = _number(Money.from_minor(minor, currency or invoice.currency).amount)
    is_paid_by_other = invoice.payer_id != invoice.account_id
    return {
        "BilledCost": cost,
        "BillingAccountId": invoice.payer.public_id,
        "BillingAccountName": invoice.payer.name,
        "BillingAccountType": "Account",
        "BillingCurrency": currency or invoice.currency,
        "BillingPeriodEnd": _instant(invoice.period_until),
        "BillingPeriodStart": _instant(invoice.period_from),
        "ChargePeriodEnd": _instant(invoice.period_until),
        "ChargePeriodStart": _instant(invoice.period_from),
        "ContractedCost": cost,
        "EffectiveCost": cost,
        "InvoiceId": number or _number_of(invoice),
        "InvoiceIssuerName": ISSUER,
        "ListCost": cost,
        "ProviderName": ISSUER,
        "PublisherName": ISSUER,
        "ServiceCategory": "Other",
        "ServiceName": "Billing",
        "ServiceSubcategory": "Other (Other)",
        "SubAccountId": invoice.account.public_id if is_paid_by_other else "",
        "SubAccountName": invoice.account.name if is_paid_by_other else "",
        "SubAccountType": "Account" if is_paid_by_other else "",
    }


def _number_of(invoice: Invoice) -> str:
    """The number it is owed under: a statement is owed with the invoice it is part of."""
    owed = invoice.consolidated_on or invoice
    return owed.number or owed.public_id


def _line(line: InvoiceLine, invoice: Invoice, price: Price | None) -> Row:
    rated = expand(line.explanation) if price else None
    row = _base(invoice, line.amount_minor) | {
        "ChargeCategory": _category(line, rated),
        "ChargeClass": "Correction" if line.corrects_id else "",
        "ChargeDescription": line.description,
        "ChargeFrequency": "Recurring" if line.kind == LineKind.FEE else "Usage-Based",
        "ChargePeriodEnd": _instant(line.period_until),
        "ChargePeriodStart": _instant(line.period_from),
    }
    if line.resource is not None:
        row |= {
            "ResourceId": line.resource.platform_id,
            "ResourceName": line.resource.name,
            "ResourceType": line.resource.get_kind_display(),
        }
    if price is None or rated is None:
        return row
    row["ServiceName"] = price.plan_version.plan.product.name
    return row | _priced(line, invoice, price, rated) if rated.is_priced else row


def _category(line: InvoiceLine, rated: Explanation | None) -> str:
    """What a line is; one that no price explains has no SKU, and is an adjustment."""
    category = _CATEGORY.get(line.kind, "Adjustment")
    # A fee below nothing is given, not bought.
    if category == "Purchase" and line.amount_minor < 0:
        return "Credit"
    is_bought = category in ("Usage", "Purchase")
    is_explained = rated is not None and rated.is_priced
    return "Adjustment" if is_bought and not is_explained else category


def _priced(line: InvoiceLine, invoice: Invoice, price: Price, rated: Explanation) -> Row:
    """The SKU, the quantities and the unit prices of a line that prices something."""
    override = line.price_override
    costs = line_costs(
        Money.from_minor(line.amount_minor, invoice.currency),
        quantity=line.quantity,
        unit_price=line.unit_price,
        list_unit_price=_list_unit_price(price) if override else None,
    )
    row: Row = {
        "PricingCategory": "Standard",
        "PricingQuantity": _number(line.quantity),
        "PricingUnit": line.unit or "Units",
        "SkuId": price.code,
        "SkuPriceId": override.public_id if override else price.public_id,
        "SkuPriceDetails": "",
        **_costs(costs),
    }
    if price.meter is not None:
        row |= {
            "ConsumedQuantity": _number(rated.measured),
            "ConsumedUnit": price.meter.unit,
            "SkuMeter": price.meter.name,
        }
    return row


def _costs(costs: LineCosts) -> Row:
    return {
        "ContractedCost": _number(costs.contracted),
        "ContractedUnitPrice": _number(costs.contracted_unit_price),
        "ListCost": _number(costs.list),
        "ListUnitPrice": _number(costs.list_unit_price),
    }


def _list_unit_price(price: Price) -> Decimal | None:
    """The plan's own price of a unit, where it has one."""
    given: Any = price.definition.get("unit_price")
    return Decimal(given) if price.definition.get("model") == "per_unit" else None


def _tax(
    invoice: Invoice, name: str, place: str, minor: int, *, currency: str = "", number: str = ""
) -> Row:
    return _base(invoice, minor, currency=currency, number=number) | {
        "ChargeCategory": "Tax",
        "ChargeDescription": " ".join(filter(None, [name, place])),
        "ChargeFrequency": "One-Time",
    }


def _of_note(note: CreditNote) -> Iterator[Row]:
    """A note is a document of its own, and takes away."""
    said = {"currency": note.currency, "number": note.number}
    for line in note.lines.order_by("pk"):
        yield _base(note.invoice, -line.amount_minor, **said) | {
            "ChargeCategory": "Credit",
            "ChargeDescription": line.description,
            "ChargeFrequency": "One-Time",
        }
    places = dict(note.invoice.taxes.values_list("group", "jurisdiction"))
    for tax in note.taxes.order_by("group"):
        if tax.tax_minor:
            place = places.get(tax.group, "")
            yield _tax(note.invoice, "Tax credited", place, -tax.tax_minor, **said)


def _of_void(void: InvoiceVoid) -> Row:
    return _base(void.invoice, -void.invoice.total_minor) | {
        "ChargeCategory": "Adjustment",
        "ChargeDescription": f"Void of {void.invoice}",
        "ChargeFrequency": "One-Time",
    }


def _values(row: Row) -> list[object]:
    return [row.get(name, "") for name in COLUMNS]


def _number(value: Decimal | None) -> str:
    """A decimal, with its point also where it is whole: readers tell the type of a column by it."""
    if value is None:
        return ""
    text = decimal_text(value)
    return CsvNumber(text if "." in text else f"{text}.0")


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
