"""Invoices, their lines and number series: written by bill runs, looked at here."""

from django.contrib import admin

from billing.admin.records import BillingFact
from billing.models import Invoice, InvoiceLine, NumberSeries


@admin.register(Invoice)
class InvoiceAdmin(BillingFact):
    personal = frozenset({"billed_to"})
    console_path = "/invoices/{public_id}/"
    list_display = ("__str__", "account", "period_from", "state", "currency", "total_minor")
    list_filter = ("state", "currency")
    list_select_related = ("account",)
    search_fields = ("number", "public_id", "account__name", "account__public_id")
    ordering = ("-period_from", "-pk")


@admin.register(InvoiceLine)
class InvoiceLineAdmin(BillingFact):
    list_display = ("invoice", "position", "description", "quantity", "unit", "amount_minor")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "invoice__public_id", "key")
    ordering = ("-invoice", "position")


@admin.register(NumberSeries)
class NumberSeriesAdmin(BillingFact):
    list_display = ("prefix", "next_value")
    ordering = ("prefix",)
