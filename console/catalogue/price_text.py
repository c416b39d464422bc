"""A price document in words and a table, for the catalogue. Pure; the document is what bills."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from console.invoices.wording.models import MODEL_NAMES
from console.invoices.wording.steps import PERIOD_LENGTHS, TierRow, tier_rows
from console.shell import formats
from console.shell.numbers import money, number, with_unit
from core.cycles import Cycle, CycleUnit

MANY = Decimal(2)
_PRORATION = {
    "none": "not prorated",
    "second": "to the second",
    "day": "by day",
    "thirty_day_month": "by day of 30-day months",
}
_SEATS = {
    "average": "counted by the time they are had",
    "day": "counted by the most on each day",
    "high_water": "counted by the most there were",
}
_OF_EVENTS = {
    "fee_per_event": "Fee for each",
    "free_events": "Free, first",
    "free_amount": "Free, up to",
    "min_per_event": "At least for each",
    "max_per_event": "At most for each",
}


@dataclass(frozen=True, slots=True)
class CellTold:
    """A cell of a matrix: for which values, at what price."""

    of: str
    price: str


@dataclass(frozen=True, slots=True)
class PriceTold:
    """What a price charges."""

    model: str
    unit: str
    units: str
    unit_price: str
    tiers: Sequence[TierRow]
    cells: Sequence[CellTold]
    modifiers: Sequence[tuple[str, str]]
    document: str


def tell_price(definition: Mapping[str, Any], currency: str) -> PriceTold:
    """Word a price document."""
    unit = definition.get("unit", "")
    units = formats.unit_text(unit, MANY) if unit else ""
    return PriceTold(
        model=MODEL_NAMES[definition["model"]].sentence,
        unit=with_unit(str(definition["size"]), unit or "units") if "size" in definition else unit,
        units=units,
        unit_price=_unit_price(definition, currency),
        tiers=tier_rows(definition, [], currency),
        cells=[_cell(cell, currency) for cell in definition.get("cells", ())],
        modifiers=list(_modifiers(definition, currency)),
        document=json.dumps(definition, indent=2, ensure_ascii=False),
    )


def _unit_price(definition: Mapping[str, Any], currency: str) -> str:
    if "percent" in definition:
        return f"{number(str(definition['percent']))} %"
    if "markup_percent" in definition:
        return f"cost + {number(str(definition['markup_percent']))} %"
    price = definition.get("unit_price", definition.get("amount", definition.get("price")))
    return money(str(price), currency) if price is not None else ""


def _cell(cell: Mapping[str, Any], currency: str) -> CellTold:
    of = ", ".join(f"{name} {value}" for name, value in cell.get("match", {}).items())
    if "price" in cell:
        told = tell_price(cell["price"], currency)
        return CellTold(of or "everything else", told.unit_price or told.model.lower())
    return CellTold(of or "everything else", _unit_price(cell, currency))


def _modifiers(definition: Mapping[str, Any], currency: str) -> Iterator[tuple[str, str]]:
    if definition.get("tiers_count") == "all":
        yield "Tiers", "counted over all values, event by event"
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
    yield from _of_time(definition)
    for name, label in (("maximum", "At most"), ("minimum", "At least")):
        if name in definition:
            limit = definition[name]
            amount = limit["amount"] if isinstance(limit, Mapping) else limit
            per = limit.get("per", "charge") if isinstance(limit, Mapping) else "charge"
            yield label, f"{money(str(amount), currency)} per {per}"
    for name, label in _OF_EVENTS.items():
        if name in definition:
            said = str(definition[name])
            yield label, number(said) if name == "free_events" else money(said, currency)
    if "commitment" in definition:
        agreed = definition["commitment"]
        yield (
            "Committed",
            money(str(agreed["amount"]), currency)
            if "amount" in agreed
            else with_unit(str(agreed["quantity"]), definition.get("unit", "")),
        )
    for discount in definition.get("discounts", ()):
        off = (
            f"{number(str(discount['percent']))} %"
            if "percent" in discount
            else money(str(discount["amount"]), currency)
        )
        yield str(discount.get("name", "Discount")).capitalize(), f"{off} off"


def _of_time(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "proration" in definition:
        yield "Proration", _PRORATION[definition["proration"]]
    if "cycle" in definition:
        yield "Due", _cycle(definition["cycle"])
    if "seats" in definition:
        rule = definition["seats"]
        rule = rule if isinstance(rule, Mapping) else {"count": rule}
        whose = "that somebody holds" if rule.get("of") == "holders" else "that were bought"
        yield "Seats", f"{whose}, {_SEATS[rule['count']]}"


def _cycle(document: Mapping[str, Any] | str) -> str:
    rule = document if isinstance(document, Mapping) else {"unit": document}
    cycle = Cycle(CycleUnit(rule["unit"]), int(rule.get("every", 1)))
    since = "the account’s billing anchor" if rule.get("from") == "account" else "its start"
    return f"{cycle}, in {rule.get('due', 'advance')}, counted from {since}"
