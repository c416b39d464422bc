"""The fields of a price document, model by model: data, from which the price form is made.

A model or modifier that is added to the rating package is described here; the tests hold that none
is forgotten and that none has a field its reader does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from billing.rating import DocumentRefused, parse_price
from console.catalogue.form_shapes import (
    FieldChoice,
    FieldGroup,
    FieldKind,
    FieldNode,
    FieldRows,
    Nested,
    SingleField,
    Variant,
)

_PRORATION = SingleField(
    "proration",
    "Counted by time",
    FieldKind.CHOICE,
    (
        ("none", "not prorated"),
        ("second", "to the second"),
        ("day", "by day"),
        ("thirty_day_month", "by day, of 30-day months"),
    ),
)
_YES_NO = (("yes", "yes"), ("no", "no"))

_UNIT = SingleField("unit", "One unit is called", FieldKind.TEXT, help="dyno-month, GB, build")
_CONVERT = FieldGroup(
    "convert",
    "Measured units into priced ones",
    (
        SingleField("multiply_by", "Multiplied by"),
        SingleField(
            "divide_by",
            "Divided by",
            help="A number, or period_seconds or period_hours: the length of the period.",
        ),
        SingleField(
            "round",
            "Rounded",
            FieldKind.CHOICE,
            (("none", "not"), ("up", "up"), ("down", "down"), ("half_up", "half up")),
        ),
        SingleField("decimals", "To so many decimals", FieldKind.WHOLE),
    ),
)
_INCLUDED = FieldGroup(
    "included",
    "Included",
    (SingleField("quantity", "Units that cost nothing, each period"), _PRORATION),
    short="quantity",
)
_OF_COMMITMENT = (
    SingleField("amount", "Committed amount of money"),
    SingleField("overage_factor", "Beyond it, the price times"),
)
_ENDS_COMMITMENT = (
    SingleField(
        "true_up", "Below it, lifted to it", FieldKind.YES_NO, _YES_NO, help="As usual: yes."
    ),
    _PRORATION,
)
_COMMITMENT = FieldGroup(
    "commitment",
    "Commitment",
    (
        SingleField("quantity", "Committed quantity"),
        *_OF_COMMITMENT,
        SingleField("overage_unit_price", "Or beyond it, a unit costs"),
        *_ENDS_COMMITMENT,
    ),
)
_MONEY_COMMITMENT = FieldGroup("commitment", "Commitment", (*_OF_COMMITMENT, *_ENDS_COMMITMENT))
_DISCOUNTS = FieldRows(
    "discounts",
    "Discounts",
    "discount",
    (
        SingleField("name", "Name", FieldKind.TEXT),
        SingleField("percent", "Per cent off"),
        SingleField("amount", "Or an amount off"),
    ),
    key="name",
)


_LIMIT_OF = SingleField(
    "per",
    "For",
    FieldKind.CHOICE,
    (("charge", "each charge"), ("resource", "each resource"), ("account", "the account")),
)


def _limit(name: str, label: str, *per: SingleField) -> FieldGroup:
    return FieldGroup(
        name, label, (SingleField("amount", "Amount"), *per, _PRORATION), short="amount"
    )


_PRICED_IN = FieldGroup(
    "priced_in",
    "Priced in a unit of its own",
    (
        SingleField("unit", "Unit", FieldKind.TEXT),
        SingleField("value", "One is worth, in the currency"),
    ),
)
_CYCLE = FieldGroup(
    "cycle",
    "A cycle of its own, instead of the billing period",
    (
        SingleField(
            "unit",
            "Due each",
            FieldKind.CHOICE,
            (
                ("day", "day"),
                ("week", "week"),
                ("month", "month"),
                ("quarter", "quarter"),
                ("half_year", "half year"),
                ("year", "year"),
            ),
        ),
        SingleField("every", "Or each so many of them", FieldKind.WHOLE),
        SingleField(
            "from",
            "Counted from",
            FieldKind.CHOICE,
            (("start", "its start"), ("account", "the account’s billing anchor")),
        ),
        SingleField(
            "due", "Due in", FieldKind.CHOICE, (("advance", "advance"), ("arrears", "arrears"))
        ),
    ),
    short="unit",
)
_SEATS = FieldGroup(
    "seats",
    "Counts seats, instead of a meter",
    (
        SingleField(
            "count",
            "Counted",
            FieldKind.CHOICE,
            (
                ("average", "by the time they are had"),
                ("day", "by the most on each day"),
                ("high_water", "by the most there were"),
            ),
        ),
        SingleField(
            "of", "Which", FieldKind.CHOICE, (("bought", "bought"), ("holders", "held by somebody"))
        ),
    ),
    short="count",
)
_LAST: tuple[FieldNode, ...] = (
    _PRORATION,
    _CYCLE,
    _SEATS,
    _DISCOUNTS,
    _limit("maximum", "At most", _LIMIT_OF),
    _limit("minimum", "At least", _LIMIT_OF),
    _PRICED_IN,
)
_OF_ALL_CHARGES: tuple[FieldNode, ...] = (
    _limit("minimum", "At least"),
    _limit("maximum", "At most"),
)
_OF_USAGE: tuple[FieldNode, ...] = (_UNIT, _CONVERT, _INCLUDED, _COMMITMENT, *_LAST)
_OF_STEPS: tuple[FieldNode, ...] = (_UNIT, _CONVERT, _INCLUDED, _MONEY_COMMITMENT, *_LAST)
_OF_EVENTS: tuple[FieldNode, ...] = (_UNIT, _MONEY_COMMITMENT, *_LAST)
_OF_FEES: tuple[FieldNode, ...] = (_UNIT, *_LAST)

_DUE_AT_ZERO = SingleField(
    "due_at_zero", "Due without any usage", FieldKind.YES_NO, _YES_NO, help="As usual: yes."
)


def _tiers(*prices: SingleField) -> FieldRows:
    return FieldRows(
        "tiers", "Tiers", "tier", (SingleField("up_to", "Up to"), *prices), "up_to", "up_to"
    )


_FEE = SingleField("fee", "Fee on entering")
_IN_PACKAGES = (
    SingleField("size", "Or units in a package"),
    SingleField("price", "Price of a package"),
)
_UNIT_TIERS = (
    _tiers(SingleField("unit_price", "Price of a unit"), _FEE, *_IN_PACKAGES),
    _DUE_AT_ZERO,
)
_PER_UNIT = SingleField("unit_price", "Price of a unit")


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
            (SingleField("size", "Units in a package"), SingleField("price", "Price of a package")),
        ),
        "stairstep": Variant(
            "Stairstep",
            "One price for the whole step that is reached.",
            (_tiers(SingleField("price", "Price of the step")), _DUE_AT_ZERO),
        ),
        "graduated_percentage": Variant(
            "Graduated per cent",
            "Each slice of an amount at its percentage.",
            (_tiers(SingleField("percent", "Per cent"), _FEE), _DUE_AT_ZERO),
        ),
    }


CELL_MODELS: Mapping[str, Variant] = MappingProxyType(_of_quantities())
_CELLS = FieldRows(
    "cells",
    "Cells",
    "cell",
    (
        SingleField("match", "For usage with", FieldKind.PAIRS, help="Empty: whatever is left."),
        _PER_UNIT,
        Nested("price", FieldChoice("model", "Or a price of its own", CELL_MODELS, none="no")),
    ),
    key="match",
)
_DIMENSIONS = SingleField(
    "dimensions",
    "Dimensions",
    FieldKind.VALUES,
    help="One to a line, best with its values: region: eu, us",
)
_TIERS_COUNT = SingleField(
    "tiers_count",
    "Tiers count",
    FieldKind.CHOICE,
    (("each", "each charge by itself"), ("all", "over all values together")),
)
_CAPACITIES = FieldRows(
    "tiers",
    "Tiers",
    "tier",
    (
        SingleField(
            "up_to", "Up to", FieldKind.PAIRS, help="Of every meter, one to a line: seats: 10"
        ),
        SingleField("price", "Price of the tier"),
    ),
    key="up_to",
)
_ALONE: Mapping[str, Variant] = MappingProxyType(
    {
        "flat": Variant(
            "Flat fee",
            "A fee for the period.",
            (
                SingleField("amount", "Amount"),
                SingleField(
                    "billed",
                    "Billed",
                    FieldKind.CHOICE,
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
                SingleField("percent", "Per cent"),
                SingleField("fee_per_event", "Fee for each transaction"),
                SingleField("free_events", "Free, the first", FieldKind.WHOLE),
                SingleField("free_amount", "Free, up to an amount of"),
                SingleField("min_per_event", "At least, for each"),
                SingleField("max_per_event", "At most, for each"),
            ),
        ),
        "matrix": Variant(
            "Matrix", "A price for each combination.", (_DIMENSIONS, _TIERS_COUNT, _CELLS)
        ),
        "dynamic": Variant("Dynamic", "Each event brings its own amount.", ()),
        "cost_plus": Variant(
            "Cost plus",
            "What it cost us, and a markup.",
            (SingleField("markup_percent", "Markup, per cent"),),
        ),
        "all_charges": Variant(
            "All charges together",
            "No price of its own: the least or the most that all charges of the plan cost.",
            (),
        ),
    }
)
_MODIFIERS: Mapping[str, tuple[FieldNode, ...]] = MappingProxyType(
    {
        "flat": _OF_FEES,
        "volume": _OF_STEPS,
        "stairstep": _OF_STEPS,
        "capacity": _OF_EVENTS,
        "percentage": _OF_EVENTS,
        "dynamic": _OF_EVENTS,
        "cost_plus": _OF_EVENTS,
        "all_charges": _OF_ALL_CHARGES,
    }
)
PRICE = (
    FieldChoice(
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
