"""A matrix that counts its tiers over all values: one count, a price for each value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rating import DocumentRefused, prove, quote, review
from billing.rating.parse import parse_price
from billing.verifier.proofs import verify
from tests.rating.pricing import graduated, per_unit, worked_out

Document = dict[str, Any]

FIRST = {"match": {"party": "first"}, "price": graduated("1000:0.12", "inf:0.10")}
THIRD = {"match": {"party": "third"}, "price": graduated("1000:0.15", "inf:0.12")}
CALLS: Document = {
    "model": "matrix",
    "dimensions": {"party": ["first", "third"]},
    "tiers_count": "all",
    "cells": [FIRST, THIRD],
}


def calls(*events: tuple[str, str], price: Document = CALLS, **more: Any) -> Document:
    """What calls by these parties come to, in their order."""
    told = [{"dimensions": {"party": party}, "quantity": quantity} for party, quantity in events]
    document = {"currency": "EUR", "key": "calls", "price": price, "events": told} | more
    assert verify(prove(document)).differences == []
    return worked_out(document)


def test_one_count_of_tiers_could_not_go_through_all_parties() -> None:
    """lago-tiers-over-all-values."""
    answer = calls(("first", "11"), ("third", "1000"))
    assert answer["total"] == "150.99"
    assert answer["explanation"]["words"]["calls"] == [
        "Measured: 2 events.",
        "For party first: 11 × 0.12 = 1.32 EUR.",
        "For party third, from 11 on: 989 × 0.15 = 148.35 EUR.",
        "For party third, from 1000 on: 11 × 0.12 = 1.32 EUR.",
        "Together 150.99 EUR.",
        "150.99 is rounded half up to 2 decimals: 150.99 EUR.",
    ]


def test_who_came_first_decides_who_pays_the_lower_tier() -> None:
    assert calls(("third", "1000"), ("first", "11"))["total"] == "151.10"


def test_a_later_part_goes_on_where_the_last_event_ended() -> None:
    before = {"quantity": "11", "events": 1, "amount": "1.32"}
    assert calls(("third", "1000"), already_billed=before)["total"] == "149.67"


def test_what_is_taken_back_comes_off_at_its_own_price() -> None:
    answer = calls(("first", "995"), ("third", "10"), ("first", "-5"))
    assert answer["total"] == "120.25"  # 119.40, then 5 × 0.15 + 5 × 0.12, less 5 × 0.10


def test_a_bare_quantity_is_one_event_with_the_dimensions_of_the_charge() -> None:
    document = {"currency": "EUR", "price": CALLS, "quantity": "1011"}
    assert worked_out(document | {"dimensions": {"party": "third"}})["total"] == "151.32"


def test_a_cell_with_one_price_counts_too() -> None:
    cells = [FIRST, {"match": {}, "unit_price": "1"}]
    price = {"model": "matrix", "dimensions": ["party"], "tiers_count": "all", "cells": cells}
    assert calls(("test", "990"), ("first", "20"), price=price)["total"] == "992.20"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"price": CALLS | {"tiers_count": "some"}}, "/price/tiers_count", "choice"),
        (
            {"price": CALLS | {"cells": [{"match": {}, "price": graduated("inf:1+3")}]}},
            "/price/tiers_count",
            "not_applicable",
        ),
        ({"price": CALLS | {"included": "5"}}, "/price/included", "not_applicable"),
        ({"events": [{"quantity": "1", "dimensions": {"party": "no"}}]}, "/dimensions", ""),
        ({"events": [{"quantity": "-1", "dimensions": {"party": "first"}}]}, "/quantity", ""),
        (
            {"events": None, "groups": [{"dimensions": {"party": "first"}, "quantity": "1"}]},
            "/groups",
            "choice",
        ),
        ({"price": per_unit("1")}, "/events/0/dimensions", "unknown_field"),
    ],
)
def test_what_cannot_be_counted_together_is_refused_by_name(
    change: Document, pointer: str, code: str
) -> None:
    event = {"quantity": "1", "dimensions": {"party": "first"}}
    with pytest.raises(DocumentRefused) as refused:
        quote({"currency": "EUR", "price": CALLS, "events": [event]} | change)
    found = [(error.pointer, error.code) for error in refused.value.errors]
    assert (pointer, code or "cannot_rate") in found


def test_a_missing_cell_is_named_before_it_is_met() -> None:
    price = parse_price(CALLS | {"cells": [FIRST]})
    assert [caution.code for caution in review(price)] == ["cell_missing"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["first", "third"]), st.integers(0, 700)), max_size=8))
def test_parts_come_to_what_all_events_come_to(events: list[tuple[str, int]]) -> None:
    told = [(party, str(quantity)) for party, quantity in events]
    reached, billed = 0, Decimal(0)
    for number, (party, quantity) in enumerate(told):
        before = {"quantity": str(reached), "events": number, "amount": str(billed)}
        more = {"already_billed": before} if number else {}
        billed += Decimal(calls((party, quantity), **more)["total"])
        reached += int(quantity)
    assert billed == Decimal(calls(*told)["total"] if told else 0)
