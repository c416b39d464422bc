"""/api/v1/payments: money received, what it settled, and putting it on invoices or taking it off.

A payment is named by who reports it: the same `external_key` again is the same payment. Putting
money on invoices says what was left of it when that was decided, so a call that is repeated is
refused and never settles twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.authentication import PartnerAuthentication
from api.rest.doors import RestDoor
from api.rest.resources import (
    HasScope,
    WritableResource,
    account_named,
    accounts_of,
    principal_of,
    refuse_unknown,
)
from api.rest.v1.accounts import AccountStub
from api.rest.v1.payment_bodies import Allocation, NewPayment, TakeOff
from api.rest.values import MoneyField, money_answer
from api.tokens import PartnerPrincipal
from billing.invoicing.models import Invoice
from billing.receivables.filters import PaymentFilters
from billing.receivables.models import Payment, Settlement
from billing.receivables.operations import payments, settling
from billing.receivables.operations.payments import Report
from billing.receivables.operations.settling import Recorded, free_of
from billing.receivables.queries.dunning import Delinquency, delinquency
from billing.receivables.queries.free_money import free_of_payments
from core.clock import now
from core.errors import NotFound
from core.money import Money


class SettlementSerializer(serializers.ModelSerializer[Settlement]):
    """What of a payment went on an invoice; `taken_back_at` says since when it is off again."""

    id = serializers.CharField(source="public_id", read_only=True)
    invoice = serializers.CharField(source="invoice.number", read_only=True)
    amount = serializers.SerializerMethodField()
    taken_back_at = serializers.SerializerMethodField()

    class Meta:
        model = Settlement
        fields = ("id", "invoice", "amount", "effective_at", "taken_back_at", "reason")

    @extend_schema_field(MoneyField)
    def get_amount(self, settlement: Settlement) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(settlement.amount_minor, settlement.invoice.currency))

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_taken_back_at(self, settlement: Settlement) -> Any:
        back = getattr(settlement, "reversal", None)
        return back.effective_at.isoformat().replace("+00:00", "Z") if back else None


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """Money received. `free` is what is left of it."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    amount = MoneyField(read_only=True)
    free = serializers.SerializerMethodField()
    settlements = SettlementSerializer(source="made", many=True, read_only=True)

    class Meta:
        model = Payment
        fields = (
            "id", "account", "amount", "free", "method", "source", "external_key", "reference",
            "received_at", "recorded_at", "settlements",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_free(self, payment: Payment) -> Mapping[str, Any]:
        free: Mapping[int, int] = self.context.get("free", {})
        left = free[payment.pk] if payment.pk in free else free_of(payment)
        return money_answer(Money.from_minor(left, payment.currency))


class PaymentResource(WritableResource):
    """Payments of the accounts the partner may read."""

    serializer_class = PaymentSerializer
    required_scope = CredentialScope.PAYMENTS_READ
    writing_scope = CredentialScope.PAYMENTS_WRITE
    orders: ClassVar[dict[str, str]] = {"received_at": "received_at", "recorded_at": "recorded_at"}
    filters = PaymentFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Payment]:
        made = (
            Settlement.objects.filter(reverses__isnull=True)
            .select_related("invoice", "reversal")
            .order_by("effective_at", "pk")
        )
        return (
            Payment.objects.filter(account__in=accounts_of(principal))
            .select_related("account")
            .prefetch_related(Prefetch("settlements", queryset=made, to_attr="made"))
        )

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self._free = free_of_payments(page or ())
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "free": getattr(self, "_free", {})}

    @extend_schema(request=NewPayment, responses={200: PaymentSerializer, 201: PaymentSerializer})
    def create(self, request: Request) -> Response:
        """Record a payment; 201, or 200 where the same was reported before."""
        principal, said = self.said_in(request, NewPayment(data=request.data))
        payer = account_named(principal, said["account"])
        report = Report(
            source=f"api:{principal.actor.id}",
            external_key=said["external_key"],
            currency=said["currency"],
            amount_minor=said["minor"],
            received_at=said["received_at"],
            method=Payment.Method(said["method"]),
            reference=said["reference"],
        )
        recorded = Recorded(now(), principal.actor, said["reason"])
        known = Payment.objects.filter(source=report.source, external_key=report.external_key)
        is_known = known.exists()
        made = payments.record(payer=payer, report=report, recorded=recorded)
        return self.answer(made, status=200 if is_known else 201)

    @extend_schema(request=Allocation, responses={200: PaymentSerializer})
    @action(detail=True, methods=["post"])
    def allocate(self, request: Request, public_id: str) -> Response:
        """Put what is left of it on invoices: chosen ones, or the oldest due."""
        principal, said = self.said_in(request, Allocation(data=request.data))
        payment = self.named(principal, public_id)
        amounts = _amounts(payment, said["amounts"]) if said.get("amounts") else None
        recorded = Recorded(now(), principal.actor, said["reason"])
        settling.allocate(
            source=payment,
            amounts=amounts,
            seen_free=said["free"].minor_of(payment.currency),
            recorded=recorded,
        )
        return self.answer(payment)

    @extend_schema(request=TakeOff, responses={200: PaymentSerializer})
    @action(detail=True, methods=["post"])
    def unapply(self, request: Request, public_id: str) -> Response:
        """Take one settlement off its invoice: both are free again."""
        principal, said = self.said_in(request, TakeOff(data=request.data))
        payment = self.named(principal, public_id)
        settlement = payment.settlements.filter(public_id=said["settlement"]).first()
        if settlement is None:
            raise NotFound("The payment has no such settlement.", field="settlement")
        recorded = Recorded(now(), principal.actor, said["reason"])
        settling.unapply(settlement=settlement, recorded=recorded)
        return self.answer(payment)


class DelinquencySerializer(serializers.Serializer[Delinquency]):
    """How an account stands with what is late; days are of its own calendar.

    `suspended_on` and `deleted_on` have come where `state` says so, else they come if nothing
    changes. `due` is what is neither paid nor held.
    """

    account = AccountStub()
    state = serializers.ChoiceField(choices=["current", "late", "suspended", "deleted"])
    since = serializers.DateField(allow_null=True)
    days_late = serializers.IntegerField()
    due = serializers.SerializerMethodField()
    next_action = serializers.CharField()
    next_on = serializers.DateField(allow_null=True)
    suspended_on = serializers.DateField(allow_null=True)
    deleted_on = serializers.DateField(allow_null=True)
    promised_until = serializers.DateField(allow_null=True)
    is_held = serializers.BooleanField()

    @extend_schema_field(serializers.ListField(child=MoneyField()))
    def get_due(self, standing: Delinquency) -> list[Mapping[str, Any]]:
        return [money_answer(each) for each in standing.due]


class AccountDelinquency(RestDoor):
    """What is late of one account, and what comes of it."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope = CredentialScope.PAYMENTS_READ

    @extend_schema(operation_id="accounts_delinquency", responses={200: DelinquencySerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """By what is paid, held and promised now."""
        refuse_unknown(request, ())
        account = accounts_of(principal_of(request)).filter(public_id=public_id).first()
        if account is None:
            raise NotFound("There is nothing here.")
        return Response(DelinquencySerializer(delinquency(account, at=now())).data)


def _amounts(payment: Payment, said: list[Mapping[str, Any]]) -> dict[Invoice, int]:
    """Minor units by invoice. Raises: NotFound."""
    numbers = [each["invoice"] for each in said]
    found = {
        each.number: each
        for each in Invoice.objects.filter(number__in=numbers, payer=payment.account)
    }
    amounts: dict[Invoice, int] = {}
    for each in said:
        invoice = found.get(each["invoice"])
        if invoice is None:
            raise NotFound("The payer has no invoice of this number.", field="amounts")
        amounts[invoice] = amounts.get(invoice, 0) + each["amount"].minor_of(invoice.currency)
    return amounts
