"""Invoices of another system: facts as they were read."""

from django.contrib import admin

from billing.legacy.models import CutOver, LegacyImport, LegacyInvoice
from billing.record_admin import BillingFact


@admin.register(LegacyImport)
class LegacyImportAdmin(BillingFact):
    console_path = "/runs/legacy/{public_id}/"
    list_display = ("system", "imported_at", "imported_by", "public_id")
    search_fields = ("public_id", "system")
    ordering = ("-imported_at", "-pk")


@admin.register(LegacyInvoice)
class LegacyInvoiceAdmin(BillingFact):
    console_path = "/runs/legacy/invoices/{public_id}/"
    list_display = ("number", "system", "account", "issued_on", "currency", "public_id")
    list_select_related = ("account",)
    search_fields = ("number", "foreign_id", "public_id")
    ordering = ("-pk",)


@admin.register(CutOver)
class CutOverAdmin(BillingFact):
    list_display = ("account", "system", "switch_at", "currency", "opening_minor", "public_id")
    list_select_related = ("account",)
    search_fields = ("public_id", "system")
    ordering = ("-pk",)
