"""Sellers, papers and their files, looked at here; a seller is named here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.permissions import Permission
from billing.papers.models import Paper, PaperFile, PlannedThrough, Seller
from billing.papers.operations.sellers import SellerTerms, name_seller
from billing.record_admin import BillingFact, SeenByBilling
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin
from core.clock import now

_TERMS = (
    "legal_name", "address", "country", "tax_id", "registration", "email", "bank_name", "iban",
    "bic",
)  # fmt: skip


class SellerForm(ReasonForm):
    """A seller from an instant on."""

    country = forms.CharField(max_length=2, help_text="Two capital letters, such as DE.")

    class Meta:
        model = Seller
        fields = ("valid_from", *_TERMS)


@admin.register(Seller)
class SellerAdmin(SeenByBilling, TrackedAdmin):
    """One is added, which ends the one before; none is changed."""

    permission_to_add = Permission.ACCOUNTS_MAINTAIN
    add_form = SellerForm
    add_fields = ("valid_from", *_TERMS)
    list_display = ("legal_name", "country", "valid_from", "named_by")
    search_fields = ("legal_name", "public_id")
    ordering = ("-valid_from",)

    def perform(self, request: HttpRequest, row: Seller, form: Any, change: bool) -> Seller:
        said = form.cleaned_data
        return name_seller(
            terms=SellerTerms(**{name: said[name] for name in _TERMS}),
            valid_from=said["valid_from"],
            at=now(),
            by=current_actor(),
            reason=said["reason"],
        )


@admin.register(Paper)
class PaperAdmin(BillingFact):
    list_display = ("code", "kind", "invoice", "credit_note", "void", "planned_at")
    list_filter = ("kind",)
    list_select_related = ("invoice", "credit_note", "void__invoice")
    search_fields = ("code", "invoice__number", "credit_note__number")
    ordering = ("-pk",)


@admin.register(PaperFile)
class PaperFileAdmin(BillingFact):
    list_display = ("public_id", "paper", "format", "language", "state", "byte_count", "done_at")
    list_filter = ("state", "format", "language")
    list_select_related = ("paper",)
    search_fields = ("public_id", "sha256", "paper__code")
    ordering = ("-pk",)


@admin.register(PlannedThrough)
class PlannedThroughAdmin(BillingFact):
    list_display = ("series", "sequence")
    list_select_related = ("series",)
    search_fields = ("series__prefix",)
    ordering = ("pk",)
