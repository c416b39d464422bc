"""Limits on spending as records: set in the console, looked at here."""

from django.contrib import admin

from billing.record_admin import BillingFact
from billing.spending.models import SpendingLimit, SpendingMark, SpendingResume, SpendingWatch


@admin.register(SpendingLimit)
class SpendingLimitAdmin(BillingFact):
    list_display = ("public_id", "account", "stops", "amount_minor", "valid_from", "valid_until")
    list_filter = ("stops",)
    list_select_related = ("account",)
    search_fields = ("public_id__exact", "account__name", "account__public_id__exact")
    ordering = ("-valid_from", "-pk")


@admin.register(SpendingMark)
class SpendingMarkAdmin(BillingFact):
    list_display = ("limit", "kind", "mark", "window_from", "spent_minor", "told_at")
    list_filter = ("kind", "is_stop")
    list_select_related = ("limit",)
    search_fields = ("public_id__exact", "limit__public_id__exact")
    ordering = ("-told_at", "-pk")


@admin.register(SpendingResume)
class SpendingResumeAdmin(BillingFact):
    list_display = ("stop", "because", "resumed_at", "resumed_by")
    list_filter = ("because",)
    list_select_related = ("stop",)
    search_fields = ("stop__public_id__exact",)
    ordering = ("-resumed_at", "-pk")


@admin.register(SpendingWatch)
class SpendingWatchAdmin(BillingFact):
    list_display = ("account", "looked_at", "again_at", "problem")
    list_select_related = ("account",)
    search_fields = ("account__name", "account__public_id__exact")
    ordering = ("again_at", "pk")
