"""GET /api/v1/credit-notes: what of issued invoices is not owed after all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import CredentialScope
from api.rest.resources import ReadOnlyResource, accounts_of
from api.rest.v1.accounts import AccountStub
from api.rest.values import MoneyField, money_answer
from api.tokens import PartnerPrincipal
from billing.invoicing.filters import CreditNoteFilters
from billing.invoicing.models import CreditNote, CreditNoteLine
from core.money import Money


class CreditNoteLineSerializer(serializers.ModelSerializer[CreditNoteLine]):
    """What a note takes off one charge, before tax; amounts are positive."""

    charge = serializers.CharField(source="charge_key", read_only=True)
    amount = serializers.SerializerMethodField()

    class Meta:
        model = CreditNoteLine
        fields = ("charge", "description", "amount")

    @extend_schema_field(MoneyField)
    def get_amount(self, line: CreditNoteLine) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(line.amount_minor, line.note.currency))


class CreditNoteSerializer(serializers.ModelSerializer[CreditNote]):
    """One note with its lines; it names its invoice and never changes."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(source="invoice.account", read_only=True)
    invoice = serializers.CharField(source="invoice.number", read_only=True)
    subtotal = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()
    lines = CreditNoteLineSerializer(many=True, read_only=True)

    class Meta:
        model = CreditNote
        fields = (
            "id", "number", "account", "invoice", "reason_code", "subtotal", "tax", "total",
            "issued_at", "content_sha256", "lines",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_subtotal(self, note: CreditNote) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(note.subtotal_minor, note.currency))

    @extend_schema_field(MoneyField)
    def get_tax(self, note: CreditNote) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(note.tax_minor, note.currency))

    @extend_schema_field(MoneyField)
    def get_total(self, note: CreditNote) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(note.total_minor, note.currency))


class CreditNoteResource(ReadOnlyResource):
    """Credit notes of the accounts the partner may read."""

    serializer_class = CreditNoteSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"issued_at": "issued_at"}
    filters = CreditNoteFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[CreditNote]:
        accounts = accounts_of(principal)
        return (
            CreditNote.objects.filter(invoice__account__in=accounts)
            .select_related("invoice__account")
            .prefetch_related("lines__note")
        )
