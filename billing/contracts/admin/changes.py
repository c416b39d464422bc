"""Changes of subscriptions and pauses, as they were made; when what may change is set here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.permissions import Permission
from billing.contracts.models import (
    ChangeOutcome,
    ChangePolicy,
    SubscriptionChange,
    SubscriptionPause,
)
from billing.record_admin import BillingFact, SeenByBilling
from core.admin import ReasonForm, TrackedAdmin


class ChangePolicyForm(ReasonForm):
    """When one kind of change may take effect."""

    class Meta:
        model = ChangePolicy
        fields = ("product", "kind", "allows_now", "allows_period_end", "allows_date")


@admin.register(ChangePolicy)
class ChangePolicyAdmin(SeenByBilling, TrackedAdmin):
    permission_to_add = permission_to_change = Permission.BILLING_RULES_CHANGE
    form = add_form = ChangePolicyForm
    add_fields = fields = ("product", "kind", "allows_now", "allows_period_end", "allows_date")
    autocomplete_fields = ("product",)
    list_display = ("product", "kind", "allows_now", "allows_period_end", "allows_date")
    list_select_related = ("product",)
    ordering = ("kind", "pk")

    def perform(self, request: HttpRequest, row: ChangePolicy, form: Any, change: bool) -> Any:
        row.save()
        return row


@admin.register(SubscriptionChange)
class SubscriptionChangeAdmin(BillingFact):
    list_display = ("public_id", "subscription", "kind", "to_plan", "effective_at", "asked_by")
    list_filter = ("kind",)
    list_select_related = ("subscription__account", "subscription__plan_version__plan", "to_plan")
    search_fields = ("public_id", "subscription__public_id", "subscription__account__name")
    ordering = ("-asked_at", "-pk")


@admin.register(ChangeOutcome)
class ChangeOutcomeAdmin(BillingFact):
    list_display = ("change", "outcome", "decided_at", "decided_by")
    list_filter = ("outcome",)
    list_select_related = ("change",)
    search_fields = ("change__public_id",)
    ordering = ("-decided_at", "-pk")


@admin.register(SubscriptionPause)
class SubscriptionPauseAdmin(BillingFact):
    list_display = ("public_id", "subscription", "cause", "paused_from", "paused_until")
    list_filter = ("cause",)
    list_select_related = ("subscription__account", "subscription__plan_version__plan")
    search_fields = ("public_id", "subscription__public_id", "subscription__account__name")
    ordering = ("-paused_from", "-pk")
