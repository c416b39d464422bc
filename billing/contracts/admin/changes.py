"""Changes of subscriptions and pauses, as they were made; when what may change is set here."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.permissions import Permission
from approvals.models import Proposal
from approvals.operations.putting_forward import Wish, put_forward
from billing.contracts.models import (
    ChangeOutcome,
    ChangePolicy,
    SubscriptionChange,
    SubscriptionPause,
)
from billing.contracts.models.changes import ChangeTiming
from billing.record_admin import BillingFact, SeenByBilling
from core.admin import ReasonForm, TrackedAdmin
from core.clock import now


class ChangePolicyForm(ReasonForm):
    """When one kind of change may take effect; others decide it."""

    class Meta:
        model = ChangePolicy
        fields = ("product", "kind", "allows_now", "allows_period_end", "allows_date")


@admin.register(ChangePolicy)
class ChangePolicyAdmin(SeenByBilling, TrackedAdmin):
    permission_to_add = permission_to_change = Permission.CATALOGUE_PROPOSE
    form = add_form = ChangePolicyForm
    add_fields = fields = ("product", "kind", "allows_now", "allows_period_end", "allows_date")
    autocomplete_fields = ("product",)
    list_display = ("product", "kind", "allows_now", "allows_period_end", "allows_date")
    list_select_related = ("product",)
    ordering = ("kind", "pk")

    def perform(self, request: HttpRequest, row: ChangePolicy, form: Any, change: bool) -> Any:
        """Put it forward; the row is as it was until others approve."""
        said, person = form.cleaned_data, request.user
        assert isinstance(person, User)  # whoever opens the records is signed in
        timings = {
            ChangeTiming.NOW: said["allows_now"],
            ChangeTiming.PERIOD_END: said["allows_period_end"],
            ChangeTiming.DATE: said["allows_date"],
        }
        payload = {
            "change": said["kind"],
            "product": said["product"].code if said["product"] else "",
            "allows": [each.value for each, is_allowed in timings.items() if is_allowed],
        }
        wish = Wish("change_policy", payload, "new_terms", said["reason"])
        asked = put_forward(wish=wish, by=person, at=now())
        request.asked = asked  # type: ignore[attr-defined]  # where the page leads
        return row

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Lead to the page where others decide."""
        return self._led_on(request)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """Lead to the page where others decide."""
        return self._led_on(request)

    def _led_on(self, request: HttpRequest) -> HttpResponse:
        asked: Proposal = request.asked  # type: ignore[attr-defined]  # as `perform` says
        messages.success(request, "It was put forward; others decide.")
        return redirect("console:proposal", asked.public_id)


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
