"""Coupons and their redemptions: made by their operations, looked at here."""

from django.contrib import admin

from billing.contracts.models import Coupon, CouponRedemption
from billing.record_admin import BillingFact


@admin.register(Coupon)
class CouponAdmin(BillingFact):
    list_display = ("code", "name", "share", "amount_minor", "periods", "redemptions_max")
    search_fields = ("public_id", "code", "name")
    ordering = ("-made_at", "-pk")


@admin.register(CouponRedemption)
class CouponRedemptionAdmin(BillingFact):
    list_display = ("public_id", "coupon", "account", "place", "redeemed_at", "released_at")
    list_select_related = ("coupon", "account")
    search_fields = ("public_id", "coupon__code", "account__name", "account__public_id")
    ordering = ("-redeemed_at", "-pk")
