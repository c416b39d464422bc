"""Which time of accounts is billed: kept by billing, looked at here."""

from django.contrib import admin

from billing.invoicing.models import BilledSpan
from billing.record_admin import BillingFact


@admin.register(BilledSpan)
class BilledSpanAdmin(BillingFact):
    list_display = ("account", "billed_from", "billed_until")
    list_select_related = ("account",)
    search_fields = ("account__name", "account__public_id")
    ordering = ("account", "billed_from")
