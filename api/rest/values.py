"""The shapes every resource shares: money, decimals, periods, a named neighbour.

No number that counts leaves as a JSON number: amounts and quantities are decimal texts.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.decimals import decimal_text
from core.money import Money

_DECIMAL = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}


MONEY: dict[str, Any] = {
    "type": "object",
    "required": ["currency", "minor", "decimal"],
    "properties": {
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "minor": {"type": "integer", "description": "In the currency's smallest unit."},
        "decimal": _DECIMAL,
    },
}
"""How an amount is answered."""


def money_answer(money: Money) -> dict[str, Any]:
    """An amount as it is answered."""
    decimal, _, currency = str(money).partition(" ")
    return {"currency": currency, "minor": money.minor, "decimal": decimal}


@extend_schema_field(MONEY)
class MoneyField(serializers.Field[Any, Any, Any, Any]):
    """{"currency": "USD", "minor": 7750, "decimal": "77.50"}"""

    def to_representation(self, value: Money) -> dict[str, Any]:
        return money_answer(value)


@extend_schema_field(_DECIMAL)
class DecimalTextField(serializers.Field[Any, Any, Any, Any]):
    """An exact decimal, as text."""

    def to_representation(self, value: Decimal) -> str:
        return decimal_text(value)


@extend_schema_field(
    {
        "type": "object",
        "description": "Half-open: from start up to, but not including, end.",
        "required": ["start", "end"],
        "properties": {
            "start": {"type": "string", "format": "date-time"},
            "end": {"type": "string", "format": "date-time"},
        },
    }
)
class PeriodField(serializers.Field[Any, Any, Any, Any]):
    """A half-open period of the columns period_from and period_until."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> dict[str, str]:
        return {"start": _instant(value.period_from), "end": _instant(value.period_until)}


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
