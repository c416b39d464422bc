"""Credit notes, taxes and voids: what invoices are corrected and taxed by, looked at here."""

from django.contrib import admin

from billing.invoicing.models import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    InvoiceTax,
    InvoiceVoid,
)
from billing.record_admin import BillingFact
from core.money import Money


@admin.register(CreditNote)
class CreditNoteAdmin(BillingFact):
    personal = frozenset({"billed_to"})
    list_display = ("number", "invoice", "reason_code", "issued_at", "amount", "issued_by")
    list_filter = ("reason_code", "currency")
    list_select_related = ("invoice",)
    search_fields = ("number", "public_id", "invoice__number", "ticket")
    ordering = ("-issued_at", "-pk")

    @admin.display(description="total", ordering="total_minor")
    def amount(self, note: CreditNote) -> str:
        return str(note.total)


@admin.register(CreditNoteLine)
class CreditNoteLineAdmin(BillingFact):
    list_display = ("note", "description", "amount")
    list_select_related = ("note",)
    search_fields = ("note__number", "charge_key")
    ordering = ("-pk",)

    @admin.display(ordering="amount_minor")
    def amount(self, line: CreditNoteLine) -> str:
        return str(Money.from_minor(line.amount_minor, line.note.currency))


@admin.register(CreditNoteTax)
class CreditNoteTaxAdmin(BillingFact):
    list_display = ("note", "group", "base_minor", "tax_minor")
    list_select_related = ("note",)
    search_fields = ("note__number",)
    ordering = ("-pk",)


@admin.register(InvoiceTax)
class InvoiceTaxAdmin(BillingFact):
    list_display = ("invoice", "name", "jurisdiction", "treatment", "rate", "tax")
    list_filter = ("treatment", "jurisdiction")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "invoice__public_id")
    ordering = ("-pk",)

    @admin.display(ordering="tax_minor")
    def tax(self, tax: InvoiceTax) -> str:
        return str(Money.from_minor(tax.tax_minor, tax.invoice.currency))


@admin.register(InvoiceVoid)
class InvoiceVoidAdmin(BillingFact):
    list_display = ("invoice", "voided_at", "voided_by", "reason")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "invoice__public_id", "public_id")
    ordering = ("-voided_at", "-pk")
