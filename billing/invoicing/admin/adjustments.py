"""Adjustments: made by their operations, looked at here."""

from django.contrib import admin

from billing.invoicing.models import Adjustment, AdjustmentBilled
from billing.record_admin import BillingFact


@admin.register(Adjustment)
class AdjustmentAdmin(BillingFact):
    list_display = ("public_id", "account", "description", "amount", "made_at", "made_by")
    list_filter = ("reason_code", "currency")
    list_select_related = ("account",)
    search_fields = ("public_id", "ticket", "account__public_id", "account__name")
    ordering = ("-made_at", "-pk")


@admin.register(AdjustmentBilled)
class AdjustmentBilledAdmin(BillingFact):
    list_display = ("adjustment", "invoice")
    list_select_related = ("adjustment", "invoice")
    search_fields = ("adjustment__public_id", "invoice__number")
    ordering = ("-pk",)
