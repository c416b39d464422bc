"""What is legal in a price but seldom meant is named when it is read: falling totals, odd cells."""

from __future__ import annotations

from typing import Any

import pytest

from billing.rating import parse_price, review
from tests.rating.documents import Document
from tests.rating.pricing import bill_all, flat, graduated, per_unit, tiers, volume


def cell(match: dict[str, str], **price: Any) -> Document:
    return {"match": match, **(price or {"unit_price": "1"})}


def cautions(price: Document) -> list[tuple[str, str]]:
    return [(caution.pointer, caution.code) for caution in review(parse_price(price))]


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        pytest.param(volume("10:2", "inf:1"), [("/tiers/1", "total_falls")], id="volume-falls"),
        pytest.param(volume("10:2", "inf:2"), [("/tiers/1", "tier_same")], id="same-tier"),
        pytest.param(volume("10:2", "inf:3"), [], id="rising"),
        pytest.param(graduated("10:2", "inf:1"), [], id="graduated-never-falls"),
        pytest.param(
            {"model": "stairstep", "tiers": tiers("10:5", "inf:4", price="price")},
            [("/tiers/1", "total_falls")],
            id="stairstep-falls",
        ),
        pytest.param(per_unit("0"), [("/unit_price", "free")], id="free-units"),
        pytest.param(
            {"model": "package", "size": "1", "price": "0"},
            [("/price", "free")],
            id="free-packages",
        ),
        pytest.param(
            per_unit("1", minimum="5", maximum="4"),
            [("/minimum", "minimum_above_maximum")],
            id="bounds-cross",
        ),
        pytest.param(
            per_unit("1", commitment={"amount": "5", "overage_factor": "0.5"}),
            [("/commitment/overage_factor", "overage_cheaper")],
            id="cheap-overage",
        ),
        pytest.param(
            volume("10:1", "inf:2", included="3"),
            [("/included", "tiers_after_allowance")],
            id="volume-with-allowance",
        ),
        pytest.param(
            {"model": "cost_plus", "markup_percent": "-5"},
            [("/markup_percent", "below_cost")],
            id="below-cost",
        ),
        pytest.param(
            {"model": "percentage", "percent": "1", "min_per_event": "1", "max_per_event": "1"},
            [("/max_per_event", "bounds_equal")],
            id="bounds-equal",
        ),
        pytest.param(flat("5"), [], id="flat"),
        pytest.param({"model": "dynamic"}, [], id="dynamic"),
        pytest.param(
            {
                "model": "graduated_percentage",
                "tiers": tiers("5:1", "inf:1", price="percent"),
            },
            [("/tiers/1", "tier_same")],
            id="same-percentage",
        ),
    ],
)
def test_what_is_legal_but_seldom_meant_is_named(
    price: Document, expected: list[tuple[str, str]]
) -> None:
    assert cautions(price) == expected


def test_missing_and_orphaned_cells_are_named() -> None:
    price = {
        "model": "matrix",
        "dimensions": {"size": ["s", "l"], "region": ["eu", "us"]},
        "cells": [
            cell({"size": "s"}),
            cell({"size": "l", "region": "eu"}, price=volume("10:2", "inf:1")),
            cell({"size": "xl", "region": "eu"}),
        ],
    }
    assert cautions(price) == [
        ("/cells/2/match/size", "cell_orphaned"),
        ("/cells", "cell_missing"),
        ("/cells/1/price/tiers/1", "total_falls"),
    ]


def test_a_huge_matrix_is_not_walked() -> None:
    values = [f"v{number}" for number in range(400)]
    dimensions = dict.fromkeys(("a", "b", "c"), values)
    price = {"model": "matrix", "dimensions": dimensions, "cells": [cell({})]}
    assert cautions(price) == [("/dimensions", "cells_unchecked")]


def test_a_warning_points_to_the_price_it_is_about() -> None:
    price = volume("10:2", "inf:1")
    named = bill_all({"price": "v", "quantity": "1"}, prices={"v": price})
    inline = bill_all({"price": price, "quantity": "1"}, {"price": flat("1")})
    assert [warning["pointer"] for warning in named["warnings"]] == ["/prices/v/tiers/1"]
    assert [warning["pointer"] for warning in inline["warnings"]] == ["/charges/0/price/tiers/1"]
