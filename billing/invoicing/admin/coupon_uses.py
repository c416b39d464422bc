"""Uses of coupons: written by issuing, looked at here."""

from django.contrib import admin

from billing.invoicing.models import CouponUse
from billing.record_admin import BillingFact


@admin.register(CouponUse)
class CouponUseAdmin(BillingFact):
    list_display = ("redemption", "invoice", "amount_minor")
    list_select_related = ("redemption__coupon", "invoice")
    search_fields = ("redemption__public_id", "invoice__number")
    ordering = ("-pk",)
