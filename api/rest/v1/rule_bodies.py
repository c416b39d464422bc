"""What is sent to the addresses of rules, sources and invoice terms; what is left out is empty."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.rest.v1.payment_bodies import AmountText, InstantText, StrictBody
from billing.invoicing.models.invoice_terms import GRACE_DAYS_MAX
from billing.invoicing.models.number_series import YEAR_MAX
from core.decimals import DecimalRefused
from core.filtering import amount_read
from core.money import MoneyError


@extend_schema_field({"type": ["string", "null"], "description": "A multiple such as 2.5."})
class TimesText(serializers.Field[Any, Any, Any, Any]):
    """A multiple, as decimal text."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Raises: ValidationError."""
        try:
            return amount_read(data)
        except DecimalRefused as refused:
            raise serializers.ValidationError(
                "Write a decimal text such as 2.5.", code=refused.code
            ) from None

    def to_representation(self, value: Decimal) -> str:
        return str(value)


class OfCurrency(StrictBody):
    """A body whose amounts are of one currency, which the address says."""

    amounts: tuple[str, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Amounts in minor units; None where there is none. Raises: ValidationError."""
        currency: str = self.context["currency"]
        minors = {}
        for name in self.amounts:
            amount = attrs.get(name)
            try:
                minors[name] = None if amount is None else amount.minor_of(currency)
            except MoneyError as refused:
                raise serializers.ValidationError(
                    {name: serializers.ErrorDetail(refused.message, refused.code)}
                ) from None
        return attrs | minors


class BoundsBody(OfCurrency):
    """What a bill may come to without anybody looking, before tax."""

    amounts = ("line", "invoice", "run", "usual_from")

    line = AmountText(required=False, allow_null=True)
    invoice = AmountText(required=False, allow_null=True)
    run = AmountText(required=False, allow_null=True)
    times_usual = TimesText(required=False, allow_null=True)
    times_forecast = TimesText(required=False, allow_null=True)
    usual_from = AmountText(required=False, allow_null=True)
    reason = serializers.CharField(max_length=500)


class NumberingBody(StrictBody):
    """From which year on a series begins anew each year; null: never."""

    yearly_from = serializers.IntegerField(
        required=False, allow_null=True, min_value=2000, max_value=YEAR_MAX
    )
    reason = serializers.CharField(max_length=500)


class RuleBody(StrictBody):
    """A version of a rule of payments: its document, and from when on it holds."""

    document = serializers.DictField()
    effective_from = InstantText(required=False, allow_null=True)
    reason = serializers.CharField(max_length=500)


class TermsBody(OfCurrency):
    """How an account is invoiced from now on."""

    amounts = ("threshold",)

    purchase_order = serializers.CharField(max_length=100, default="", allow_blank=True)
    note = serializers.CharField(max_length=1_000, default="", allow_blank=True)
    grace_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=GRACE_DAYS_MAX
    )
    consolidates = serializers.BooleanField(default=False)
    threshold = AmountText(required=False, allow_null=True)
    reason = serializers.CharField(max_length=500)


class RequirementBody(StrictBody):
    """Whether bills wait for a source, and of which meters; none is all."""

    is_required = serializers.BooleanField()
    meters = serializers.ListField(
        child=serializers.CharField(max_length=64), default=list, max_length=200
    )
    reason = serializers.CharField(max_length=500)


class WaiverBody(StrictBody):
    """Bills of periods ended by an instant do not wait for a source; of one account, or all."""

    through_at = InstantText()
    account = serializers.CharField(max_length=64, required=False, allow_null=True)
    reason = serializers.CharField(max_length=500)
