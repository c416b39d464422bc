"""GET /api/v1/licences, their pools and movements: what was agreed, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import CredentialScope
from api.rest.resources import ReadOnlyResource, accounts_of
from api.rest.v1.accounts import AccountStub
from api.rest.values import DecimalTextField, MoneyField, money_answer
from api.tokens import PartnerPrincipal
from billing.licences.filters import LicenseFilters, MovementFilters
from billing.licences.models import (
    License,
    LicenseProduct,
    Movement,
    PoolBucket,
    PoolCommitment,
)
from core.money import Money


class LicenseProductSerializer(serializers.ModelSerializer[LicenseProduct]):
    """What is sold, at which price, and what a unit beyond costs; null is what the plan says."""

    quantity = DecimalTextField(read_only=True)
    unit_price = DecimalTextField(read_only=True)
    overage_price = DecimalTextField(source="price_beyond", allow_null=True, read_only=True)

    class Meta:
        model = LicenseProduct
        fields = ("code", "name", "quantity", "unit", "unit_price", "overage_price", "billed")


class PoolBucketSerializer(serializers.ModelSerializer[PoolBucket]):
    """A window of a pool: what it was granted, what issued invoices drew, what is left."""

    id = serializers.CharField(source="public_id", read_only=True)
    granted = DecimalTextField(read_only=True)
    drawn = DecimalTextField(read_only=True)
    expired = DecimalTextField(source="lapsed", read_only=True)
    trued_up = DecimalTextField(read_only=True)
    left = DecimalTextField(source="balance", read_only=True)

    class Meta:
        model = PoolBucket
        fields = (
            "id", "number", "is_carried", "window_from", "window_until", "granted", "drawn",
            "expired", "trued_up", "left",
        )  # fmt: skip


class PoolSerializer(serializers.ModelSerializer[PoolCommitment]):
    """A pool with all its windows; `unit` empty is money."""

    id = serializers.CharField(source="public_id", read_only=True)
    accounts = serializers.JSONField(source="account_ids", read_only=True)
    windows = PoolBucketSerializer(source="buckets", many=True, read_only=True)

    class Meta:
        model = PoolCommitment
        fields = (
            "id", "name", "unit", "window", "rollover", "priority", "is_promotional",
            "is_counted", "product_codes", "accounts", "windows",
        )  # fmt: skip


class LicenseSerializer(serializers.ModelSerializer[License]):
    """One licence with its products and pools. Figures are posted: by issued invoices."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    products = LicenseProductSerializer(many=True, read_only=True)
    pools = PoolSerializer(source="commitments", many=True, read_only=True)

    class Meta:
        model = License
        fields = (
            "id", "number", "name", "account", "currency", "purchase_order", "starts_at",
            "ends_at", "renewal_notice_on", "products", "pools",
        )  # fmt: skip


class LicenseResource(ReadOnlyResource):
    """Licences of the accounts the partner may read."""

    serializer_class = LicenseSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"ends_at": "ends_at"}
    filters = LicenseFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[License]:
        return (
            License.objects.filter(account__in=accounts_of(principal))
            .select_related("account")
            .prefetch_related("products", "commitments__buckets")
        )


class MovementSerializer(serializers.ModelSerializer[Movement]):
    """One movement: above 0 in, below 0 out. What undoes another names it."""

    id = serializers.CharField(source="public_id", read_only=True)
    licence = serializers.CharField(source="bucket.commitment.license.public_id", read_only=True)
    pool = serializers.CharField(source="bucket.commitment.public_id", read_only=True)
    window = serializers.CharField(source="bucket.public_id", read_only=True)
    units = DecimalTextField(read_only=True)
    reverses = serializers.CharField(source="reverses.public_id", default=None, read_only=True)
    account = serializers.CharField(source="account.public_id", default=None, read_only=True)
    resource = serializers.CharField(source="resource.public_id", default=None, read_only=True)
    invoice = serializers.CharField(source="document", read_only=True)
    covers = serializers.SerializerMethodField()

    class Meta:
        model = Movement
        fields = (
            "id", "licence", "pool", "window", "kind", "units", "effective_at", "recorded_at",
            "reverses", "account", "resource", "invoice", "covers",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_covers(self, movement: Movement) -> Mapping[str, Any]:
        currency = movement.bucket.commitment.license.currency
        return money_answer(Money.from_minor(movement.amount_minor, currency))


class MovementResource(ReadOnlyResource):
    """Movements of the pools of licences of the accounts the partner may read."""

    serializer_class = MovementSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"recorded_at": "recorded_at"}
    filters = MovementFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Movement]:
        return Movement.objects.filter(
            bucket__commitment__license__account__in=accounts_of(principal)
        ).select_related("bucket__commitment__license", "reverses", "account", "resource")
