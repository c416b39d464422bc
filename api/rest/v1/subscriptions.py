"""GET /api/v1/subscriptions: which plan accounts have, since when, and when it is paused."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from accounts.models import CredentialScope
from api.rest.resources import ReadOnlyResource, accounts_of
from api.rest.v1.accounts import AccountStub
from api.tokens import PartnerPrincipal
from billing.catalogue.models import Plan
from billing.contracts.filters import SubscriptionFilters
from billing.contracts.models import Subscription, SubscriptionPause


class PlanStub(serializers.ModelSerializer[Plan]):
    """A plan named inside another resource."""

    id = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = Plan
        fields = ("id", "code", "name")


class PauseSerializer(serializers.ModelSerializer[SubscriptionPause]):
    """A time in which it is paused, and by what; half-open."""

    class Meta:
        model = SubscriptionPause
        fields = ("cause", "paused_from", "paused_until")


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    """One subscription. `version` is the number of the plan's version it began with."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    plan = PlanStub(read_only=True)
    version = serializers.IntegerField(source="plan_version.number", read_only=True)
    pauses = PauseSerializer(source="told_pauses", many=True, read_only=True)

    class Meta:
        model = Subscription
        fields = ("id", "account", "plan", "version", "started_at", "ended_at", "pauses")


class SubscriptionResource(ReadOnlyResource):
    """Subscriptions of the accounts the partner may read."""

    serializer_class = SubscriptionSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"started_at": "started_at"}
    filters = SubscriptionFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Any]:
        pauses = SubscriptionPause.objects.order_by("paused_from", "pk")
        return (
            Subscription.objects.filter(account__in=accounts_of(principal))
            .select_related("account", "plan", "plan_version")
            .prefetch_related(Prefetch("pauses", queryset=pauses, to_attr="told_pauses"))
        )
