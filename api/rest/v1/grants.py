"""GET /api/v1/grants: the credit of accounts that invoices draw on, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import CredentialScope
from api.rest.resources import ReadOnlyResource, accounts_of
from api.rest.v1.accounts import AccountStub
from api.rest.values import MoneyField, money_answer
from api.tokens import PartnerPrincipal
from billing.invoicing.filters import GrantFilters
from billing.invoicing.models import CreditGrant, GrantMovement
from billing.invoicing.queries.grants import state_of, with_left
from core.clock import now
from core.decimals import decimal_text
from core.money import Money


class GrantMovementSerializer(serializers.ModelSerializer[GrantMovement]):
    """One change of what is left; below 0 there is less. `worth` is what an invoice had off."""

    id = serializers.CharField(source="public_id", read_only=True)
    invoice = serializers.CharField(
        source="invoice.number", read_only=True, allow_null=True, default=None
    )
    undoes = serializers.CharField(
        source="undoes.public_id", read_only=True, allow_null=True, default=None
    )
    change = serializers.SerializerMethodField()
    worth = serializers.SerializerMethodField()

    class Meta:
        model = GrantMovement
        fields = ("id", "kind", "change", "worth", "invoice", "undoes", "effective_at", "made_at")

    def get_change(self, movement: GrantMovement) -> str:
        return _amount(movement.grant, movement.change)

    @extend_schema_field(MoneyField)
    def get_worth(self, movement: GrantMovement) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(movement.worth_minor, movement.grant.currency))


class GrantSerializer(serializers.ModelSerializer[CreditGrant]):
    """A grant; `granted` and `left` are plain numbers of its currency, or of its unit."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    type = serializers.CharField(source="kind", read_only=True)
    state = serializers.SerializerMethodField()
    granted = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField()
    prices = serializers.ListField(
        source="price_codes", child=serializers.CharField(), read_only=True
    )
    products = serializers.ListField(
        source="product_codes", child=serializers.CharField(), read_only=True
    )
    movements = GrantMovementSerializer(many=True, read_only=True)

    class Meta:
        model = CreditGrant
        fields = (
            "id", "account", "type", "name", "state", "currency", "unit", "granted", "left",
            "priority", "prices", "products", "effective_from", "expires_at", "movements",
        )  # fmt: skip

    def get_state(self, grant: CreditGrant) -> str:
        return state_of(grant, self._left(grant), at=self._at)

    def get_granted(self, grant: CreditGrant) -> str:
        return _amount(grant, grant.amount)

    def get_left(self, grant: CreditGrant) -> str:
        return _amount(grant, self._left(grant))

    def _left(self, grant: CreditGrant) -> Any:
        return grant.left  # type: ignore[attr-defined]  # annotated

    @property
    def _at(self) -> datetime:
        return now()


class GrantResource(ReadOnlyResource):
    """Grants of the accounts the partner may read, newest first."""

    serializer_class = GrantSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"granted_at": "granted_at"}
    filters = GrantFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[CreditGrant]:
        rows = CreditGrant.objects.filter(account__in=accounts_of(principal))
        return (
            with_left(rows)
            .select_related("account")
            .prefetch_related("movements__invoice", "movements__undoes", "movements__grant")
        )


def _amount(grant: CreditGrant, amount: Any) -> str:
    if grant.is_money:
        return str(Money.from_minor(int(amount), grant.currency).amount)
    return decimal_text(amount.normalize())
