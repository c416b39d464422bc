"""GET /api/v1/spending-limits: what accounts may spend, what they spent, and marks reached."""

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
from billing.spending.filters import SpendingLimitFilters
from billing.spending.models import SpendingLimit, SpendingMark
from billing.spending.queries.limits import LimitRow, limit_rows
from core.money import Money


class SpendingMarkSerializer(serializers.ModelSerializer[SpendingMark]):
    """A mark that was reached, once for a billing period; `overshoot` is what was beyond it."""

    id = serializers.CharField(source="public_id", read_only=True)
    percent = serializers.IntegerField(source="mark", read_only=True)
    spent = serializers.SerializerMethodField()
    overshoot = serializers.SerializerMethodField()
    event_id = serializers.CharField(read_only=True)
    resumed_at = serializers.DateTimeField(
        source="resume.resumed_at", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = SpendingMark
        fields = (
            "id", "kind", "percent", "is_stop", "window_from", "window_until", "spent",
            "overshoot", "event_source", "event_id", "accepted_at", "told_at", "resumed_at",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_spent(self, mark: SpendingMark) -> Mapping[str, Any]:
        return self._money(mark, mark.spent_minor)

    @extend_schema_field(MoneyField)
    def get_overshoot(self, mark: SpendingMark) -> Mapping[str, Any]:
        return self._money(mark, mark.overshoot_minor)

    def _money(self, mark: SpendingMark, minor: int) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(minor, mark.limit.currency))


class SpendingLimitSerializer(serializers.ModelSerializer[SpendingLimit]):
    """A limit; `spent` is as of `looked_at`, before tax, and null where it holds no more."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    resource = serializers.CharField(
        source="resource.public_id", read_only=True, allow_null=True, default=None
    )
    amount = serializers.SerializerMethodField()
    marks = serializers.ListField(child=serializers.IntegerField(), read_only=True)
    state = serializers.SerializerMethodField()
    spent = serializers.SerializerMethodField()
    looked_at = serializers.SerializerMethodField()
    reached = SpendingMarkSerializer(many=True, read_only=True)

    class Meta:
        model = SpendingLimit
        fields = (
            "id", "account", "resource", "stops", "amount", "marks", "pace_percent", "state",
            "spent", "looked_at", "valid_from", "valid_until", "reached",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_amount(self, limit: SpendingLimit) -> Mapping[str, Any]:
        return money_answer(limit.amount)

    def get_state(self, limit: SpendingLimit) -> str:
        return self._row(limit).state

    @extend_schema_field(MoneyField)
    def get_spent(self, limit: SpendingLimit) -> Mapping[str, Any] | None:
        spent = self._row(limit).spent
        return None if spent is None else money_answer(spent)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_looked_at(self, limit: SpendingLimit) -> Any:
        return self._row(limit).looked_at

    def _row(self, limit: SpendingLimit) -> LimitRow:
        """Read once for all limits of the page."""
        if not hasattr(self, "_rows"):
            listed = getattr(self.parent, "instance", None) or [limit]
            self._rows = {row.limit.pk: row for row in limit_rows(list(listed))}
        return self._rows[limit.pk]


class SpendingLimitResource(ReadOnlyResource):
    """Limits of the accounts the partner may read, the latest first."""

    serializer_class = SpendingLimitSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"valid_from": "valid_from"}
    filters = SpendingLimitFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[SpendingLimit]:
        rows = SpendingLimit.objects.filter(account__in=accounts_of(principal))
        return rows.select_related("account", "resource").prefetch_related(
            "reached__limit", "reached__resume"
        )
