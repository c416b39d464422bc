"""GET /api/v1/late-usage and the sums of an account: what arrived after its invoice was issued.

Each difference has one fate: billed on a later invoice, waived, or open. Open ones are worked out
when they are asked for, so they are sums of an account and not rows of a list.
"""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, ReadOnlyResource, accounts_of, principal_of, refuse_unknown
from api.rest.v1.accounts import AccountStub
from api.rest.values import MoneyField, money_answer
from api.tokens import PartnerPrincipal
from billing.invoicing.filters import LateUsageFilters
from billing.invoicing.models import Invoice, LateUsageDecision
from billing.invoicing.queries.late_usage import LateSums, amount_of, sums_of
from core.clock import now
from core.errors import NotFound
from usage.operations.settling import bring_up_to_date
from usage.queries.freshness import Staleness


class LateUsageSerializer(serializers.ModelSerializer[LateUsageDecision]):
    """A difference of an issued invoice whose fate is decided."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(source="invoice.account", read_only=True)
    invoice = serializers.CharField(source="invoice.number", read_only=True)
    billed_on = serializers.CharField(
        source="billed_on.number", read_only=True, allow_null=True, default=None
    )
    amount = serializers.SerializerMethodField()

    class Meta:
        model = LateUsageDecision
        fields = (
            "id", "account", "invoice", "fate", "amount", "billed_on", "reason", "decided_at",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_amount(self, decision: LateUsageDecision) -> object:
        return money_answer(amount_of(decision))


class LateUsageResource(ReadOnlyResource):
    """What was decided of late usage of the accounts the partner may read."""

    serializer_class = LateUsageSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"decided_at": "decided_at"}
    filters = LateUsageFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[LateUsageDecision]:
        invoices = Invoice.objects.filter(account__in=accounts_of(principal))
        return LateUsageDecision.objects.filter(invoice__in=invoices).select_related(
            "invoice__account", "billed_on"
        )


class LateUsageSumsSerializer(serializers.Serializer[LateSums]):
    """All that arrived late for an account: `billed` + `waived` + `open` = `arrived`."""

    billed = MoneyField()
    waived = MoneyField()
    open = MoneyField()
    arrived = MoneyField()
    behind = serializers.SerializerMethodField()

    def get_behind(self, sums: LateSums) -> str | None:
        """What came in and could not be built into these sums; null where everything is."""
        behind: Staleness | None = self.context["behind"]
        return None if behind is None else behind.text


class AccountLateUsage(RestDoor):
    """Late usage of one account, by its fate."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.INVOICES_READ

    @extend_schema(operation_id="accounts_late_usage", responses={200: LateUsageSumsSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """The sums over all issued invoices of the account, worked out now."""
        refuse_unknown(request, ())
        principal = principal_of(request)
        account = accounts_of(principal).filter(public_id=public_id).first()
        if account is None:
            raise NotFound("There is nothing here.")
        behind = bring_up_to_date([account.pk], at=now())
        return Response(LateUsageSumsSerializer(sums_of(account), context={"behind": behind}).data)
