"""A paper as an e-invoice in UN/CEFACT CII (D16B and later), by EN 16931."""

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

_CEFACT: Final = "urn:un:unece:uncefact:data:standard"
_NAMESPACES: Final = {
    "rsm": f"{_CEFACT}:CrossIndustryInvoice:100",
    "ram": f"{_CEFACT}:ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{_CEFACT}:QualifiedDataType:100",
    "udt": f"{_CEFACT}:UnqualifiedDataType:100",
}
_DAY_FORMAT: Final = "102"


def as_cii(content: PaperContent) -> bytes:
    """The bytes of the file. Raises: NotAnEInvoice."""
    invoice = e_invoice(content)
    root = XmlWriter.root("rsm:CrossIndustryInvoice", _NAMESPACES)
    context = root.below("rsm:ExchangedDocumentContext")
    context.below("ram:GuidelineSpecifiedDocumentContextParameter").text("ram:ID", SPECIFICATION)
    head = root.below("rsm:ExchangedDocument")
    head.text("ram:ID", content.number)
    head.text("ram:TypeCode", invoice.type_code)
    _day(head, "ram:IssueDateTime", content.issued_on)
    if content.note:
        head.below("ram:IncludedNote").text("ram:Content", content.note)
    trade = root.below("rsm:SupplyChainTradeTransaction")
    for line in invoice.lines:
        _line(trade.below("ram:IncludedSupplyChainTradeLineItem"), line, invoice)
    _agreement(trade.below("ram:ApplicableHeaderTradeAgreement"), invoice)
    delivery = trade.below("ram:ApplicableHeaderTradeDelivery")
    if content.last_on is not None:
        event = delivery.below("ram:ActualDeliverySupplyChainEvent")
        _day(event, "ram:OccurrenceDateTime", content.last_on)
    _settlement(trade.below("ram:ApplicableHeaderTradeSettlement"), invoice)
    return root.to_bytes()


def _agreement(shown: XmlWriter, invoice: EInvoice) -> None:
    content = invoice.content
    shown.text("ram:BuyerReference", content.customer.reference)
    _party(shown.below("ram:SellerTradeParty"), content.seller, invoice.seller_vat)
    _party(
        shown.below("ram:BuyerTradeParty"),
        content.customer,
        invoice.buyer_vat,
        invoice.buyer_registration,
    )
    if content.purchase_order:
        named = shown.below("ram:BuyerOrderReferencedDocument")
        named.text("ram:IssuerAssignedID", content.purchase_order)


def _party(shown: XmlWriter, party: PaperParty, vat: str, registration: str = "") -> None:
    shown.text("ram:Name", party.legal_name)
    legal = registration or party.registration
    if legal:
        shown.below("ram:SpecifiedLegalOrganization").text("ram:ID", legal)
    address = shown.below("ram:PostalTradeAddress")
    first, second, *rest = [*party.address_lines, "", ""]
    address.text("ram:LineOne", first)
    address.text("ram:LineTwo", second)
    address.text("ram:LineThree", ", ".join(each for each in rest if each))
    address.text("ram:CountryID", party.country)
    if vat:
        shown.below("ram:SpecifiedTaxRegistration").text("ram:ID", vat, schemeID="VA")


def _settlement(shown: XmlWriter, invoice: EInvoice) -> None:
    content = invoice.content
    shown.text("ram:PaymentReference", content.number)
    shown.text("ram:InvoiceCurrencyCode", content.currency)
    if content.pay_to.iban and not content.is_credit_note:
        means = shown.below("ram:SpecifiedTradeSettlementPaymentMeans")
        means.text("ram:TypeCode", TRANSFER)
        means.below("ram:PayeePartyCreditorFinancialAccount").text(
            "ram:IBANID", content.pay_to.iban
        )
        if content.pay_to.bic:
            bank = means.below("ram:PayeeSpecifiedCreditorFinancialInstitution")
            bank.text("ram:BICID", content.pay_to.bic)
    for each in invoice.breakdowns:
        _breakdown(shown.below("ram:ApplicableTradeTax"), each, invoice)
    _period(shown, content.first_on, content.last_on)
    if content.due_on is not None or invoice.terms:
        terms = shown.below("ram:SpecifiedTradePaymentTerms")
        terms.text("ram:Description", invoice.terms)
        if content.due_on is not None:
            _day(terms, "ram:DueDateDateTime", content.due_on)
    _totals(shown.below("ram:SpecifiedTradeSettlementHeaderMonetarySummation"), invoice)
    if content.refers_to is not None:
        named = shown.below("ram:InvoiceReferencedDocument")
        named.text("ram:IssuerAssignedID", content.refers_to.number)
        day = named.below("ram:FormattedIssueDateTime")
        _day_text(day, "qdt:DateTimeString", content.refers_to.issued_on)


def _breakdown(shown: XmlWriter, each: TaxBreakdown, invoice: EInvoice) -> None:
    shown.text("ram:CalculatedAmount", invoice.amount(each.tax_minor))
    shown.text("ram:TypeCode", "VAT")
    shown.text("ram:ExemptionReason", each.exemption)
    shown.text("ram:BasisAmount", invoice.amount(each.base_minor))
    shown.text("ram:CategoryCode", each.category)
    shown.text("ram:ExemptionReasonCode", each.exemption_code)
    shown.text("ram:RateApplicablePercent", each.percent)


def _totals(shown: XmlWriter, invoice: EInvoice) -> None:
    content = invoice.content
    shown.text("ram:LineTotalAmount", invoice.amount(content.subtotal_minor))
    shown.text("ram:TaxBasisTotalAmount", invoice.amount(content.subtotal_minor))
    shown.text("ram:TaxTotalAmount", invoice.amount(content.tax_minor), currencyID=content.currency)
    shown.text("ram:GrandTotalAmount", invoice.amount(content.gross_minor))
    if invoice.prepaid_minor:
        shown.text("ram:TotalPrepaidAmount", invoice.amount(invoice.prepaid_minor))
    shown.text("ram:DuePayableAmount", invoice.amount(invoice.due_minor))


def _line(shown: XmlWriter, line: EInvoiceLine, invoice: EInvoice) -> None:
    document = shown.below("ram:AssociatedDocumentLineDocument")
    document.text("ram:LineID", str(line.position))
    if line.note:
        document.below("ram:IncludedNote").text("ram:Content", line.note)
    shown.below("ram:SpecifiedTradeProduct").text("ram:Name", line.name)
    price = shown.below("ram:SpecifiedLineTradeAgreement").below("ram:NetPriceProductTradePrice")
    price.text("ram:ChargeAmount", line.price)
    delivery = shown.below("ram:SpecifiedLineTradeDelivery")
    delivery.text("ram:BilledQuantity", line.quantity, unitCode=line.unit_code)
    settled = shown.below("ram:SpecifiedLineTradeSettlement")
    tax = settled.below("ram:ApplicableTradeTax")
    tax.text("ram:TypeCode", "VAT")
    tax.text("ram:CategoryCode", line.category)
    tax.text("ram:RateApplicablePercent", line.percent)
    _period(settled, line.first_on, line.last_on)
    total = settled.below("ram:SpecifiedTradeSettlementLineMonetarySummation")
    total.text("ram:LineTotalAmount", invoice.amount(line.amount_minor))


def _period(above: XmlWriter, first_on: date | None, last_on: date | None) -> None:
    if first_on is not None and last_on is not None:
        period = above.below("ram:BillingSpecifiedPeriod")
        _day(period, "ram:StartDateTime", first_on)
        _day(period, "ram:EndDateTime", last_on)


def _day(above: XmlWriter, name: str, day: date) -> None:
    _day_text(above.below(name), "udt:DateTimeString", day)


def _day_text(above: XmlWriter, name: str, day: date) -> None:
    above.text(name, f"{day:%Y%m%d}", format=_DAY_FORMAT)
