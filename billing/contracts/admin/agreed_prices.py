"""Agreed prices: made by their operations, looked at here."""

from django.contrib import admin

from billing.contracts.models import PriceOverride
from billing.record_admin import BillingFact


@admin.register(PriceOverride)
class PriceOverrideAdmin(BillingFact):
    list_display = ("price_code", "subscription", "valid_from", "valid_until", "agreed_by")
    list_select_related = ("subscription__account", "subscription__plan_version__plan")
    search_fields = ("public_id", "price_code", "subscription__account__name")
    ordering = ("-valid_from", "-pk")
