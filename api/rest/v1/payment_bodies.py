"""What is sent to the addresses of payments: every field is known, amounts are decimal texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.rest.v1.shapes import DECIMAL
from billing.receivables.models import Payment
from core.actor import is_said
from core.decimals import DecimalRefused
from core.errors import DomainError
from core.filtering import amount_read
from core.instants import read_instant
from core.money import Money, MoneyError
from core.text_in import is_odd

AMOUNTS_MOST = 200


@dataclass(frozen=True, slots=True)
class SentAmount:
    """An amount whose currency is that of what it is of."""

    decimal: Decimal

    def minor_of(self, currency: str) -> int:
        """In minor units. Raises: NotWholeMinorUnits."""
        return Money(self.decimal, currency).minor


@extend_schema_field(DECIMAL)
class AmountText(serializers.Field[Any, Any, Any, Any]):
    """A decimal from 0 on, as text."""

    def to_internal_value(self, data: Any) -> SentAmount:
        """Raises: ValidationError."""
        try:
            amount = amount_read(data)
        except DecimalRefused as refused:
            raise serializers.ValidationError(
                "Write a decimal text such as 12.50.", code=refused.code
            ) from None
        if amount < 0:
            raise serializers.ValidationError("It is not below 0.", code="amount_below_zero")
        return SentAmount(amount)

    def to_representation(self, value: SentAmount) -> str:
        return str(value.decimal)


class InstantText(serializers.DateTimeField):
    """An instant with its zone."""

    def to_internal_value(self, value: Any) -> datetime:
        """Raises: ValidationError."""
        try:
            return read_instant(str(value), field=self.field_name or "")
        except DomainError as refused:
            raise serializers.ValidationError(refused.message, code=refused.code) from None


class StrictBody(serializers.Serializer[Any]):
    """A body of which every field is known."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises: ValidationError."""
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                known = ", ".join(self.fields)
                raise serializers.ValidationError(
                    {
                        name: serializers.ErrorDetail(
                            f"Not known; known are {known}.", "unknown_field"
                        )
                        for name in unknown
                    }
                )
        return super().to_internal_value(data)

    def validate_reason(self, reason: str) -> str:
        """Raises: ValidationError."""
        if not is_said(reason) or is_odd(reason):
            raise serializers.ValidationError("Say why.", code="reason_missing")
        return reason


class AmountBody(StrictBody):
    """An amount with its currency."""

    currency = serializers.RegexField("^[A-Z]{3}$")
    decimal = AmountText()


class NewPayment(StrictBody):
    """Money that came in; the same `external_key` again is the same payment."""

    account = serializers.CharField(max_length=64)
    amount = AmountBody()
    received_at = InstantText()
    external_key = serializers.CharField(max_length=200)
    method = serializers.ChoiceField(choices=Payment.Method.choices, default=Payment.Method.OTHER)
    reference = serializers.CharField(max_length=500, default="", allow_blank=True)
    reason = serializers.CharField(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The amount in minor units. Raises: ValidationError."""
        currency: str = attrs["amount"]["currency"]
        try:
            minor = attrs["amount"]["decimal"].minor_of(currency)
        except MoneyError as refused:
            raise serializers.ValidationError(
                {"amount": serializers.ErrorDetail(refused.message, refused.code)}
            ) from None
        return attrs | {"currency": currency, "minor": minor}


class PartOfPayment(StrictBody):
    """How much goes on which invoice, in its currency."""

    invoice = serializers.CharField(max_length=64)
    amount = AmountText()


class Allocation(StrictBody):
    """Where what is left goes: nothing named is the oldest due.

    `free` is what was left of the payment when this was decided; a call that is repeated names what
    is not left any more, and is refused.
    """

    free = AmountText()
    amounts = serializers.ListField(
        child=PartOfPayment(), required=False, max_length=AMOUNTS_MOST, allow_empty=False
    )
    reason = serializers.CharField(max_length=500)


class TakeOff(StrictBody):
    """Which settlement is taken off its invoice."""

    settlement = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=500)
