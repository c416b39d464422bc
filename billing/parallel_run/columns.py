"""The columns of a FOCUS file, 1.0 to 1.4, each read by the type it has.

Owns which columns must be there and how their texts become numbers, instants and currencies. What
a row amounts to is in `charges`. The specification: https://focus.finops.org/focus-specification/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from billing.invoicing.focus.columns import SUCCESSORS
from billing.parallel_run.figures import NotANumber, PrintedFigure, read_figure
from core.money import UnknownCurrency, minor_exponent

REQUIRED = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "ListCost",
    "ListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "ServiceName",
    "SkuPriceId",
)
"""What is read of every row. What is conditional, such as ConsumedQuantity or ResourceId, may be
missing: no row has it.
"""

INSTANTS = frozenset(
    ["BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"]
)
FIGURES = frozenset(
    [
        "BilledCost",
        "ConsumedQuantity",
        "ContractedCost",
        "ContractedUnitPrice",
        "EffectiveCost",
        "ListCost",
        "ListUnitPrice",
        "PricingQuantity",
    ]
)
"""The columns that are read as instants and as numbers."""

COSTS = frozenset(
    ["BilledCost", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "ListCost"]
)
"""What was used stays the same use when the provider restates what it cost."""

NAME_MAX = 200
"""Characters of an identifier that become part of one of ours."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|[T ])", re.ASCII)


class ColumnUnreadable(ValueError):
    """A text does not have the type of its column; the message begins with the column."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(f"{column}: {problem}")
        self.column = column


@dataclass(frozen=True, slots=True, order=True)
class BillingAccount:
    """Who a foreign bill is for. In another currency it is another account, as with us."""

    provider: str
    id: str
    currency: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """The texts of one row by column, stripped, with NULL as empty."""

    texts: Mapping[str, str]

    def text(self, column: str) -> str:
        """The text, empty where there is none."""
        return self.texts.get(column, "")

    def figure(self, column: str) -> PrintedFigure | None:
        """The number, or None where there is none. Raises: ColumnUnreadable."""
        text = self.text(column)
        if not text:
            return None
        try:
            return read_figure(text)
        except NotANumber as error:
            raise ColumnUnreadable(column, str(error)) from error

    def instant(self, column: str) -> datetime:
        """The instant in UTC, which a time without a zone is in. Raises: ColumnUnreadable."""
        text = self.texts[column]
        try:
            return _instant(text)
        except (ValueError, OverflowError) as error:
            raise ColumnUnreadable(column, f"{text[:40]!r} is not an instant") from error

    @property
    def sku(self) -> str:
        """The SKU price id; where the provider has none, the SKU id."""
        return self.text("SkuPriceId") or self.text("SkuId")

    @property
    def provider(self) -> str:
        """Who provides the service, under the name of either version."""
        return self.text("ProviderName") or self.text(SUCCESSORS["ProviderName"])

    @property
    def currency(self) -> str | None:
        """The currency it is billed in, if it is one."""
        currency = self.texts["BillingCurrency"]
        try:
            minor_exponent(currency)
        except UnknownCurrency:
            return None
        return currency

    @property
    def account(self) -> BillingAccount | None:
        """The billing account, if all three parts of it can be read."""
        provider, number = self.provider, self.texts["BillingAccountId"]
        currency = self.currency
        if not provider or not number or currency is None:
            return None
        if max(len(provider), len(number)) > NAME_MAX:
            return None
        return BillingAccount(provider, number, currency)

    @property
    def digest(self) -> bytes:
        """The hash of what the row says was used: not of costs, nor of the order of columns."""
        said = {name: text for name, text in self.texts.items() if text and name not in COSTS}
        content = json.dumps(said, ensure_ascii=False, sort_keys=True)
        return blake2b(content.encode(), digest_size=16).digest()


def printable(*texts: str, longest: int = NAME_MAX) -> str:
    """The first of the texts that shows anything, on one line, shortened with an ellipsis."""
    for text in texts:
        shown = "".join(each if each.isprintable() else " " for each in text).strip()
        if shown:
            return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    return "unnamed"


def _instant(text: str) -> datetime:
    """An ISO 8601 date or instant, such as 2024-09-01 00:00:00, also ending in Z, +00:00, UTC."""
    text = text.removesuffix("UTC").rstrip()
    if _DAY.match(text) is None:
        raise ValueError("it does not begin with a day")
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
