"""Seats as they were bought and held, to read."""

from django.contrib import admin

from billing.contracts.models import BoughtSeats, SeatHolder
from billing.record_admin import BillingFact


@admin.register(BoughtSeats)
class BoughtSeatsAdmin(BillingFact):
    list_display = ("subscription", "price_code", "quantity", "valid_from", "valid_until")
    list_select_related = ("subscription__account", "subscription__plan_version__plan")
    search_fields = ("public_id", "subscription__public_id", "subscription__account__name")
    ordering = ("-valid_from", "-pk")


@admin.register(SeatHolder)
class SeatHolderAdmin(BillingFact):
    list_display = ("holder", "subscription", "price_code", "held_from", "held_until")
    list_select_related = ("subscription__account", "subscription__plan_version__plan")
    search_fields = ("public_id", "holder", "subscription__public_id")
    ordering = ("-held_from", "-pk")
