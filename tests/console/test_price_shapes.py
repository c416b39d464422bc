"""The price form: every model and modifier is described, and nothing is lost on its way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.rating import DocumentRefused, parse_price
from billing.rating.models import MODELS
from console.catalogue.form_shapes import (
    FieldGroup,
    FieldRows,
    document_of,
    holds,
    plain,
    typed_in,
    typed_of,
)
from console.catalogue.form_sheets import FormSheet, ShownChoice, ShownField, ShownPart, ShownRows
from console.catalogue.price_shapes import CELL_MODELS, PRICE, is_same_price
from console.invoices.wording.models import MODEL_NAMES
from core.errors import FieldError
from tests.rating.documents import (
    AMOUNTS,
    COST_PLUS,
    DISCOUNTS,
    DYNAMIC,
    FLAT,
    GRADUATED_PERCENTAGE,
    limits,
    metered_prices,
    percentages,
)

MODIFIERS = st.fixed_dictionaries(
    {},
    optional={
        "discounts": DISCOUNTS,
        "maximum": limits(AMOUNTS),
        "minimum": limits(AMOUNTS),
        "priced_in": st.just({"unit": "credit", "value": "0.50005"}),
    },
)
OF_MONEY = FLAT | percentages() | GRADUATED_PERCENTAGE | DYNAMIC | COST_PLUS
MODEL = PRICE[0]
PRICES = metered_prices() | st.builds(lambda price, more: price | more, OF_MONEY, MODIFIERS)
KNOWN = re.compile(r"known are: (.*)\.")


def known(document: dict[str, Any], pointer: str) -> set[str]:
    """The fields that the reader of a price knows at a place, as it says itself."""
    try:
        parse_price(document)
    except DocumentRefused as refused:
        said = [error.detail for error in refused.errors if error.pointer == f"{pointer}/zzz"]
        return set(KNOWN.findall(said[0])[0].split(", "))
    raise AssertionError("an unknown field was taken")


def described(model: str) -> set[str]:
    return {"model", *(node.name for node in MODEL.variants[model].nodes)}


def sent(nodes: Any) -> dict[str, str]:
    """What a browser sends of a sheet."""
    data: dict[str, str] = {}
    for node in nodes:
        match node:
            case ShownField():
                data[node.name] = node.value
            case ShownPart():
                data |= sent(node.nodes)
            case ShownChoice():
                data |= sent([node.field]) | sent(node.nodes)
            case ShownRows():
                for row in node.rows:
                    data |= sent(row.nodes)
    return data


def through_the_form(document: dict[str, Any]) -> dict[str, Any]:
    problems: list[FieldError] = []
    shown = FormSheet(PRICE, "p", typed_of(PRICE, document)).shown
    back = document_of(PRICE, typed_in(PRICE, sent(shown), "p"), problems)
    assert not problems
    return back


def test_no_model_is_forgotten() -> None:
    assert set(MODEL.variants) == set(MODELS)


def test_the_newest_model_was_shown_by_its_name_in_documents() -> None:
    assert set(MODEL_NAMES) == set(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_no_field_of_a_model_is_forgotten_and_none_is_invented(model: str) -> None:
    inapplicable = {
        "flat": {"convert", "included", "commitment"},
        "capacity": {"convert", "included"},
        "percentage": {"convert", "included"},
        "dynamic": {"convert", "included"},
        "cost_plus": {"convert", "included"},
        "all_charges": {
            "cycle",
            "seats",
            "unit",
            "convert",
            "included",
            "proration",
            "commitment",
            "discounts",
            "priced_in",
        },
    }

    assert described(model) == known({"model": model, "zzz": 1}, "") - inapplicable.get(
        model, set()
    )


@pytest.mark.parametrize("model", ["graduated", "volume", "stairstep", "graduated_percentage"])
def test_no_field_of_a_tier_is_forgotten(model: str) -> None:
    tiers = {node.name: node for node in MODEL.variants[model].nodes}["tiers"]

    assert isinstance(tiers, FieldRows)
    found = {column.name for column in tiers.columns}
    tables = [{"model": model, "tiers": [{"zzz": 1, **more}]} for more in ({}, {"size": "5"})]
    assert found == known(tables[0], "/tiers/0") | (
        known(tables[1], "/tiers/0") if "size" in found else set()
    )


def test_the_bounds_of_several_meters_come_back_from_the_form() -> None:
    tiers = [{"up_to": {"seats": "10", "rooms": "100"}, "price": "1"}, {"price": "10"}]
    price = {"model": "capacity", "tiers": tiers, "due_at_zero": False}
    assert is_same_price(through_the_form(price), price)


def test_the_limits_of_all_charges_come_back_from_the_form() -> None:
    price = {
        "model": "all_charges",
        "minimum": {"amount": "100", "proration": "day"},
        "maximum": "500",
    }
    assert is_same_price(through_the_form(price), price)


@pytest.mark.parametrize("model", CELL_MODELS)
def test_no_field_of_a_cell_is_forgotten(model: str) -> None:
    cell = {"match": {}, "price": {"model": model, "zzz": 1}}
    document = {"model": "matrix", "dimensions": ["size"], "cells": [cell]}

    found = {"model", *(node.name for node in CELL_MODELS[model].nodes)}
    assert found == known(document, "/cells/0/price")


@pytest.mark.parametrize(
    "part", ["convert", "included", "commitment", "maximum", "minimum", "priced_in"]
)
def test_no_field_of_a_modifier_is_forgotten(part: str) -> None:
    nodes = {each.name: each for each in MODEL.variants["per_unit"].nodes}
    node = nodes[part]

    assert isinstance(node, FieldGroup)
    found = {each.name for each in node.nodes}
    assert found == known({"model": "per_unit", part: {"zzz": 1}}, f"/{part}")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(PRICES)
def test_a_price_that_goes_through_the_form_is_the_same_price(document: dict[str, Any]) -> None:
    assert holds(PRICE, document, is_same_price)

    once = through_the_form(document)

    assert is_same_price(once, document)
    assert plain(through_the_form(once)) == plain(once)


@pytest.mark.parametrize(
    "document",
    [
        {"model": "flat", "amount": "1", "colour": "red"},
        {"model": "flat", "amount": "1", "included": "5"},
        {"model": "nothing", "amount": "1"},
        {"model": "graduated", "tiers": "none"},
        {"model": "matrix", "dimensions": ["a=b"], "cells": [{"match": {"a=b": "1, 2"}}]},
    ],
)
def test_what_the_form_cannot_hold_is_not_shown_in_it(document: dict[str, Any]) -> None:
    assert not holds(PRICE, document, is_same_price)
