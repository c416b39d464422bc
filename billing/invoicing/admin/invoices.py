"""Invoices, their lines and number series: written by bill runs, looked at here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from billing.invoicing.models import Invoice, InvoiceLine, NumberingChange, NumberSeries
from billing.record_admin import BillingFact
from core.decimals import decimal_text
from core.money import Money


@admin.register(Invoice)
class InvoiceAdmin(BillingFact):
    personal = frozenset({"billed_to"})
    console_path = "/invoices/{public_id}/"
    list_display = ("__str__", "account", "kind", "period_from", "state", "total_owed")
    list_filter = ("kind", "state", "currency")
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
    list_display = ("invoice", "position", "description", "priced", "amount")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number__exact", "invoice__public_id__exact")
    search_help_text = "The number or the id of their invoice."
    ordering = ("-invoice", "position")

    @admin.display(description="Quantity", empty_value="")
    def priced(self, line: InvoiceLine) -> str | None:
        quantity = line.rated_quantity
        return None if quantity is None else f"{decimal_text(quantity)} {line.unit}".rstrip()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A quantity stands where one was priced, and nowhere else."""
        names = [name for name in super().get_fields(request, obj) if name != "unit"]
        return ["priced" if name == "quantity" else name for name in names]

    @admin.display(ordering="amount_minor")
    def amount(self, line: InvoiceLine) -> str:
        return str(Money.from_minor(line.amount_minor, line.invoice.currency))


@admin.register(NumberSeries)
class NumberSeriesAdmin(BillingFact):
    list_display = ("prefix", "next_value", "last_issued_at", "yearly_from")
    ordering = ("prefix",)


@admin.register(NumberingChange)
class NumberingChangeAdmin(BillingFact):
    list_display = ("series", "yearly_from", "changed_at", "changed_by", "reason")
    list_select_related = ("series",)
    search_fields = ("series__prefix", "public_id")
    ordering = ("-changed_at", "-pk")
