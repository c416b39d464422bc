"""Licences and their pools as records: agreed and amended in the console, looked at here."""

from django.contrib import admin

from billing.licences.models import (
    License,
    LicenseAmendment,
    LicenseProduct,
    LicenseQuote,
    Movement,
    PoolAlert,
    PoolBucket,
    PoolCommitment,
    QuoteAcceptance,
)
from billing.record_admin import BillingFact


@admin.register(License)
class LicenseAdmin(BillingFact):
    list_display = ("number", "name", "account", "starts_at", "ends_at", "renewal_notice_on")
    list_select_related = ("account",)
    search_fields = ("public_id__exact", "number__exact", "account__name")
    ordering = ("ends_at", "-pk")


@admin.register(LicenseQuote)
class LicenseQuoteAdmin(BillingFact):
    list_display = ("number", "version", "account", "valid_until", "made_at", "made_by")
    list_select_related = ("account",)
    search_fields = ("public_id__exact", "number__exact", "account__name")
    ordering = ("-made_at", "-pk")


@admin.register(QuoteAcceptance)
class QuoteAcceptanceAdmin(BillingFact):
    list_display = ("quote", "accepted_by", "accepted_on", "recorded_at", "recorded_by")
    list_select_related = ("quote",)
    search_fields = ("quote__number__exact", "quote__public_id__exact")
    ordering = ("-recorded_at", "-pk")


@admin.register(LicenseProduct)
class LicenseProductAdmin(BillingFact):
    list_display = ("license", "code", "name", "quantity", "unit_price", "overage_price", "billed")
    list_select_related = ("license",)
    search_fields = ("license__number__exact", "code__exact")
    ordering = ("-pk",)


@admin.register(LicenseAmendment)
class LicenseAmendmentAdmin(BillingFact):
    list_display = ("license", "kind", "commitment", "effective_at", "was", "became", "made_by")
    list_filter = ("kind",)
    list_select_related = ("license", "commitment")
    search_fields = ("public_id__exact", "license__number__exact")
    ordering = ("-made_at", "-pk")


@admin.register(PoolCommitment)
class CommitmentAdmin(BillingFact):
    list_display = ("name", "license", "unit", "window", "quantity", "rollover", "priority")
    list_filter = ("window", "rollover")
    list_select_related = ("license",)
    search_fields = ("public_id__exact", "license__number__exact")
    ordering = ("-pk",)


@admin.register(PoolBucket)
class BucketAdmin(BillingFact):
    list_display = ("commitment", "number", "is_carried", "window_from", "granted", "balance")
    list_select_related = ("commitment",)
    search_fields = ("public_id__exact", "commitment__public_id__exact")
    ordering = ("-pk",)


@admin.register(Movement)
class MovementAdmin(BillingFact):
    list_display = ("kind", "units", "bucket", "effective_at", "account", "document", "reverses")
    list_filter = ("kind",)
    list_select_related = ("bucket__commitment", "account", "reverses")
    search_fields = ("public_id__exact", "document__exact", "bucket__public_id__exact")
    ordering = ("-pk",)


@admin.register(PoolAlert)
class PoolAlertAdmin(BillingFact):
    list_display = ("bucket", "threshold", "used", "told_at")
    list_select_related = ("bucket__commitment",)
    search_fields = ("bucket__public_id__exact",)
    ordering = ("-pk",)
