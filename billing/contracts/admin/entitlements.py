"""Entitlements: made by proposals, looked at here."""

from django.contrib import admin

from billing.contracts.models import Entitlement
from billing.record_admin import BillingFact


@admin.register(Entitlement)
class EntitlementAdmin(BillingFact):
    list_display = ("feature", "value", "plan", "account", "valid_from", "valid_until")
    list_select_related = ("plan", "account")
    search_fields = ("public_id", "feature", "plan__code", "account__name", "account__public_id")
    ordering = ("feature", "-valid_from", "-pk")
