"""The fields of a price document, model by model: data, from which the price form is made.

A model or modifier that is added to the rating package is described here; the tests hold that none
is forgotten and that none has a field its reader does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from billing.rating import DocumentRefused, parse_price
from console.catalogue.form_shapes import Item, Kind, Nested, Node, OneOf, Part, Rows, Variant

_PRORATION = Item(
    "proration",
    "Counted by time",
    Kind.CHOICE,
    (
        ("none", "not prorated"),
        ("second", "to the second"),
        ("day", "by day"),
        ("thirty_day_month", "by day, of 30-day months"),
    ),
)
_YES_NO = (("yes", "yes"), ("no", "no"))

_UNIT = Item("unit", "One unit is called", Kind.TEXT, help="dyno-month, GB, build")
_CONVERT = Part(
    "convert",
    "Measured units into priced ones",
    (
        Item("multiply_by", "Multiplied by"),
        Item(
            "divide_by",
            "Divided by",
            help="A number, or period_seconds or period_hours: the length of the period.",
        ),
        Item(
            "round",
            "Rounded",
            Kind.CHOICE,
            (("none", "not"), ("up", "up"), ("down", "down"), ("half_up", "half up")),
        ),
        Item("decimals", "To so many decimals", Kind.WHOLE),
    ),
)
_INCLUDED = Part(
    "included",
    "Included",
    (Item("quantity", "Units that cost nothing, each period"), _PRORATION),
    short="quantity",
)
_OF_COMMITMENT = (
    Item("amount", "Committed amount of money"),
    Item("overage_factor", "Beyond it, the price times"),
)
_ENDS_COMMITMENT = (
    Item("true_up", "Below it, lifted to it", Kind.YES_NO, _YES_NO, help="As usual: yes."),
    _PRORATION,
)
_COMMITMENT = Part(
    "commitment",
    "Commitment",
    (
        Item("quantity", "Committed quantity"),
        *_OF_COMMITMENT,
        Item("overage_unit_price", "Or beyond it, a unit costs"),
        *_ENDS_COMMITMENT,
    ),
)
_MONEY_COMMITMENT = Part("commitment", "Commitment", (*_OF_COMMITMENT, *_ENDS_COMMITMENT))
_DISCOUNTS = Rows(
    "discounts",
    "Discounts",
    "discount",
    (
        Item("name", "Name", Kind.TEXT),
        Item("percent", "Per cent off"),
        Item("amount", "Or an amount off"),
    ),
    key="name",
)


def _limit(name: str, label: str) -> Part:
    choices = (("charge", "each charge"), ("resource", "each resource"), ("account", "the account"))
    per = Item("per", "For", Kind.CHOICE, choices)
    return Part(name, label, (Item("amount", "Amount"), per, _PRORATION), short="amount")


_PRICED_IN = Part(
    "priced_in",
    "Priced in a unit of its own",
    (Item("unit", "Unit", Kind.TEXT), Item("value", "One is worth, in the currency")),
)
_LAST: tuple[Node, ...] = (
    _PRORATION,
    _DISCOUNTS,
    _limit("maximum", "At most"),
    _limit("minimum", "At least"),
    _PRICED_IN,
)
_OF_USAGE: tuple[Node, ...] = (_UNIT, _CONVERT, _INCLUDED, _COMMITMENT, *_LAST)
_OF_STEPS: tuple[Node, ...] = (_UNIT, _CONVERT, _INCLUDED, _MONEY_COMMITMENT, *_LAST)
_OF_EVENTS: tuple[Node, ...] = (_UNIT, _MONEY_COMMITMENT, *_LAST)
_OF_FEES: tuple[Node, ...] = (_UNIT, *_LAST)

_DUE_AT_ZERO = Item(
    "due_at_zero", "Due without any usage", Kind.YES_NO, _YES_NO, help="As usual: yes."
)


def _tiers(*prices: Item) -> Rows:
    return Rows("tiers", "Tiers", "tier", (Item("up_to", "Up to"), *prices), "up_to", "up_to")


_FEE = Item("fee", "Fee on entering")
_IN_PACKAGES = (Item("size", "Or units in a package"), Item("price", "Price of a package"))
_UNIT_TIERS = (_tiers(Item("unit_price", "Price of a unit"), _FEE, *_IN_PACKAGES), _DUE_AT_ZERO)
_PER_UNIT = Item("unit_price", "Price of a unit")


def _of_quantities() -> dict[str, Variant]:
    """The models that are made of quantities: also what a cell of a matrix may hold."""
    return {
        "per_unit": Variant("Per unit", "Each unit at one price.", (_PER_UNIT,)),
        "graduated": Variant(
            "Graduated",
            "Each tier charges the part of the quantity that falls into it.",
            _UNIT_TIERS,
        ),
        "volume": Variant(
            "Volume", "All units at the price of the tier that is reached.", _UNIT_TIERS
        ),
        "package": Variant(
            "Package",
            "A price for each package; one begun is billed whole.",
            (Item("size", "Units in a package"), Item("price", "Price of a package")),
        ),
        "stairstep": Variant(
            "Stairstep",
            "One price for the whole step that is reached.",
            (_tiers(Item("price", "Price of the step")), _DUE_AT_ZERO),
        ),
        "graduated_percentage": Variant(
            "Graduated per cent",
            "Each slice of an amount at its percentage.",
            (_tiers(Item("percent", "Per cent"), _FEE), _DUE_AT_ZERO),
        ),
    }


CELL_MODELS: Mapping[str, Variant] = MappingProxyType(_of_quantities())
_CELLS = Rows(
    "cells",
    "Cells",
    "cell",
    (
        Item("match", "For usage with", Kind.PAIRS, help="Empty: whatever is left."),
        _PER_UNIT,
        Nested("price", OneOf("model", "Or a price of its own", CELL_MODELS, none="no")),
    ),
    key="match",
)
_DIMENSIONS = Item(
    "dimensions",
    "Dimensions",
    Kind.VALUES,
    help="One to a line, best with its values: region: eu, us",
)
_TIERS_COUNT = Item(
    "tiers_count",
    "Tiers count",
    Kind.CHOICE,
    (("each", "each charge by itself"), ("all", "over all values together")),
)
_CAPACITIES = Rows(
    "tiers",
    "Tiers",
    "tier",
    (
        Item("up_to", "Up to", Kind.PAIRS, help="Of every meter, one to a line: seats: 10"),
        Item("price", "Price of the tier"),
    ),
    key="up_to",
)
_ALONE: Mapping[str, Variant] = MappingProxyType(
    {
        "flat": Variant(
            "Flat fee",
            "A fee for the period.",
            (
                Item("amount", "Amount"),
                Item(
                    "billed",
                    "Billed",
                    Kind.CHOICE,
                    (("advance", "in advance"), ("arrears", "in arrears")),
                ),
            ),
        ),
        **CELL_MODELS,
        "capacity": Variant(
            "Capacity",
            "One price for the highest tier that any of several meters reaches.",
            (_CAPACITIES, _DUE_AT_ZERO),
        ),
        "percentage": Variant(
            "Per cent",
            "A share of the money that moved.",
            (
                Item("percent", "Per cent"),
                Item("fee_per_event", "Fee for each transaction"),
                Item("free_events", "Free, the first", Kind.WHOLE),
                Item("free_amount", "Free, up to an amount of"),
                Item("min_per_event", "At least, for each"),
                Item("max_per_event", "At most, for each"),
            ),
        ),
        "matrix": Variant(
            "Matrix", "A price for each combination.", (_DIMENSIONS, _TIERS_COUNT, _CELLS)
        ),
        "dynamic": Variant("Dynamic", "Each event brings its own amount.", ()),
        "cost_plus": Variant(
            "Cost plus",
            "What it cost us, and a markup.",
            (Item("markup_percent", "Markup, per cent"),),
        ),
    }
)
_MODIFIERS: Mapping[str, tuple[Node, ...]] = MappingProxyType(
    {
        "flat": _OF_FEES,
        "volume": _OF_STEPS,
        "stairstep": _OF_STEPS,
        "capacity": _OF_EVENTS,
        "percentage": _OF_EVENTS,
        "dynamic": _OF_EVENTS,
        "cost_plus": _OF_EVENTS,
    }
)
PRICE = (
    OneOf(
        "model",
        "How it charges",
        MappingProxyType(
            {
                name: Variant(
                    alone.label, alone.meaning, (*alone.nodes, *_MODIFIERS.get(name, _OF_USAGE))
                )
                for name, alone in _ALONE.items()
            }
        ),
    ),
)


def is_same_price(one: Any, other: Any) -> bool:
    """Whether two documents make the same price, however they are written."""
    try:
        return parse_price(one) == parse_price(other)
    except DocumentRefused:
        return False
