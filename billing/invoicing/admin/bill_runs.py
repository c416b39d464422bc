"""Bill runs with their chunks and items: the console retries them, here they are looked at."""

from django.contrib import admin

from billing.invoicing.models import BillRun, BillRunChunk, BillRunItem
from billing.record_admin import BillingFact


@admin.register(BillRun)
class BillRunAdmin(BillingFact):
    console_path = "/runs/{public_id}/"
    list_display = ("public_id", "as_of", "started_at", "started_by", "finished_at", "reason")
    search_fields = ("public_id", "started_by")
    ordering = ("-started_at", "-pk")


@admin.register(BillRunChunk)
class BillRunChunkAdmin(BillingFact):
    list_display = ("run", "number", "state", "attempts", "lease_until", "last_error")
    list_filter = ("state",)
    list_select_related = ("run",)
    search_fields = ("run__public_id",)
    ordering = ("-run", "number")


@admin.register(BillRunItem)
class BillRunItemAdmin(BillingFact):
    list_display = ("account", "period_from", "state", "empty_because", "parked_reason", "run")
    list_filter = ("state", "empty_because", "parked_code")
    list_select_related = ("account", "run")
    search_fields = ("run__public_id", "account__name", "account__public_id")
    ordering = ("-run", "pk")
