"""Accounts, their billing profiles and payers. The past of a timeline is read-only."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.models import Account, BillingProfile, PayerAssignment
from accounts.models.accounts import validate_zone
from accounts.operations import accounts, payers, profiles
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import TERMS_DAYS_MAX, ProfileTerms
from accounts.permissions import Permission
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin
from core.clock import now

_PERSONAL = frozenset({"legal_name", "address", "tax_id", "email"})


class NewAccountForm(ReasonForm):
    """An account with its first profile."""

    legal_name = forms.CharField(max_length=300)
    address = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    tax_id = forms.CharField(required=False, max_length=64)
    email = forms.EmailField(required=False)
    country = forms.CharField(required=False, max_length=2, help_text="Such as DE.")
    region = forms.CharField(required=False, max_length=8, help_text="Such as CA.")
    tax_id_status = forms.ChoiceField(required=False, choices=BillingProfile.TaxIdStatus.choices)
    prices_include_tax = forms.BooleanField(required=False)
    language = forms.ChoiceField(choices=BillingProfile.Language.choices)
    zone = forms.CharField(validators=[validate_zone], help_text="IANA time zone.")
    terms_days = forms.IntegerField(min_value=0, max_value=TERMS_DAYS_MAX, initial=30)

    class Meta:
        model = Account
        fields = ("name", "kind", "parent", "currency")


@admin.register(Account)
class AccountAdmin(TrackedAdmin):
    permission_to_add = permission_to_change = Permission.ACCOUNTS_MAINTAIN
    console_path = "/accounts/{public_id}/"
    add_form = NewAccountForm
    add_fields = (
        "name", "kind", "parent", "currency",
        "legal_name", "address", "country", "region", "tax_id", "tax_id_status",
        "prices_include_tax", "email", "language", "zone", "terms_days",
    )  # fmt: skip
    fields = (
        "public_id", "name", "kind", "parent", "currency",
        "opened_at", "closed_at", "billing_anchor_on",
    )  # fmt: skip
    readonly_fields = (
        "public_id", "kind", "parent", "currency", "opened_at", "closed_at", "billing_anchor_on",
    )  # fmt: skip
    list_display = ("name", "public_id", "kind", "parent", "currency", "opened_at", "closed_at")
    list_filter = ("kind", "currency")
    list_select_related = ("parent",)
    search_fields = ("name", "public_id")
    ordering = ("name", "pk")
    autocomplete_fields = ("parent",)

    def perform(self, request: HttpRequest, row: Account, form: Any, change: bool) -> Account:
        said = form.cleaned_data
        done = {"at": now(), "by": current_actor(), "reason": said["reason"]}
        if change:
            return accounts.rename(account=row, name=said["name"], **done)
        return accounts.open(
            new=NewAccount(said["name"], said["kind"], said["currency"], parent=said["parent"]),
            profile=_terms(said),
            **done,
        )


class _TimelineAdmin(TrackedAdmin):
    """A version is added, which ends the one before; none is changed."""

    permission_to_add = Permission.ACCOUNTS_MAINTAIN
    autocomplete_fields: ClassVar[tuple[str, ...]] = ("account",)
    list_select_related: ClassVar[tuple[str, ...]] = ("account",)
    search_fields = ("account__name", "account__public_id")


@admin.register(BillingProfile)
class BillingProfileAdmin(_TimelineAdmin):
    fields = (
        "account", "valid_from", "legal_name", "address", "country", "region", "tax_id",
        "tax_id_status", "prices_include_tax", "email", "language", "zone", "terms_days",
    )  # fmt: skip
    list_display = ("account", "legal_name", "zone", "terms_days", "valid_from", "valid_until")
    ordering = ("-valid_from", "pk")

    def masked_fields(self, request: HttpRequest) -> frozenset[str]:
        # Whoever maintains it reads what they replace; others ask in the console.
        if request.user.has_perm(Permission.ACCOUNTS_MAINTAIN.value):
            return frozenset()
        reads = request.user.has_perm(Permission.BILLING_READ.value)
        return frozenset({"email"}) if reads else _PERSONAL

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_choice_field(db_field, request, **kwargs)
        if field is not None and db_field.name == "tax_id_status":
            # Without a word nobody has confirmed it.
            field.required = False
        return field

    def perform(
        self, request: HttpRequest, row: BillingProfile, form: Any, change: bool
    ) -> BillingProfile:
        return profiles.revise(
            account=row.account,
            terms=_terms(form.cleaned_data),
            at=row.valid_from,
            by=current_actor(),
            reason=form.cleaned_data["reason"],
        )


@admin.register(PayerAssignment)
class PayerAssignmentAdmin(_TimelineAdmin):
    fields = ("account", "payer", "paid_from")
    autocomplete_fields = ("account", "payer")
    list_display = ("account", "payer", "paid_from", "paid_until")
    list_select_related = ("account", "payer")
    ordering = ("-paid_from", "pk")

    def perform(
        self, request: HttpRequest, row: PayerAssignment, form: Any, change: bool
    ) -> PayerAssignment:
        return payers.assign(
            account=row.account,
            payer=row.payer,
            at=row.paid_from,
            by=current_actor(),
            reason=form.cleaned_data["reason"],
        )


def _terms(said: dict[str, Any]) -> ProfileTerms:
    names = (
        "legal_name", "zone", "terms_days", "address", "tax_id", "email", "language", "country",
        "region", "prices_include_tax",
    )  # fmt: skip
    status = BillingProfile.TaxIdStatus(said["tax_id_status"] or "unverified")
    return ProfileTerms(**{name: said[name] for name in names}, tax_id_status=status)
