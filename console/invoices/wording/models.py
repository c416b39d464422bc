"""What the price models are called: as a sentence, and in the column of a list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class ModelName(NamedTuple):
    """A price model as a sentence says it, and as a cell does."""

    sentence: str
    cell: str


MODEL_NAMES: Mapping[str, ModelName] = MappingProxyType(
    {
        "flat": ModelName("A flat fee", "fee"),
        "per_unit": ModelName("A price per unit", "per unit"),
        "graduated": ModelName("Each unit at the price of the tier it falls in", "tiered"),
        "volume": ModelName(
            "Every unit at the price of the tier the whole quantity reaches", "by tier reached"
        ),
        "package": ModelName("Whole packages", "by package"),
        "stairstep": ModelName("The price of the step the quantity reaches", "by step reached"),
        "capacity": ModelName(
            "The price of the highest tier that any of the meters reaches", "by furthest meter"
        ),
        "percentage": ModelName("A percentage of each amount", "percentage"),
        "graduated_percentage": ModelName(
            "Each part of the amount at the percentage of its tier", "tiered percentage"
        ),
        "matrix": ModelName("A price for each combination of dimensions", "by dimension"),
        "dynamic": ModelName("The amount the event says", "as reported"),
        "cost_plus": ModelName("Cost and a markup", "cost and markup"),
        "all_charges": ModelName(
            "The least or the most that all charges cost together", "all charges"
        ),
    }
)
