"""Products, plans, versions and prices. Only prices of a draft version change."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.permissions import Permission
from billing.catalogue.models import Plan, PlanVersion, Price, Product, WorkedCase
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.record_admin import BillingFact, SeenByBilling
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin


@admin.register(Product)
class ProductAdmin(SeenByBilling, TrackedAdmin):
    permission_to_add = Permission.CATALOGUE_PROPOSE
    fields = ("code", "name")
    list_display = ("name", "code", "public_id")
    search_fields = ("name", "code", "public_id")
    ordering = ("name", "pk")

    def perform(self, request: HttpRequest, row: Product, form: Any, change: bool) -> Product:
        return plans.create_product(
            code=row.code, name=row.name, by=current_actor(), reason=form.cleaned_data["reason"]
        )


@admin.register(Plan)
class PlanAdmin(SeenByBilling, TrackedAdmin):
    permission_to_add = Permission.CATALOGUE_PROPOSE
    fields = ("product", "code", "name", "currency")
    autocomplete_fields = ("product",)
    list_display = ("name", "code", "product", "currency", "public_id")
    list_filter = ("currency",)
    list_select_related = ("product",)
    search_fields = ("name", "code", "public_id")
    ordering = ("name", "pk")

    def perform(self, request: HttpRequest, row: Plan, form: Any, change: bool) -> Plan:
        return plans.create_plan(
            product=row.product,
            code=row.code,
            name=row.name,
            currency=row.currency,
            by=current_actor(),
            reason=form.cleaned_data["reason"],
        )


@admin.register(PlanVersion)
class PlanVersionAdmin(SeenByBilling, TrackedAdmin):
    """To add one is to draft the next version, without prices yet."""

    permission_to_add = Permission.CATALOGUE_PROPOSE
    console_path = "/catalogue/versions/{public_id}/"
    fields = ("plan", "effective_from")
    autocomplete_fields = ("plan",)
    list_display = ("plan", "number", "state", "effective_from", "published_at", "public_id")
    list_filter = ("state",)
    list_select_related = ("plan",)
    search_fields = ("plan__name", "plan__code", "public_id")
    ordering = ("plan__name", "-number")

    def perform(
        self, request: HttpRequest, row: PlanVersion, form: Any, change: bool
    ) -> PlanVersion:
        return plans.draft_version(
            plan=row.plan,
            effective_from=row.effective_from,
            prices=(),
            by=current_actor(),
            reason=form.cleaned_data["reason"],
        )


class PriceAdminForm(ReasonForm):
    """A price with room for its document."""

    class Meta:
        model = Price
        fields = (
            "plan_version",
            "code",
            "name",
            "meter",
            "match",
            "group_by",
            "tax_class",
            "definition",
        )
        widgets = {
            "match": forms.Textarea(attrs={"rows": 2}),
            "group_by": forms.Textarea(attrs={"rows": 2}),
            "definition": forms.Textarea(attrs={"rows": 16}),
        }


@admin.register(Price)
class PriceAdmin(SeenByBilling, TrackedAdmin):
    """Prices of drafts; what a published version charges is only shown."""

    permission_to_add = permission_to_change = Permission.CATALOGUE_PROPOSE
    form = PriceAdminForm
    fields = PriceAdminForm.Meta.fields
    autocomplete_fields = ("plan_version",)
    list_display = ("name", "code", "plan_version", "meter", "public_id")
    list_filter = ("plan_version__state",)
    list_select_related = ("plan_version__plan", "meter")
    search_fields = ("name", "code", "public_id", "plan_version__plan__name")
    ordering = ("plan_version", "position", "pk")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_frozen = obj is not None and not obj.plan_version.is_draft
        return super().has_change_permission(request, obj) and not is_frozen

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A price is found again by its code and never moves.
        return ("plan_version", "code") if obj is not None else ()

    def perform(self, request: HttpRequest, row: Price, form: Any, change: bool) -> Price:
        return plans.set_price(
            version=row.plan_version,
            terms=PriceTerms(
                code=row.code,
                name=row.name,
                definition=row.definition,
                meter=row.meter,
                match=row.match,
                group_by=row.group_by,
                tax_class=row.tax_class,
            ),
            by=current_actor(),
            reason=form.cleaned_data["reason"],
        )


@admin.register(WorkedCase)
class WorkedCaseAdmin(BillingFact):
    list_display = ("name", "plan_version", "position")
    list_select_related = ("plan_version__plan",)
    search_fields = ("name", "plan_version__plan__name")
    ordering = ("plan_version", "position", "pk")
