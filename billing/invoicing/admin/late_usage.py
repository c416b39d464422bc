"""Late usage: decided by its operations, looked at here."""

from django.contrib import admin

from billing.invoicing.models import LateUsageAmount, LateUsageDecision
from billing.record_admin import BillingFact


@admin.register(LateUsageDecision)
class LateUsageDecisionAdmin(BillingFact):
    list_display = ("invoice", "fate", "through_at", "billed_on", "decided_at", "decided_by")
    list_filter = ("fate",)
    list_select_related = ("invoice", "billed_on")
    search_fields = ("invoice__number__startswith", "invoice__public_id__exact")
    ordering = ("-decided_at", "-pk")


@admin.register(LateUsageAmount)
class LateUsageAmountAdmin(BillingFact):
    list_display = ("decision", "charge_key")
    list_select_related = ("decision__invoice",)
    search_fields = ("decision__invoice__number__startswith", "charge_key")
    ordering = ("-pk",)
