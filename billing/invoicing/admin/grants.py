"""Grants and their movements: made by their operations, looked at here."""

from django.contrib import admin

from billing.invoicing.models import CreditGrant, GrantMovement
from billing.record_admin import BillingFact


@admin.register(CreditGrant)
class CreditGrantAdmin(BillingFact):
    list_display = ("public_id", "account", "name", "kind", "amount", "unit", "expires_at")
    list_filter = ("kind", "currency")
    list_select_related = ("account",)
    search_fields = ("public_id", "name", "ticket", "account__public_id", "account__name")
    ordering = ("-granted_at", "-pk")


@admin.register(GrantMovement)
class GrantMovementAdmin(BillingFact):
    list_display = ("public_id", "grant", "kind", "change", "worth_minor", "invoice", "made_at")
    list_filter = ("kind",)
    list_select_related = ("grant", "invoice")
    search_fields = ("public_id", "grant__public_id", "invoice__number")
    ordering = ("-pk",)
