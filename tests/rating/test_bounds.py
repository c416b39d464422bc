"""A document from a stranger costs a bounded time: its work is known before it is done."""

from __future__ import annotations

from typing import Any

import pytest

from billing.rating import DocumentRefused, quote
from billing.rating.bounds import WORK_MAX, DocumentTooLarge, require_bounded, work_of
from billing.rating.reading import PROBLEMS_MAX
from tests.rating.pricing import flat, graduated, per_unit


def tiers(count: int) -> list[dict[str, str]]:
    rows = [{"up_to": str(row), "unit_price": "0.1"} for row in range(1, count)]
    return [*rows, {"unit_price": "0.1"}]


def of(count: int, price: Any, **account: Any) -> dict[str, Any]:
    charges = [{"key": str(number), "price": "p", "quantity": "1"} for number in range(count)]
    return {"currency": "USD", "prices": {"p": price}, "charges": charges, "account": account}


@pytest.mark.parametrize(
    "document",
    [
        of(1_000, {"model": "graduated", "tiers": tiers(900)}),
        of(1_000, per_unit("1"), taxes=[{"percent": "1"}] * 90),
        of(2_000, per_unit("1", discounts=[{"percent": "1"}] * 90)),
        of(1, {"model": "matrix", "dimensions": {name: ["v"] * 100 for name in "abcd"}}),
        {
            "currency": "USD",
            "price": {"model": "volume", "tiers": tiers(900)},
            "groups": [{"dimensions": {"app": str(number)}} for number in range(200)],
        },
        {"currency": "USD", "events": [{"amount": "1"}] * 60_000},
    ],
    ids=["tiers", "taxes", "discounts", "matrix", "groups", "events"],
)
def test_what_multiplies_is_refused_before_it_is_worked_out(document: dict[str, Any]) -> None:
    with pytest.raises(DocumentTooLarge) as refused:
        require_bounded(document)
    assert f"limit is {WORK_MAX:,}" in refused.value.message


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"price": {"model": "volume", "tiers": tiers(1_001)}}, "/price/tiers"),
        ({"prices": {"a/b": {"discounts": [{}] * 101}}}, "/prices/a~1b/discounts"),
        ({"account": {"grants": [{}] * 101}}, "/account/grants"),
    ],
)
def test_a_list_that_is_too_long_is_named(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(DocumentTooLarge) as refused:
        require_bounded({"currency": "USD"} | document)
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    "document",
    [
        of(3, graduated("100:0.1", "inf:0.05"), minimum="1"),
        {"currency": "USD", "price": flat("20")},
        {"currency": "USD", "charges": "no list", "prices": 3, "account": []},
        {"charges": [None, 3, {"price": ["p"], "groups": {}}], "prices": {"p": None}},
    ],
)
def test_an_ordinary_or_a_senseless_document_is_left_to_the_reader(
    document: dict[str, Any],
) -> None:
    require_bounded(document)
    assert work_of(document) < 200


def test_problems_are_counted_beyond_what_is_listed() -> None:
    odd = {f"k{number}": 1 for number in range(PROBLEMS_MAX + 7)}
    with pytest.raises(DocumentRefused) as refused:
        quote({"currency": "USD", "price": flat("1")} | odd)
    assert len(refused.value.errors) == PROBLEMS_MAX + 1
    assert refused.value.errors[-1].detail == "And 7 more problems."
