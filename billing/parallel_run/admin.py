"""Parallel runs: facts of the day they were made."""

from django.contrib import admin

from billing.parallel_run.models import (
    ForeignAccount,
    ImportUnderWay,
    ParallelRun,
    ParallelRunRow,
    ParallelRunSku,
)
from billing.record_admin import BillingFact


@admin.register(ForeignAccount)
class ForeignAccountAdmin(BillingFact):
    list_display = ("provider", "foreign_id", "currency", "account")
    list_select_related = ("account",)
    search_fields = ("provider", "foreign_id", "account__name", "account__public_id")
    ordering = ("provider", "foreign_id", "pk")


@admin.register(ImportUnderWay)
class ImportUnderWayAdmin(BillingFact):
    list_display = ("file_name", "started_at", "started_by", "step", "rows_done", "rows_total")
    search_fields = ("file_name",)
    ordering = ("-pk",)


@admin.register(ParallelRun)
class ParallelRunAdmin(BillingFact):
    console_path = "/runs/parallel/{public_id}/"
    list_display = ("file_name", "ran_at", "ran_by", "public_id")
    search_fields = ("file_name", "public_id")
    ordering = ("-ran_at", "-pk")


@admin.register(ParallelRunRow)
class ParallelRunRowAdmin(BillingFact):
    list_display = ("run", "row_number", "sku", "fate", "expected_amount", "our_amount")
    list_filter = ("fate", "difference_reason")
    list_select_related = ("run",)
    search_fields = ("run__public_id", "sku", "event_id")
    ordering = ("-run", "row_number")


@admin.register(ParallelRunSku)
class ParallelRunSkuAdmin(BillingFact):
    list_display = ("run", "sku", "list_price", "row_count", "expected_amount", "our_amount")
    list_select_related = ("run",)
    search_fields = ("run__public_id", "sku")
    ordering = ("-run", "pk")
