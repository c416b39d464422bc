"""GET /api/v1/plans and /meters: what is sold, at which prices, and what is counted for them.

Only versions that are published are told; a plan without one is no plan to a partner.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from rest_framework import serializers

from accounts.models import CredentialScope
from api.rest.resources import ReadOnlyResource
from api.tokens import PartnerPrincipal
from billing.catalogue.models import Plan, PlanVersion, Price
from usage.models import Meter


class MeterSerializer(serializers.ModelSerializer[Meter]):
    """What is counted; what a unit costs is in the prices of plans."""

    id = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = Meter
        fields = ("id", "code", "name", "unit", "aggregation", "carries_over", "retired_at")


class PriceSerializer(serializers.ModelSerializer[Price]):
    """One price; `definition` is a price of the pricing document. A fee has no meter."""

    meter = serializers.CharField(
        source="meter.code", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Price
        fields = ("code", "name", "meter", "match", "group_by", "tax_class", "definition")


class PlanVersionSerializer(serializers.ModelSerializer[PlanVersion]):
    """The terms of a plan for whoever subscribes from `effective_from` on."""

    id = serializers.CharField(source="public_id", read_only=True)
    prices = PriceSerializer(source="told_prices", many=True, read_only=True)

    class Meta:
        model = PlanVersion
        fields = ("id", "number", "effective_from", "existing_from", "published_at", "prices")


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """A plan with its published versions, the first one first."""

    id = serializers.CharField(source="public_id", read_only=True)
    product = serializers.CharField(source="product.code", read_only=True)
    versions = PlanVersionSerializer(source="told_versions", many=True, read_only=True)

    class Meta:
        model = Plan
        fields = ("id", "code", "name", "product", "currency", "retired_at", "versions")


class PlanResource(ReadOnlyResource):
    """Plans with a published version."""

    serializer_class = PlanSerializer
    required_scope = CredentialScope.QUOTES_WRITE
    orders = {"code": "code"}

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Any]:
        published = PlanVersion.objects.filter(state=PlanVersion.State.PUBLISHED)
        prices = Price.objects.select_related("meter").order_by("position", "pk")
        versions = published.order_by("number").prefetch_related(
            Prefetch("prices", queryset=prices, to_attr="told_prices")
        )
        return (
            Plan.objects.filter(Exists(published.filter(plan=OuterRef("pk"))))
            .select_related("product")
            .prefetch_related(Prefetch("versions", queryset=versions, to_attr="told_versions"))
        )


class MeterResource(ReadOnlyResource):
    """All meters."""

    serializer_class = MeterSerializer
    required_scope = CredentialScope.QUOTES_WRITE
    orders = {"code": "code"}

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Any]:
        return Meter.objects.all()
