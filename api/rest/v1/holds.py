"""GET /api/v1/holds: what of accounts and invoices is left alone for a time, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet, Sum
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import CredentialScope
from api.rest.resources import ReadOnlyResource, accounts_of
from api.rest.v1.accounts import AccountStub
from api.rest.values import MoneyField, money_answer
from api.tokens import PartnerPrincipal
from billing.receivables.filters import HoldFilters
from billing.receivables.models import Hold
from core.money import Money


class HoldSerializer(serializers.ModelSerializer[Hold]):
    """One hold. `held` is what it holds of its invoice by now; null holds all of the account."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    invoice = serializers.CharField(
        source="invoice.number", read_only=True, allow_null=True, default=None
    )
    held = serializers.SerializerMethodField()

    class Meta:
        model = Hold
        fields = (
            "id", "account", "invoice", "processes", "held", "held_from", "held_until", "placed_at",
        )  # fmt: skip

    @extend_schema_field(MoneyField(allow_null=True))
    def get_held(self, hold: Any) -> Mapping[str, Any] | None:
        if hold.invoice is None:
            return None
        return money_answer(Money.from_minor(hold.held_minor or 0, hold.invoice.currency))


class HoldResource(ReadOnlyResource):
    """Holds on the accounts the partner may read."""

    serializer_class = HoldSerializer
    required_scope = CredentialScope.PAYMENTS_READ
    orders = {"placed_at": "placed_at"}
    filters = HoldFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Any]:
        return (
            Hold.objects.filter(account__in=accounts_of(principal))
            .select_related("account", "invoice")
            .annotate(held_minor=Sum("entries__amount_minor"))
        )
