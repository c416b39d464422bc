"""/api/v1/accounts: those a partner may read, with profile and payer; the platform keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.filters import AccountFilters
from accounts.models import Account, BillingProfile, CredentialScope, PayerAssignment
from accounts.operations import accounts, payers
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import ProfileTerms
from api.preconditions import etag_of, matching, stamp_from
from api.rest.resources import (
    WritableResource,
    account_named,
    accounts_of,
    refuse_unknown,
    require_platform,
)
from api.rest.v1.account_bodies import AccountName, AccountReason, NewPayer, OpenAccount
from api.tokens import PartnerPrincipal
from core.clock import now
from core.db.stamps import Seen, stamp_of, unchanged


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


class AccountResource(WritableResource):
    """Accounts the partner may read; a team of the platform keeps them in step."""

    serializer_class = AccountSerializer
    required_scope = CredentialScope.ACCOUNTS_READ
    writing_scope = CredentialScope.ACCOUNTS_WRITE
    orders = {"opened_at": "opened_at", "name": "name"}
    filters = AccountFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Account]:
        readable = accounts_of(principal)
        profiles = BillingProfile.objects.filter(valid_until__isnull=True)
        payers = PayerAssignment.objects.filter(
            paid_until__isnull=True, payer__in=readable
        ).select_related("payer")
        return readable.prefetch_related(
            Prefetch("parent", queryset=readable),
            Prefetch("profiles", queryset=profiles, to_attr="present_profiles"),
            Prefetch("payers", queryset=payers, to_attr="present_payers"),
        )

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown(request, ())
        account: Account = self.get_object()
        # The stamp is read before what is shown, never after.
        etag = etag_of(stamp_of(Seen.row(account)))
        return Response(self.get_serializer(self.get_object()).data, headers={"ETag": etag})

    @extend_schema(request=OpenAccount, responses={201: AccountSerializer})
    def create(self, request: Request) -> Response:
        """Open an account now, with its first profile and whoever pays for it."""
        principal, said = self.said_in(request, OpenAccount(data=request.data))
        require_platform(principal)
        others = {
            name: account_named(principal, said[name], field=name)
            for name in ("parent", "payer")
            if said[name]
        }
        made = accounts.open(
            new=NewAccount(
                said["name"],
                said["kind"],
                said["currency"],
                parent=others.get("parent"),
                payer=others.get("payer"),
            ),
            profile=ProfileTerms(**said["profile"]),
            at=now(),
            by=principal.actor,
            reason=said["reason"],
        )
        return self.answer(made, status=201)

    @extend_schema(request=AccountName, responses={200: AccountSerializer})
    def partial_update(self, request: Request, public_id: str) -> Response:
        """Rename it; `If-Match` says what the change was made from."""
        principal, said = self.said_in(request, AccountName(data=request.data))
        require_platform(principal)
        account, made_from = self.named(principal, public_id), stamp_from(request)
        with matching(), unchanged(account, made_from):
            changed = accounts.rename(
                account=account,
                name=said["name"],
                at=now(),
                by=principal.actor,
                reason=said["reason"],
            )
        answer = self.answer(changed)
        answer["ETag"] = etag_of(stamp_of(Seen.row(changed)))
        return answer

    @extend_schema(request=AccountReason, responses={200: AccountSerializer})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, public_id: str) -> Response:
        """Close it now; what it used before is still billed."""
        principal, said = self.said_in(request, AccountReason(data=request.data))
        require_platform(principal)
        account = self.named(principal, public_id)
        accounts.close(account=account, at=now(), by=principal.actor, reason=said["reason"])
        return self.answer(account)

    @extend_schema(request=NewPayer, responses={200: AccountSerializer})
    @action(detail=True, methods=["post"])
    def payer(self, request: Request, public_id: str) -> Response:
        """Hand its invoices to somebody else from now on."""
        principal, said = self.said_in(request, NewPayer(data=request.data))
        require_platform(principal)
        account = self.named(principal, public_id)
        payers.assign(
            account=account,
            payer=account_named(principal, said["payer"], field="payer"),
            at=now(),
            by=principal.actor,
            reason=said["reason"],
        )
        return self.answer(account)
