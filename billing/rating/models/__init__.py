"""The price models, by the name a price document calls them.

To add a model: write it in the file of its family (or a new one), with a `read_…` function, and
name it here; docs/pricing.md documents it with an example that the tests run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from billing.rating.models.all_charges import AllCharges
from billing.rating.models.capacity import read_capacity
from billing.rating.models.events import read_cost_plus, read_dynamic, read_percentage
from billing.rating.models.matrix import PriceModel, read_matrix
from billing.rating.models.over_all import read_over_all
from billing.rating.models.simple import read_flat, read_package, read_per_unit
from billing.rating.models.tiers import (
    read_graduated,
    read_graduated_percentage,
    read_stairstep,
    read_volume,
)
from billing.rating.reading import Fields

MODELS: Mapping[str, Callable[[Fields], PriceModel]] = MappingProxyType(
    {
        "flat": read_flat,
        "per_unit": read_per_unit,
        "graduated": read_graduated,
        "volume": read_volume,
        "package": read_package,
        "stairstep": read_stairstep,
        "capacity": read_capacity,
        "percentage": read_percentage,
        "graduated_percentage": read_graduated_percentage,
        "matrix": lambda fields: read_over_all(fields, read_matrix(fields, read_model)),
        "dynamic": read_dynamic,
        "cost_plus": read_cost_plus,
        "all_charges": lambda _: AllCharges(),
    }
)


def read_model(fields: Fields) -> PriceModel | None:
    """Read the model a price names with its fields; None where the name is missing or unknown."""
    name = fields.raw("model")
    if not isinstance(name, str) or name not in MODELS:
        fields.choice("model", list(MODELS))
        return None
    return MODELS[name](fields)
