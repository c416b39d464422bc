"""Documents are read strictly: every problem at once, each at its place, nothing ignored."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.rating import DocumentRefused, parse_price, quote
from tests.rating.documents import Document, pricing_documents
from tests.rating.pricing import JUNE, bill_all, events, flat, graduated, per_unit, volume


def problems(document: Any) -> list[tuple[str, str]]:
    with pytest.raises(DocumentRefused) as refused:
        quote(document)
    return [(error.pointer, error.code) for error in refused.value.errors]


def price_problems(price: Any) -> list[tuple[str, str]]:
    with pytest.raises(DocumentRefused) as refused:
        parse_price(price)
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_every_problem_is_named_at_once_with_its_place() -> None:
    document = {
        "currency": "DOLLAR",
        "period": {"from": "2026-06-01", "until": "2026-05-01", "zone": "Mars/Olympus"},
        "charges": [
            {"key": "a", "price": {"model": "per_unit", "unit_price": "1e3"}, "quantity": "NaN"},
            {"key": "a", "price": {"model": "per_unti"}, "quantity": "1"},
            {"key": "c", "price": "gold", "quantity": "1", "colour": "red"},
        ],
        "account": {"taxes": [{"percent": "-1"}], "bonus": 1},
    }
    assert sorted(problems(document)) == [
        ("/account/bonus", "unknown_field"),
        ("/account/taxes/0/percent", "percent_range"),
        ("/charges/0/price/unit_price", "unit_price_format"),
        ("/charges/0/quantity", "quantity_format"),
        ("/charges/1/key", "duplicate"),
        ("/charges/1/price/model", "choice"),
        ("/charges/2/colour", "unknown_field"),
        ("/charges/2/price", "price_unknown"),
        ("/currency", "currency_unknown"),
        ("/period/until", "period_empty"),
        ("/period/zone", "zone_unknown"),
    ]


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ({}, [("/model", "required")]),
        ({"model": ["flat"]}, [("/model", "choice")]),
        ({"model": "flat"}, [("/amount", "required")]),
        ({"model": "flat", "amount": 1.5}, [("/amount", "amount_format")]),
        ({"model": "flat", "amount": True}, [("/amount", "amount_format")]),
        ({"model": "flat", "amount": "0.1234567890123"}, [("/amount", "amount_scale")]),
        ({"model": "flat", "amount": "9" * 30}, [("/amount", "amount_range")]),
        ({"model": "flat", "amount": Decimal("1E+99999")}, [("/amount", "amount_format")]),
        (flat("5", included="3"), [("/included", "not_applicable")]),
        ({"model": "graduated"}, [("/tiers", "required")]),
        ({"model": "graduated", "tiers": []}, [("/tiers", "tiers_missing")]),
        ({"model": "graduated", "tiers": "10"}, [("/tiers", "type"), ("/tiers", "tiers_missing")]),
        (graduated("10:1", "10:2", "inf:3"), [("/tiers/1/up_to", "tier_order")]),
        (graduated("10:1"), [("/tiers/0/up_to", "tier_open_missing")]),
        (graduated("inf:1", "inf:2"), [("/tiers/0/up_to", "tier_open_early")]),
        ({"model": "volume", "tiers": [{}]}, [("/tiers/0/unit_price", "required")]),
        ({"model": "package", "size": "0", "price": "1"}, [("/size", "size_range")]),
        (per_unit("1", convert={}), [("/convert/divide_by", "required")]),
        (per_unit("1", convert={"divide_by": "0"}), [("/convert/divide_by", "divide_by_range")]),
        (
            per_unit("1", convert={"divide_by": "period_days"}),
            [("/convert/divide_by", "divide_by_format")],
        ),
        (per_unit("1", commitment={}), [("/commitment/quantity", "choice")]),
        (
            per_unit("1", commitment={"amount": "5", "overage_unit_price": "1"}),
            [("/commitment/overage_unit_price", "not_applicable")],
        ),
        (
            per_unit(
                "1",
                commitment={"quantity": "5", "overage_unit_price": "1", "overage_factor": "2"},
            ),
            [("/commitment/overage_factor", "choice")],
        ),
        (volume("inf:1", commitment={"quantity": "5"}), [("/commitment", "not_applicable")]),
        (per_unit("1", maximum={"amount": "-1"}), [("/maximum/amount", "amount_range")]),
        (per_unit("1", maximum="-1"), [("/maximum", "maximum_range")]),
        (per_unit("1", maximum={"amount": "1", "per": "planet"}), [("/maximum/per", "choice")]),
        (per_unit("1", minimum=True), [("/minimum", "minimum_format")]),
        (per_unit("1", minimum=["1"]), [("/minimum", "type"), ("/minimum/amount", "required")]),
        (per_unit("1", proration="week"), [("/proration", "choice")]),
        (
            per_unit("1", discounts=[{"percent": "101"}]),
            [("/discounts/0/percent", "percent_range")],
        ),
        (per_unit("1", discounts=[{}]), [("/discounts/0/percent", "choice")]),
        (per_unit("1", unit=""), [("/unit", "type")]),
        (per_unit("1", priced_in={"unit": "credit"}), [("/priced_in/value", "required")]),
        (
            {"model": "percentage", "percent": "1", "min_per_event": "2", "max_per_event": "1"},
            [("/max_per_event", "max_per_event_range")],
        ),
        (
            {"model": "percentage", "percent": "1", "free_events": "many"},
            [("/free_events", "type")],
        ),
        (
            {"model": "dynamic", "convert": {"divide_by": "2"}},
            [("/convert", "not_applicable")],
        ),
        (
            {"model": "matrix", "dimensions": ["size"], "cells": []},
            [("/cells", "cells_missing")],
        ),
        ({"model": "matrix", "cells": [{"unit_price": "1"}]}, [("/dimensions", "required")]),
        (
            {"model": "matrix", "dimensions": [1], "cells": [{"unit_price": "1"}]},
            [("/dimensions", "type")],
        ),
        (
            {"model": "matrix", "dimensions": {"size": [1]}, "cells": [{"unit_price": "1"}]},
            [("/dimensions/size/0", "type")],
        ),
        (
            {
                "model": "matrix",
                "dimensions": ["size"],
                "cells": [{"match": {"colour": "red"}, "unit_price": "1"}],
            },
            [("/cells/0/match/colour", "dimension_unknown")],
        ),
        ([], [("", "type"), ("/model", "required")]),
    ],
)
def test_a_wrong_price_is_refused_by_name(price: Any, expected: list[tuple[str, str]]) -> None:
    assert price_problems(price) == expected


def cell(match: dict[str, str], **price: Any) -> Document:
    return {"match": match, **(price or {"unit_price": "1"})}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([cell({"size": "s"}), cell({"size": "s"})], [("/cells/1/match", "cell_ambiguous")]),
        ([cell({"size": "s"}), cell({"region": "eu"})], [("/cells/1/match", "cell_ambiguous")]),
        ([cell({}, unit_price="1", price=per_unit("1"))], [("/cells/0/price", "choice")]),
        ([cell({}, price=flat("1"))], [("/cells/0/price/model", "choice")]),
        ([cell({}, price={"model": "dynamic"})], [("/cells/0/price/model", "choice")]),
        (
            [cell({}, price={"model": "matrix", "dimensions": ["size"], "cells": [cell({})]})],
            [("/cells/0/price/model", "choice")],
        ),
        (
            [cell({"size": "s"}), cell({"size": "l"}), cell({}), cell({"region": "eu"})],
            [("/cells/3/match", "cell_ambiguous")],
        ),
    ],
)
def test_a_cell_is_found_without_doubt(
    cells: list[Document], expected: list[tuple[str, str]]
) -> None:
    price = {"model": "matrix", "dimensions": ["region", "size"], "cells": cells}
    assert price_problems(price) == expected


def test_the_more_specific_cell_wins() -> None:
    cells = [
        cell({}, unit_price="1"),
        cell({"size": "s"}, unit_price="2"),
        cell({"size": "s", "region": "eu"}, unit_price="3"),
    ]
    price = {"model": "matrix", "dimensions": ["region", "size"], "cells": cells}
    groups = [
        {"dimensions": {"size": "s", "region": "eu"}, "quantity": "1"},
        {"dimensions": {"size": "s", "region": "us"}, "quantity": "1"},
        {"dimensions": {"size": "l", "region": "eu"}, "quantity": "1"},
        {"dimensions": {}, "quantity": "1"},
    ]
    answer = quote({"currency": "USD", "price": price, "groups": groups})
    assert [line["amount"] for line in answer["lines"]] == ["3.00", "2.00", "1.00", "1.00"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [("/price", "required")]),
        ({"price": flat("5"), "quantity": "1"}, [("/quantity", "not_applicable")]),
        ({"price": per_unit("5")}, [("/quantity", "required")]),
        (
            {"price": per_unit("5"), "quantity": "1", "events": events("1")},
            [("/quantity", "choice")],
        ),
        (
            {"price": flat("5"), "active": {"from": "2026-06-01", "until": "2026-06-02"}},
            [("/active", "required")],
        ),
        (
            {
                "price": flat("5"),
                "period": JUNE,
                "active": {"from": "2026-06-01", "until": "2026-08-01"},
            },
            [("/active", "cannot_rate")],
        ),
        (
            {"price": per_unit("5", convert={"divide_by": "period_seconds"}), "quantity": "1"},
            [("/price", "cannot_rate")],
        ),
        (
            {"price": graduated("inf:1"), "quantity": "-1"},
            [("/quantity", "cannot_rate")],
        ),
        (
            {"price": {"model": "dynamic"}, "events": [{"quantity": "1"}]},
            [("/events", "cannot_rate")],
        ),
        (
            {"price": {"model": "dynamic"}, "quantity": "1"},
            [("/events", "cannot_rate")],
        ),
        (
            {"price": {"model": "percentage", "percent": "1"}, "events": events("-1", "2")},
            [("/events", "cannot_rate")],
        ),
        (
            {
                "price": {"model": "percentage", "percent": "1"},
                "events": [{"amount": "1", "quantity": "1"}],
            },
            [("/events/0/quantity", "choice")],
        ),
        (
            {
                "price": {
                    "model": "matrix",
                    "dimensions": ["size"],
                    "cells": [cell({"size": "s"})],
                },
                "quantity": "1",
                "dimensions": {"size": "xl"},
            },
            [("/dimensions", "cannot_rate")],
        ),
        (
            {"price": flat("5"), "prorated_quantity": "1"},
            [("/prorated_quantity", "not_applicable")],
        ),
        (
            {"price": flat("5"), "account": {"discounts": [{"percent": "1", "charges": ["x"]}]}},
            [("/account/discounts/0/charges/0", "charge_unknown")],
        ),
        (
            {"price": flat("5"), "account": {"taxes": [{"percent": "1", "groups": [1]}]}},
            [("/account/taxes/0/groups/0", "type")],
        ),
        (
            {"price": flat("5"), "account": {"grants": [{"amount": "1", "expires_on": "soon"}]}},
            [("/account/grants/0/expires_on", "expires_on_format")],
        ),
        ({"price": flat("5"), "period": {"until": "2026-06-01"}}, [("/period/from", "required")]),
        (
            {"price": flat("5"), "period": {"from": "2026-06-01T00:00:00", "until": "2026-07-01"}},
            [("/period/from", "from_format")],
        ),
        (
            {"price": flat("5"), "period": {"from": "2026-02-30", "until": "2026-07-01"}},
            [("/period/from", "from_format")],
        ),
        ({"price": flat("5"), "period": {"anchor": "x"}}, [("/period/anchor", "anchor_format")]),
        (
            {"price": flat("5"), "period": {"anchor": "2026-02-30"}},
            [("/period/anchor", "anchor_format")],
        ),
        (
            {
                "price": flat("5", proration="day"),
                "period": {"from": "2026-06-01T10:00:00Z", "until": "2026-06-01T11:00:00Z"},
                "active": {"from": "2026-06-01T10:00:00Z", "until": "2026-06-01T10:30:00Z"},
            },
            [("/period", "cannot_rate")],
        ),
        (
            {"price": per_unit("1"), "events": [{"quantity": "1"}] * 20_001},
            [("/events", "events_range")],
        ),
        (
            {
                "price": {
                    "model": "percentage",
                    "percent": "1",
                    "commitment": {"amount": "5"},
                },
                "events": events("1"),
                "already_billed": {"quantity": "3"},
            },
            [("", "cannot_rate")],
        ),
        ({"price": True}, [("/price", "type"), ("/price/model", "required")]),
        (
            {"price": flat("5"), "period": {"anchor": "9999-12-01", "number": 3}},
            [("/period/number", "date_outside_calendar")],
        ),
        (
            {"price": flat("5"), "period": {"anchor": "2026-01-01", "months": 0}},
            [("/period/months", "months_range")],
        ),
        (
            {"price": per_unit("1"), "quantity": "1", "dimensions": {"size": 5}},
            [("/dimensions/size", "type")],
        ),
        (
            {"price": per_unit("1"), "quantity": "1", "final": "no"},
            [("/final", "type")],
        ),
        (
            {"price": per_unit("1"), "groups": [{"quantity": "1"}, {"quantity": "2"}]},
            [("/groups/1/key", "duplicate")],
        ),
    ],
)
def test_a_wrong_charge_is_refused_by_name(
    fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert problems({"currency": "USD", **fields}) == expected


@pytest.mark.parametrize("document", [None, [], "x", 1, {"currency": "USD", "charges": {}}])
def test_a_document_is_an_object(document: Any) -> None:
    assert problems(document)


def test_all_charges_that_cannot_be_rated_are_named() -> None:
    with pytest.raises(DocumentRefused) as refused:
        bill_all(
            {"price": graduated("inf:1"), "quantity": "-1"},
            {"price": per_unit("1"), "quantity": "-1"},
            {"price": volume("inf:1"), "quantity": "-2"},
        )
    pointers = [error.pointer for error in refused.value.errors]
    assert pointers == ["/charges/0/quantity", "/charges/2/quantity"]


def test_numbers_may_be_json_numbers_as_long_as_they_are_exact() -> None:
    document = {"currency": "USD", "price": per_unit("1"), "quantity": 3}
    assert quote(document)["total"] == "3.00"
    assert quote(document | {"quantity": Decimal("3.25")})["total"] == "3.25"


def test_whole_numbers_may_be_texts() -> None:
    price = {"model": "percentage", "percent": "10", "free_events": "1"}
    answer = quote({"currency": "USD", "price": price, "events": events("5", "7")})
    assert answer["total"] == "0.70"


def test_a_description_is_copied_to_its_lines() -> None:
    answer = quote({"currency": "USD", "price": flat("5"), "description": "Team plan"})
    assert answer["lines"][0]["description"] == "Team plan"


def test_an_amount_beside_the_quantity_is_one_event() -> None:
    dynamic = {"currency": "USD", "price": {"model": "dynamic"}, "quantity": "3", "amount": "1.20"}
    (line,) = quote(dynamic)["lines"]
    assert (line["quantity"], line["amount"], line["average_unit_price"]) == ("3", "1.20", "0.4")
    fee = {"currency": "USD", "price": {"model": "percentage", "percent": "10"}, "amount": "7"}
    assert quote(fee)["total"] == "0.70"


def test_an_earlier_bill_of_unknown_events_must_be_said() -> None:
    document = {
        "currency": "USD",
        "price": {"model": "percentage", "percent": "1", "maximum": "5"},
        "events": events("100"),
        "already_billed": {"quantity": "100", "events": 1},
    }
    assert problems(document) == [("/already_billed", "cannot_rate")]


ODD_VALUES: list[object] = [None, "", "x", [], {}, -1, "1e9", True, "2026-13-01", 10**30]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pricing_documents(), st.data())
def test_a_document_with_any_part_replaced_is_answered_or_refused(
    document: Document, data: st.DataObject
) -> None:
    """Never another error than a refusal with pointers."""
    path = data.draw(st.sampled_from(list(paths(document))))
    odd: object = data.draw(st.sampled_from(ODD_VALUES))
    replaced = json.loads(json.dumps(document))
    holder = replaced
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = odd
    found = answer_or_problems(replaced)
    assert found
    assert json.loads(json.dumps(found)) == found


def answer_or_problems(document: Any) -> Any:
    try:
        return quote(document)
    except DocumentRefused as refused:
        return [[error.pointer, error.code, error.detail] for error in refused.errors]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Any:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*path, key))


def test_a_price_with_problems_is_never_rated() -> None:
    """An empty table used to end in an error of ours instead of a refusal."""
    price = {"model": "graduated", "tiers": []}
    assert problems({"currency": "USD", "price": price, "quantity": "1"}) == [
        ("/price/tiers", "tiers_missing")
    ]
