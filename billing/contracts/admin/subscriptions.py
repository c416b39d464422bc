"""Subscriptions: started and ended through their operations."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.http import HttpRequest

from accounts.permissions import Permission
from billing.contracts.models import Subscription
from billing.contracts.operations import subscriptions
from billing.record_admin import SeenByBilling
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin
from core.admin_forms import SplitInstantField


class NewSubscriptionForm(ReasonForm):
    """An account on a plan; the version follows from the instant."""

    class Meta:
        model = Subscription
        fields = ("account", "plan", "started_at", "ended_at")


class EndingForm(ReasonForm):
    """When the subscription ends."""

    ended_at = SplitInstantField(widget=AdminSplitDateTime())


@admin.register(Subscription)
class SubscriptionAdmin(SeenByBilling, TrackedAdmin):
    permission_to_add = permission_to_change = Permission.ACCOUNTS_MAINTAIN
    form = EndingForm
    add_form = NewSubscriptionForm
    add_fields = ("account", "plan", "started_at", "ended_at")
    fields = ("public_id", "account", "plan_version", "started_at", "ended_at")
    readonly_fields = ("public_id", "account", "plan_version", "started_at")
    autocomplete_fields = ("account", "plan")
    list_display = ("account", "plan_version", "started_at", "ended_at", "public_id")
    list_select_related = ("account", "plan_version__plan")
    search_fields = ("public_id", "account__name", "account__public_id", "plan__name")
    ordering = ("-started_at", "-pk")

    def perform(
        self, request: HttpRequest, row: Subscription, form: Any, change: bool
    ) -> Subscription:
        by, reason = current_actor(), form.cleaned_data["reason"]
        if change:
            return subscriptions.end(
                subscription=row, at=form.cleaned_data["ended_at"], by=by, reason=reason
            )
        return subscriptions.start(
            account=row.account,
            plan=row.plan,
            at=row.started_at,
            until=row.ended_at,
            by=by,
            reason=reason,
        )
