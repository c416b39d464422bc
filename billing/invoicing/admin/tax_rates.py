"""Tax rates, exemptions and policies under /admin: one person puts forward, another puts in force.

To add one is to put it forward; to change one is to approve it, and says nothing but why. Days are
those of the jurisdiction's own clock, where a policy names it.
"""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.models import Account
from accounts.models.accounts import validate_zone
from accounts.permissions import Permission
from billing.invoicing.models import JurisdictionPolicy, TaxExemption, TaxRate
from billing.invoicing.models.tax_rates import DECIDED_BY, ROUNDINGS
from billing.invoicing.operations import tax_rates
from billing.invoicing.operations.tax_rates import ExemptionTerms, PolicyTerms, RateTerms
from billing.invoicing.queries.tax_days import first_instant
from billing.invoicing.tax import DatePolicy, TaxRounding
from billing.record_admin import SeenByBilling
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin
from core.clock import now
from core.periods import local_midnight

_DAY = forms.DateInput(attrs={"type": "date"})


class _PutForward(SeenByBilling, TrackedAdmin):
    """Added by who may put a tax change forward, changed only by who approves it."""

    permission_to_add = Permission.CATALOGUE_PROPOSE
    permission_to_change = Permission.CATALOGUE_APPROVE
    told: ClassVar[tuple[str, ...]] = ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_decided = obj is not None and bool(obj.approved_by)
        return super().has_change_permission(request, obj) and not is_decided

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self.told, "valid_from", "valid_until", "proposed_by", "approved_by"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)


class ProposedRateForm(ReasonForm):
    """A rate from a day on."""

    jurisdiction = forms.CharField(max_length=16, help_text="Such as DE, or US-CA.")
    product_class = forms.SlugField(
        max_length=64, required=False, help_text="Class of products; empty is all others."
    )
    name = forms.CharField(max_length=100, help_text="As printed, such as VAT.")
    rate = forms.DecimalField(
        max_digits=12,
        decimal_places=10,
        min_value=Decimal(0),
        max_value=Decimal("0.9999999999"),
        help_text="A share: 0.19 is 19 %.",
    )
    begins_on = forms.DateField(widget=_DAY, help_text="Where the tax is due.")

    class Meta:
        model = TaxRate
        fields: ClassVar[list[str]] = []


@admin.register(TaxRate)
class TaxRateAdmin(_PutForward):
    add_form = ProposedRateForm
    add_fields = ("jurisdiction", "product_class", "name", "rate", "begins_on")
    told = ("jurisdiction", "product_class", "name", "rate")
    list_display = (
        "jurisdiction", "name", "rate", "product_class", "valid_from", "valid_until", "approved_by",
    )  # fmt: skip
    list_filter = ("jurisdiction",)
    search_fields = ("jurisdiction", "public_id")
    ordering = ("jurisdiction", "-valid_from")

    def perform(self, request: HttpRequest, row: TaxRate, form: Any, change: bool) -> TaxRate:
        by, said = current_actor(), form.cleaned_data
        if change:
            return tax_rates.approve_rate(rate=row, at=now(), by=by, reason=said["reason"])
        terms = RateTerms(
            jurisdiction=said["jurisdiction"],
            name=said["name"],
            rate=said["rate"],
            valid_from=first_instant(said["jurisdiction"], said["begins_on"]),
            product_class=said["product_class"],
        )
        return tax_rates.propose_rate(terms=terms, by=by, reason=said["reason"])


class ProposedPolicyForm(ReasonForm):
    """A policy from a day on."""

    jurisdiction = forms.CharField(max_length=16, help_text="Such as DE, or US-CA.")
    decided_by = forms.ChoiceField(choices=DECIDED_BY, label="The rate is that of")
    rounding = forms.ChoiceField(choices=ROUNDINGS, label="Tax is rounded")
    zone = forms.CharField(
        max_length=64, validators=[validate_zone], help_text="IANA time zone its days are of."
    )
    waits_for_register = forms.BooleanField(
        required=False,
        help_text="Bill a tax id that would shift the tax only once its register answered.",
    )
    begins_on = forms.DateField(widget=_DAY, help_text="On the clock of the time zone above.")

    class Meta:
        model = JurisdictionPolicy
        fields: ClassVar[list[str]] = []


@admin.register(JurisdictionPolicy)
class JurisdictionPolicyAdmin(_PutForward):
    add_form = ProposedPolicyForm
    add_fields = (
        "jurisdiction", "decided_by", "rounding", "zone", "waits_for_register", "begins_on",
    )  # fmt: skip
    told = ("jurisdiction", "decided_by", "rounding", "zone", "waits_for_register")
    list_display = (
        "jurisdiction", "decided_by", "rounding", "zone", "valid_from", "valid_until",
        "approved_by",
    )  # fmt: skip
    list_filter = ("jurisdiction",)
    search_fields = ("jurisdiction", "public_id")
    ordering = ("jurisdiction", "-valid_from")

    def perform(
        self, request: HttpRequest, row: JurisdictionPolicy, form: Any, change: bool
    ) -> JurisdictionPolicy:
        by, said = current_actor(), form.cleaned_data
        if change:
            return tax_rates.approve_policy(policy=row, at=now(), by=by, reason=said["reason"])
        terms = PolicyTerms(
            jurisdiction=said["jurisdiction"],
            valid_from=local_midnight(said["begins_on"], said["zone"]),
            decided_by=DatePolicy(said["decided_by"]),
            rounding=TaxRounding(said["rounding"]),
            zone=said["zone"],
            waits_for_register=said["waits_for_register"],
        )
        return tax_rates.propose_policy(terms=terms, by=by, reason=said["reason"])


class ProposedExemptionForm(ReasonForm):
    """A certificate for some days, the last one included."""

    account = forms.ModelChoiceField(
        Account.objects.all(), to_field_name="public_id", widget=forms.TextInput,
        help_text="Public id of the account, such as acc_…",
    )  # fmt: skip
    jurisdiction = forms.CharField(max_length=16, required=False, help_text="Empty is all.")
    certificate = forms.CharField(max_length=300, help_text="Its number and who issued it.")
    begins_on = forms.DateField(widget=_DAY)
    ends_on = forms.DateField(widget=_DAY, required=False, help_text="The day after its last.")

    class Meta:
        model = TaxExemption
        fields: ClassVar[list[str]] = []


@admin.register(TaxExemption)
class TaxExemptionAdmin(_PutForward):
    add_form = ProposedExemptionForm
    add_fields = ("account", "jurisdiction", "certificate", "begins_on", "ends_on")
    told = ("account", "jurisdiction", "certificate")
    list_display = (
        "account", "jurisdiction", "certificate", "valid_from", "valid_until", "approved_by",
    )  # fmt: skip
    list_select_related = ("account",)
    search_fields = ("account__name", "account__public_id", "certificate", "public_id")
    ordering = ("-valid_from", "-pk")

    def perform(
        self, request: HttpRequest, row: TaxExemption, form: Any, change: bool
    ) -> TaxExemption:
        by, said = current_actor(), form.cleaned_data
        if change:
            return tax_rates.approve_exemption(
                exemption=row, at=now(), by=by, reason=said["reason"]
            )
        place, ends_on = said["jurisdiction"], said["ends_on"]
        terms = ExemptionTerms(
            certificate=said["certificate"],
            valid_from=first_instant(place, said["begins_on"]),
            valid_until=first_instant(place, ends_on) if ends_on else None,
            jurisdiction=place,
        )
        return tax_rates.propose_exemption(
            account=said["account"], terms=terms, by=by, reason=said["reason"]
        )
