"""GET /api/v1/accounts: the accounts a partner may read, with their present profile and payer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.filters import AccountFilters
from accounts.models import Account, BillingProfile, CredentialScope, PayerAssignment
from api.rest.resources import ReadOnlyResource, accounts_of
from api.tokens import PartnerPrincipal


class AccountStub(serializers.ModelSerializer[Account]):
    """An account named inside another resource."""

    id = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = Account
        fields = ("id", "name")


class ProfileSerializer(serializers.ModelSerializer[BillingProfile]):
    """What the next invoice prints."""

    class Meta:
        model = BillingProfile
        fields = ("legal_name", "address", "tax_id", "email", "zone", "terms_days", "valid_from")


class AccountSerializer(serializers.ModelSerializer[Account]):
    """One account."""

    id = serializers.CharField(source="public_id", read_only=True)
    parent = AccountStub(read_only=True, allow_null=True)
    payer = serializers.SerializerMethodField()
    billing_profile = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = (
            "id",
            "name",
            "kind",
            "parent",
            "payer",
            "currency",
            "opened_at",
            "closed_at",
            "billing_anchor_on",
            "billing_profile",
        )

    @extend_schema_field(AccountStub(allow_null=True))
    def get_payer(self, account: Any) -> Mapping[str, Any] | None:
        """Who receives its invoices; null where the partner may not read that account."""
        assignments = account.present_payers
        return self._stub.to_representation(assignments[0].payer) if assignments else None

    @extend_schema_field(ProfileSerializer)
    def get_billing_profile(self, account: Any) -> Mapping[str, Any]:
        return self._profile.to_representation(account.present_profiles[0])

    # Made once for all accounts of a page: making one costs more than what it then says.
    @cached_property
    def _stub(self) -> AccountStub:
        return AccountStub()

    @cached_property
    def _profile(self) -> ProfileSerializer:
        return ProfileSerializer()


class AccountResource(ReadOnlyResource):
    """Accounts the partner may read."""

    serializer_class = AccountSerializer
    required_scope = CredentialScope.ACCOUNTS_READ
    orders = {"opened_at": "opened_at", "name": "name"}
    filters = AccountFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Account]:
        accounts = accounts_of(principal)
        profiles = BillingProfile.objects.filter(valid_until__isnull=True)
        payers = PayerAssignment.objects.filter(
            paid_until__isnull=True, payer__in=accounts
        ).select_related("payer")
        return accounts.prefetch_related(
            Prefetch("parent", queryset=accounts),
            Prefetch("profiles", queryset=profiles, to_attr="present_profiles"),
            Prefetch("payers", queryset=payers, to_attr="present_payers"),
        )
