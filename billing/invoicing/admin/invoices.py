"""Invoices, their lines and number series: written by bill runs, looked at here."""

from django.contrib import admin

from billing.invoicing.models import Invoice, InvoiceLine, NumberSeries
from billing.record_admin import BillingFact
from core.money import Money


@admin.register(Invoice)
class InvoiceAdmin(BillingFact):
    personal = frozenset({"billed_to"})
    console_path = "/invoices/{public_id}/"
    list_display = ("__str__", "account", "period_from", "state", "total_owed")
    list_filter = ("state", "currency")
    list_select_related = ("account",)
    search_fields = (
        "number__startswith",
        "public_id__exact",
        "account__name",
        "account__public_id",
    )
    search_help_text = "The beginning of a number, an id, or words of the account's name."
    ordering = ("-period_from", "-pk")

    @admin.display(description="Total", ordering="total_minor")
    def total_owed(self, invoice: Invoice) -> str:
        return str(invoice.total)


@admin.register(InvoiceLine)
class InvoiceLineAdmin(BillingFact):
    list_display = ("invoice", "position", "description", "quantity", "unit", "amount")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number__exact", "invoice__public_id__exact")
    search_help_text = "The number or the id of their invoice."
    ordering = ("-invoice", "position")

    @admin.display(ordering="amount_minor")
    def amount(self, line: InvoiceLine) -> str:
        return str(Money.from_minor(line.amount_minor, line.invoice.currency))


@admin.register(NumberSeries)
class NumberSeriesAdmin(BillingFact):
    list_display = ("prefix", "next_value", "last_issued_at")
    ordering = ("prefix",)
