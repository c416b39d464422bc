"""One price for the highest tier that any of several meters reaches."""

from __future__ import annotations

from typing import Any

import pytest

from billing.rating import DocumentRefused, prove, quote
from billing.verifier.proofs import verify
from tests.rating.pricing import amounts, worked_out

Document = dict[str, Any]

SIZES: Document = {
    "model": "capacity",
    "tiers": [
        {"up_to": {"FOO": "10", "BAR": "100"}, "price": "1"},
        {"up_to": {"FOO": "50", "BAR": "500"}, "price": "10"},
        {"price": "100"},
    ],
}


def bill(foo: str, bar: str, price: Document = SIZES, **more: Any) -> Document:
    quantities = {"FOO": foo, "BAR": bar}
    document = {"currency": "USD", "key": "size", "price": price, "quantities": quantities} | more
    assert verify(prove(document)).differences == []
    return worked_out(document)


@pytest.mark.parametrize(
    ("foo", "bar", "due"),
    [
        ("5", "99", "1.00"),
        ("5", "101", "10.00"),
        ("75", "101", "100.00"),
        ("10", "100", "1.00"),
        ("10.5", "0", "10.00"),
        ("50", "500", "10.00"),
        ("0", "500.01", "100.00"),
        ("0", "0", "1.00"),
    ],
)
def test_two_meters_could_not_choose_one_tier(foo: str, bar: str, due: str) -> None:
    """killbill-capacity-of-two-meters, and the bounds."""
    assert bill(foo, bar)["total"] == due


def test_what_was_billed_before_counts() -> None:
    answer = bill("60", "200", already_billed={"amount": "10"})
    assert amounts(answer) == [("reversal", "-10.00"), ("usage", "100.00")]
    assert answer["total"] == "90.00"


def test_a_part_that_is_not_the_last_bills_nothing() -> None:
    assert bill("60", "200", final=False)["lines"] == []


def test_without_usage_it_may_cost_nothing() -> None:
    price = SIZES | {"due_at_zero": False}
    assert (bill("0", "0", price)["total"], bill("0", "1", price)["total"]) == ("0.00", "1.00")


def test_what_each_meter_measured_is_told_in_words() -> None:
    assert bill("5", "101")["explanation"]["words"]["size"] == [
        "Measured: 5 of FOO, 101 of BAR.",
        "1 × 10 = 10 USD.",
        "10 is rounded half up to 2 decimals: 10 USD.",
    ]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"quantities": {"FOO": "1"}}, "/quantities/BAR", "required"),
        ({"quantities": {"FOO": "1", "BAR": "1", "BAZ": "1"}}, "/quantities/BAZ", "meter_unknown"),
        ({"quantities": None}, "/quantities", "required"),
        ({"quantities": {"FOO": "1", "BAR": "-1"}}, "/quantities", "cannot_rate"),
        ({"quantity": "4"}, "/quantity", "not_applicable"),
        ({"price": SIZES | {"included": "4"}}, "/price/included", "not_applicable"),
        ({"price": SIZES | {"tiers": [{"price": "1"}]}}, "/price/tiers", "tiers_missing"),
        (
            {"price": SIZES | {"tiers": [*SIZES["tiers"][1::-1], {"price": "1"}]}},
            "/price/tiers/1/up_to/FOO",
            "tier_order",
        ),
        (
            {
                "price": SIZES
                | {"tiers": [SIZES["tiers"][0], {"up_to": {"FOO": "20"}, "price": "1"}]}
            },
            "/price/tiers/1/up_to/BAR",
            "required",
        ),
        ({"price": {"model": "per_unit", "unit_price": "1"}}, "/quantities", "unknown_field"),
    ],
)
def test_what_reaches_no_tier_is_refused_by_name(change: Document, pointer: str, code: str) -> None:
    document = {"currency": "USD", "price": SIZES, "quantities": {"FOO": "1", "BAR": "1"}}
    with pytest.raises(DocumentRefused) as refused:
        quote(document | change)
    assert (pointer, code) in [(error.pointer, error.code) for error in refused.value.errors]
