"""/api/v1/resources: the apps, add-ons and databases of accounts, and whose each was when."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.filters import ResourceFilters
from accounts.models import CredentialScope, Resource, ResourceOwnership
from accounts.operations import resources
from api.rest.resources import WritableResource, account_named, accounts_of, require_platform
from api.rest.v1.account_bodies import NewResourceBody, ResourceTransfer
from api.rest.v1.accounts import AccountStub
from api.tokens import PartnerPrincipal
from core.clock import now


class OwnershipSerializer(serializers.ModelSerializer[ResourceOwnership]):
    """The account it belonged to during a time; half-open."""

    account = AccountStub(read_only=True)

    class Meta:
        model = ResourceOwnership
        fields = ("account", "owned_from", "owned_until")


class ResourceSerializer(serializers.ModelSerializer[Resource]):
    """One resource; of its owners those that the partner may read."""

    id = serializers.CharField(source="public_id", read_only=True)
    owners = OwnershipSerializer(source="told_owners", many=True, read_only=True)

    class Meta:
        model = Resource
        fields = ("id", "platform_id", "kind", "name", "owners")


class ResourceResource(WritableResource):
    """Resources that an account the partner may read had at some time; the platform keeps them."""

    serializer_class = ResourceSerializer
    required_scope = CredentialScope.ACCOUNTS_READ
    writing_scope = CredentialScope.ACCOUNTS_WRITE
    orders = {"platform_id": "platform_id"}
    filters = ResourceFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Any]:
        owners = (
            ResourceOwnership.objects.filter(account__in=accounts_of(principal))
            .select_related("account")
            .order_by("owned_from", "pk")
        )
        return Resource.objects.filter(
            Exists(owners.filter(resource=OuterRef("pk")).order_by())
        ).prefetch_related(Prefetch("ownerships", queryset=owners, to_attr="told_owners"))

    @extend_schema(request=NewResourceBody, responses={201: ResourceSerializer})
    def create(self, request: Request) -> Response:
        """Register a resource of an account."""
        principal, said = self.said_in(request, NewResourceBody(data=request.data))
        require_platform(principal)
        made = resources.register(
            platform_id=said["platform_id"],
            kind=said["kind"],
            name=said["name"],
            account=account_named(principal, said["account"]),
            at=said.get("owned_from") or now(),
            by=principal.actor,
            reason=said["reason"],
        )
        return self.answer(made, status=201)

    @extend_schema(request=ResourceTransfer, responses={200: ResourceSerializer})
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, public_id: str) -> Response:
        """Hand it, and all that stands below it, to another account from an instant on."""
        principal, said = self.said_in(request, ResourceTransfer(data=request.data))
        require_platform(principal)
        resource = self.named(principal, public_id)
        resources.transfer(
            resource=resource,
            to=account_named(principal, said["account"]),
            at=said.get("owned_from") or now(),
            by=principal.actor,
            reason=said["reason"],
        )
        return self.answer(resource)
