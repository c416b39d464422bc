"""A draft invoice as values: what rating an account's period came to, before it is rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from core.periods import Period


class DraftLine(NamedTuple):
    """One rated line with what is printed beside it; fields as on `billing.models.InvoiceLine`."""

    key: str
    kind: str
    subscription_id: int
    price_id: int
    resource_id: int | None
    group_label: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    amount_minor: int
    dimensions: Mapping[str, str]
    explanation: Any
    period: Period
    price_override_id: int | None = None
    corrects_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything an invoice of one account and period will say, except its number."""

    account_id: int
    payer_id: int
    period: Period
    zone: str
    currency: str
    billed_to: Mapping[str, Any]
    terms_days: int
    inputs_digest: str
    lines: Sequence[DraftLine]

    @property
    def subtotal_minor(self) -> int:
        """Sum of the rounded lines, in minor units."""
        return sum(line.amount_minor for line in self.lines)
