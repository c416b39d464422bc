"""Long invoices set against the ones before them: how far that is, and what it came to."""

from django.contrib import admin

from billing.invoicing.models import BillComparisonWork, ComparedPart
from billing.record_admin import BillingFact


@admin.register(BillComparisonWork)
class BillComparisonWorkAdmin(BillingFact):
    list_display = ("invoice", "earlier", "state", "line_count", "asked_by", "parked_reason")
    list_filter = ("state",)
    list_select_related = ("invoice", "earlier")
    search_fields = ("invoice__number", "invoice__public_id")
    ordering = ("-pk",)


@admin.register(ComparedPart)
class ComparedPartAdmin(BillingFact):
    list_display = ("comparison", "by", "place", "kind", "name", "minor", "more")
    list_filter = ("by", "kind")
    list_select_related = ("comparison__invoice", "comparison__earlier")
    search_fields = ("comparison__invoice__number", "comparison__invoice__public_id")
    ordering = ("-comparison", "by", "place")
