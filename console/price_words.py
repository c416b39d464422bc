"""A price document in words and a table, for the catalogue. Pure; the document is what bills."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from console import formats
from console.explaining import MODELS, PERIOD_LENGTHS, TierRow, tier_rows
from console.numbers import money, number, with_unit

MANY = Decimal(2)
_PRORATION = {
    "none": "not prorated",
    "second": "to the second",
    "day": "by day",
    "thirty_day_month": "by day of 30-day months",
}


@dataclass(frozen=True, slots=True)
class PriceTold:
    """What a price charges."""

    model: str
    unit: str
    units: str
    unit_price: str
    tiers: Sequence[TierRow]
    modifiers: Sequence[tuple[str, str]]
    document: str


def tell_price(definition: Mapping[str, Any], currency: str) -> PriceTold:
    """Word a price document."""
    unit = definition.get("unit", "")
    price = definition.get("unit_price", definition.get("amount", definition.get("price")))
    return PriceTold(
        model=MODELS.get(definition["model"], definition["model"]),
        unit=unit,
        units=formats.unit_text(unit, MANY) if unit else "",
        unit_price=money(str(price), currency) if price is not None else "",
        tiers=tier_rows(definition, [], currency),
        modifiers=list(_modifiers(definition, currency)),
        document=json.dumps(definition, indent=2, ensure_ascii=False),
    )


def _modifiers(definition: Mapping[str, Any], currency: str) -> Iterator[tuple[str, str]]:
    if "convert" in definition:
        rule = definition["convert"]
        divisor = str(rule.get("divide_by", ""))
        parts = [f"× {number(str(rule['multiply_by']))}"] if "multiply_by" in rule else []
        if divisor:
            parts.append(f"÷ {PERIOD_LENGTHS.get(divisor) or number(divisor)}")
        yield "Units converted", " ".join(parts)
    if "included" in definition:
        included = definition["included"]
        quantity = included["quantity"] if isinstance(included, Mapping) else included
        yield "Included", with_unit(str(quantity), definition.get("unit", ""))
    if "proration" in definition:
        yield "Proration", _PRORATION[definition["proration"]]
    for name, label in (("maximum", "At most"), ("minimum", "At least")):
        if name in definition:
            limit = definition[name]
            amount = limit["amount"] if isinstance(limit, Mapping) else limit
            per = limit.get("per", "charge") if isinstance(limit, Mapping) else "charge"
            yield label, f"{money(str(amount), currency)} per {per}"
    for discount in definition.get("discounts", ()):
        off = (
            f"{number(str(discount['percent']))} %"
            if "percent" in discount
            else money(str(discount["amount"]), currency)
        )
        yield str(discount.get("name", "Discount")).capitalize(), f"{off} off"
