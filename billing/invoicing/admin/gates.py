"""What keeps bills back, who let them pass, and what was agreed about an account's invoices."""

from django.contrib import admin

from billing.invoicing.models import (
    Consolidation,
    InvoiceTerms,
    OneOffInvoice,
    SanityPolicy,
    SanityRelease,
    SourceWaiver,
)
from billing.record_admin import BillingFact


@admin.register(InvoiceTerms)
class InvoiceTermsAdmin(BillingFact):
    list_display = ("account", "grace_days", "consolidates", "threshold_minor", "purchase_order")
    list_filter = ("consolidates",)
    list_select_related = ("account",)
    search_fields = ("account__name", "account__public_id", "purchase_order")
    ordering = ("account__name", "pk")


@admin.register(OneOffInvoice)
class OneOffInvoiceAdmin(BillingFact):
    list_display = ("invoice", "prepared_by", "prepared_at", "approved_by", "ticket")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "invoice__public_id", "ticket")
    ordering = ("-prepared_at", "-pk")


@admin.register(Consolidation)
class ConsolidationAdmin(BillingFact):
    list_display = ("payer", "period_from", "state", "invoice", "parked_reason")
    list_filter = ("state",)
    list_select_related = ("payer", "invoice")
    search_fields = ("payer__name", "payer__public_id")
    ordering = ("-period_from", "-pk")


@admin.register(SourceWaiver)
class SourceWaiverAdmin(BillingFact):
    list_display = ("source", "account", "through_at", "waived_by", "reason")
    list_select_related = ("source", "account")
    search_fields = ("source__name", "account__name", "public_id")
    ordering = ("-waived_at", "-pk")


@admin.register(SanityPolicy)
class SanityPolicyAdmin(BillingFact):
    list_display = ("currency", "set_at", "line_max_minor", "invoice_max_minor", "times_usual")
    list_filter = ("currency",)
    search_fields = ("currency", "public_id")
    ordering = ("-set_at", "-pk")


@admin.register(SanityRelease)
class SanityReleaseAdmin(BillingFact):
    list_display = ("account", "period_from", "figure", "released_by", "reason")
    list_select_related = ("account",)
    search_fields = ("account__name", "account__public_id", "public_id")
    ordering = ("-released_at", "-pk")
