"""A paper as an e-invoice in UBL 2.1: Invoice or CreditNote, by EN 16931."""

from __future__ import annotations

from datetime import date
from typing import Final

from billing.papers.content import PaperContent, PaperParty
from billing.papers.formats.einvoice import (
    SPECIFICATION,
    TRANSFER,
    EInvoice,
    EInvoiceLine,
    TaxBreakdown,
    e_invoice,
)
from billing.papers.formats.xml_writing import XmlWriter

_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd"
_SHARED: Final = {
    "cac": f"{_UBL}:CommonAggregateComponents-2",
    "cbc": f"{_UBL}:CommonBasicComponents-2",
}


def as_ubl(content: PaperContent) -> bytes:
    """The bytes of the file. Raises: NotAnEInvoice."""
    invoice = e_invoice(content)
    kind = "CreditNote" if content.is_credit_note else "Invoice"
    namespaces = {"ubl": f"{_UBL}:{kind}-2", **_SHARED}
    root = XmlWriter.root(f"ubl:{kind}", namespaces, default="ubl")
    _head(root, invoice, kind)
    _party(root.below("cac:AccountingSupplierParty"), content.seller, invoice.seller_vat)
    _party(
        root.below("cac:AccountingCustomerParty"),
        content.customer,
        invoice.buyer_vat,
        invoice.buyer_registration,
    )
    _payment(root, invoice)
    _taxes(root, invoice)
    _totals(root, invoice)
    for line in invoice.lines:
        _line(root.below(f"cac:{kind}Line"), line, invoice, kind)
    return root.to_bytes()


def _head(root: XmlWriter, invoice: EInvoice, kind: str) -> None:
    content = invoice.content
    root.text("cbc:CustomizationID", SPECIFICATION)
    root.text("cbc:ID", content.number)
    root.text("cbc:IssueDate", content.issued_on.isoformat())
    if kind == "Invoice" and content.due_on is not None:
        root.text("cbc:DueDate", content.due_on.isoformat())
    root.text(f"cbc:{kind}TypeCode", invoice.type_code)
    root.text("cbc:Note", content.note)
    root.text("cbc:DocumentCurrencyCode", content.currency)
    root.text("cbc:BuyerReference", content.customer.reference)
    _period(root, content.first_on, content.last_on)
    if content.purchase_order:
        root.below("cac:OrderReference").text("cbc:ID", content.purchase_order)
    if content.refers_to is not None:
        named = root.below("cac:BillingReference").below("cac:InvoiceDocumentReference")
        named.text("cbc:ID", content.refers_to.number)
        named.text("cbc:IssueDate", content.refers_to.issued_on.isoformat())


def _period(above: XmlWriter, first_on: date | None, last_on: date | None) -> None:
    if first_on is not None and last_on is not None:
        period = above.below("cac:InvoicePeriod")
        period.text("cbc:StartDate", first_on.isoformat())
        period.text("cbc:EndDate", last_on.isoformat())


def _party(role: XmlWriter, party: PaperParty, vat: str, registration: str = "") -> None:
    shown = role.below("cac:Party")
    address = shown.below("cac:PostalAddress")
    first, second, *rest = [*party.address_lines, "", ""]
    address.text("cbc:StreetName", first)
    address.text("cbc:AdditionalStreetName", second)
    if any(rest):
        address.below("cac:AddressLine").text("cbc:Line", ", ".join(each for each in rest if each))
    address.below("cac:Country").text("cbc:IdentificationCode", party.country)
    if vat:
        scheme = shown.below("cac:PartyTaxScheme")
        scheme.text("cbc:CompanyID", vat)
        scheme.below("cac:TaxScheme").text("cbc:ID", "VAT")
    entity = shown.below("cac:PartyLegalEntity")
    entity.text("cbc:RegistrationName", party.legal_name)
    entity.text("cbc:CompanyID", registration or party.registration)


def _payment(root: XmlWriter, invoice: EInvoice) -> None:
    pay_to = invoice.content.pay_to
    if pay_to.iban and not invoice.content.is_credit_note:
        means = root.below("cac:PaymentMeans")
        means.text("cbc:PaymentMeansCode", TRANSFER)
        means.text("cbc:PaymentID", invoice.content.number)
        account = means.below("cac:PayeeFinancialAccount")
        account.text("cbc:ID", pay_to.iban)
        if pay_to.bic:
            account.below("cac:FinancialInstitutionBranch").text("cbc:ID", pay_to.bic)
    if invoice.terms:
        root.below("cac:PaymentTerms").text("cbc:Note", invoice.terms)


def _taxes(root: XmlWriter, invoice: EInvoice) -> None:
    total = root.below("cac:TaxTotal")
    _amount(total, "cbc:TaxAmount", invoice.content.tax_minor, invoice)
    for each in invoice.breakdowns:
        part = total.below("cac:TaxSubtotal")
        _amount(part, "cbc:TaxableAmount", each.base_minor, invoice)
        _amount(part, "cbc:TaxAmount", each.tax_minor, invoice)
        _category(part.below("cac:TaxCategory"), each.category, each.percent, each)


def _category(
    shown: XmlWriter, category: str, percent: str | None, breakdown: TaxBreakdown | None = None
) -> None:
    shown.text("cbc:ID", category)
    shown.text("cbc:Percent", percent)
    if breakdown is not None:
        shown.text("cbc:TaxExemptionReasonCode", breakdown.exemption_code)
        shown.text("cbc:TaxExemptionReason", breakdown.exemption)
    shown.below("cac:TaxScheme").text("cbc:ID", "VAT")


def _totals(root: XmlWriter, invoice: EInvoice) -> None:
    content = invoice.content
    totals = root.below("cac:LegalMonetaryTotal")
    _amount(totals, "cbc:LineExtensionAmount", content.subtotal_minor, invoice)
    _amount(totals, "cbc:TaxExclusiveAmount", content.subtotal_minor, invoice)
    _amount(totals, "cbc:TaxInclusiveAmount", content.gross_minor, invoice)
    if invoice.prepaid_minor:
        _amount(totals, "cbc:PrepaidAmount", invoice.prepaid_minor, invoice)
    _amount(totals, "cbc:PayableAmount", invoice.due_minor, invoice)


def _line(shown: XmlWriter, line: EInvoiceLine, invoice: EInvoice, kind: str) -> None:
    shown.text("cbc:ID", str(line.position))
    shown.text("cbc:Note", line.note)
    quantity = "cbc:CreditedQuantity" if kind == "CreditNote" else "cbc:InvoicedQuantity"
    shown.text(quantity, line.quantity, unitCode=line.unit_code)
    _amount(shown, "cbc:LineExtensionAmount", line.amount_minor, invoice)
    _period(shown, line.first_on, line.last_on)
    item = shown.below("cac:Item")
    item.text("cbc:Name", line.name)
    _category(item.below("cac:ClassifiedTaxCategory"), line.category, line.percent)
    price = shown.below("cac:Price")
    price.text("cbc:PriceAmount", line.price, currencyID=invoice.content.currency)


def _amount(above: XmlWriter, name: str, minor: int, invoice: EInvoice) -> None:
    above.text(name, invoice.amount(minor), currencyID=invoice.content.currency)
