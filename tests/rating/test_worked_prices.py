"""Worked cases of area B: what each price model makes of a quantity. Ids as in the case list."""

from __future__ import annotations

from typing import Any

import pytest

from billing.rating import DocumentRefused, quote
from tests.rating.pricing import (
    amounts,
    bill,
    bill_all,
    events,
    flat,
    graduated,
    package,
    per_unit,
    stairstep,
    tiers,
    total,
    volume,
)

# 163 for 21 units needs the fee of 3 on the open tier too: 102 + 53 + 8.
STEPS = graduated("10:10+2", "20:5+3", "inf:5+3")
FEES = graduated("5:0+100", "10:0+50", "15:10", "inf:5")
SPLIT = graduated("5:0+100", "10:0+50", "15:5", "inf:1")
VOLUME = volume("100:2+10", "200:1", "inf:0.5+50")
FALLING = volume("5:0+100", "10:0+150", "15:10", "inf:5")
STRIPE = ("5:7", "10:6.5", "inf:6")
STRIPE_OLD = volume("5:5", "10:4", "15:3", "20:2", "inf:1")
LARGE = ("10000:0.0010+10", "50000:0.0008+10", "100000:0.0006+10", "inf:0.0004+10")
PLAIN = ("10000:0.0010", "50000:0.0008", "100000:0.0006", "inf:0.0004")
LITRES = ("1000:1.5", "inf:2")
BLOCKS = graduated("100:1", "inf:0.5", convert={"divide_by": "10", "round": "up"})


@pytest.mark.parametrize(
    ("price", "quantity", "expected"),
    [
        pytest.param(per_unit("0.05"), "1000", "50.00", id="wB1"),
        pytest.param(STEPS, "0", "2.00", id="wB2"),
        pytest.param(STEPS, "1", "12.00", id="wB3-1"),
        pytest.param(STEPS, "10", "102.00", id="wB3-10"),
        pytest.param(STEPS, "11", "110.00", id="wB3-11"),
        pytest.param(STEPS, "12", "115.00", id="wB3-12"),
        pytest.param(STEPS, "21", "163.00", id="wB3-21"),
        pytest.param(graduated("0.01:0", "inf:5+3"), "0", "0.00", id="wB4"),
        pytest.param(graduated("10:10+2", "inf:5", due_at_zero=False), "0", "0.00", id="wB4-own"),
        pytest.param(FEES, "0", "100.00", id="wB5-0"),
        pytest.param(FEES, "3", "100.00", id="wB5-3"),
        pytest.param(FEES, "5", "100.00", id="wB5-5"),
        pytest.param(FEES, "5.001", "150.00", id="wB5-5.001"),
        pytest.param(FEES, "7", "150.00", id="wB5-7"),
        pytest.param(FEES, "12", "170.00", id="wB5-12"),
        pytest.param(FEES, "22", "235.00", id="wB5-22"),
        pytest.param(SPLIT, "22", "182.00", id="wB6"),
        pytest.param(graduated("100:1", "200:0.50", "inf:0.10"), "250", "155.00", id="wB11"),
        pytest.param(volume(*LARGE), "65000", "49.00", id="wB12"),
        pytest.param(volume(*PLAIN), "65000", "39.00", id="wB13"),
        pytest.param(VOLUME, "0", "10.00", id="wB14-0"),
        pytest.param(VOLUME, "1", "12.00", id="wB14-1"),
        pytest.param(VOLUME, "100", "210.00", id="wB14-100"),
        pytest.param(VOLUME, "101", "101.00", id="wB14-101"),
        pytest.param(VOLUME, "200", "200.00", id="wB14-200"),
        pytest.param(VOLUME, "300", "200.00", id="wB14-300"),
        pytest.param(VOLUME, "100.5", "100.50", id="wB15"),
        pytest.param(VOLUME, "210", "155.00", id="wB17"),
        pytest.param(FALLING, "3", "100.00", id="wB18-3"),
        pytest.param(FALLING, "5", "100.00", id="wB18-5"),
        pytest.param(FALLING, "14", "140.00", id="wB18-14"),
        pytest.param(FALLING, "15", "150.00", id="wB18-15"),
        pytest.param(FALLING, "16", "80.00", id="wB18-16"),
        pytest.param(FALLING, "100", "500.00", id="wB18-100"),
        pytest.param(volume(*STRIPE), "1", "7.00", id="wB21-1"),
        pytest.param(volume(*STRIPE), "5", "35.00", id="wB21-5"),
        pytest.param(volume(*STRIPE), "6", "39.00", id="wB21-6"),
        pytest.param(volume(*STRIPE), "20", "120.00", id="wB21-20"),
        pytest.param(volume(*STRIPE), "25", "150.00", id="wB21-25"),
        pytest.param(graduated(*STRIPE), "5", "35.00", id="wB22-5"),
        pytest.param(graduated(*STRIPE), "6", "41.50", id="wB22-6"),
        pytest.param(graduated(*STRIPE), "20", "127.50", id="wB22-20"),
        pytest.param(graduated(*STRIPE), "25", "157.50", id="wB22-25"),
        pytest.param(STRIPE_OLD, "1", "5.00", id="wB23-1"),
        pytest.param(STRIPE_OLD, "5", "25.00", id="wB23-5"),
        pytest.param(STRIPE_OLD, "6", "24.00", id="wB23-6"),
        pytest.param(STRIPE_OLD, "20", "40.00", id="wB23-20"),
        pytest.param(STRIPE_OLD, "25", "25.00", id="wB23-25"),
        pytest.param(graduated("10:300", "15:200", "inf:100"), "18", "4300.00", id="wB25"),
        pytest.param(volume("10:300", "15:200", "inf:100"), "18", "1800.00", id="wB26"),
        pytest.param(package("10", "15"), "0", "0.00", id="wB28-0"),
        pytest.param(package("10", "15"), "1", "15.00", id="wB28-1"),
        pytest.param(package("10", "15"), "9", "15.00", id="wB28-9"),
        pytest.param(package("10", "15"), "10", "15.00", id="wB28-10"),
        pytest.param(package("10", "15"), "11", "30.00", id="wB28-11"),
        pytest.param(package("100", "5", included="100"), "201", "10.00", id="wB31"),
        pytest.param(package("10", "100"), "121", "1300.00", id="wB32-none-free"),
        pytest.param(package("10", "100", included="10"), "121", "1200.00", id="wB32-10-free"),
        pytest.param(package("10", "100", included="200"), "121", "0.00", id="wB32-200-free"),
        pytest.param(stairstep("1000:50", "5000:200", "inf:350"), "4500", "200.00", id="wB34-4500"),
        pytest.param(stairstep("1000:50", "5000:200", "inf:350"), "1500", "200.00", id="wB34-1500"),
    ],
)
def test_a_quantity_costs(price: dict[str, Any], quantity: str, expected: str) -> None:
    assert total(price, quantity) == expected


@pytest.mark.parametrize(
    ("usage", "quantity", "expected"),
    [
        pytest.param(graduated(*LITRES), "400", "630.00", id="wB42-400"),
        pytest.param(graduated(*LITRES), "1200", "1930.00", id="wB42-1200"),
        pytest.param(volume(*LITRES), "1200", "2430.00", id="wB43"),
        pytest.param(stairstep("1000:750", "inf:500"), "400", "780.00", id="wB44-400"),
        pytest.param(stairstep("1000:750", "inf:500"), "1200", "530.00", id="wB44-1200"),
        pytest.param(BLOCKS, "400", "70.00", id="wB46-400"),
        pytest.param(BLOCKS, "1200", "140.00", id="wB46-1200"),
        pytest.param(graduated("5:2", "inf:1"), "13", "48.00", id="wB47"),
    ],
)
def test_a_base_fee_of_30_and_usage_cost(
    usage: dict[str, Any], quantity: str, expected: str
) -> None:
    answer = bill_all({"price": flat("30")}, {"price": usage, "quantity": quantity})
    assert answer["total"] == expected


def test_wB7_a_split_goes_on_in_the_tier_where_the_last_one_ended() -> None:
    answer = bill(SPLIT, "10", already_billed={"quantity": "12"}, final=False)
    (line,) = answer["lines"]
    assert answer["total"] == "22.00"
    rows = line["explanation"][0]["rows"]
    assert [(row["quantity"], row["unit_price"]) for row in rows] == [("3", "5"), ("7", "1")]


def test_wB8_a_maximum_counts_what_earlier_splits_billed() -> None:
    already = {"quantity": "12", "amount": "160"}
    answer = bill(SPLIT | {"maximum": "170"}, "10", already_billed=already)
    assert amounts(answer) == [("usage", "22.00"), ("cap", "-12.00")]
    cut = answer["lines"][1]["explanation"][0]["rows"]
    assert cut == [{"row": 2, "cut": "5"}, {"row": 3, "cut": "7"}]


def test_wB9_the_minimum_is_due_on_the_last_split() -> None:
    already = {"quantity": "5", "amount": "100"}
    answer = bill(SPLIT | {"minimum": "1000"}, "0", already_billed=already)
    assert amounts(answer) == [("usage", "0.00"), ("true_up", "900.00")]


def test_wB10_no_minimum_before_the_last_split() -> None:
    already = {"quantity": "5", "amount": "100"}
    answer = bill(SPLIT | {"minimum": "1000"}, "0", already_billed=already, final=False)
    assert amounts(answer) == [("usage", "0.00")]


def test_wB16_prorated_units_choose_the_tier_by_all_units() -> None:
    answer = bill(VOLUME, "300", prorated_quantity="198.6")
    (line,) = answer["lines"]
    assert line["exact_amount"] == "149.3"
    assert line["quantity"] == "198.6"
    row = line["explanation"][0]["rows"][0]
    assert (row["unit_price"], row["fee"]) == ("0.5", "50")


@pytest.mark.parametrize(
    ("quantity", "lines"),
    [
        pytest.param("0", [("usage", "100.00"), ("true_up", "50.00")], id="wB19-0"),
        pytest.param("5", [("usage", "100.00"), ("true_up", "50.00")], id="wB19-5"),
    ],
)
def test_a_volume_price_is_lifted_to_its_minimum(
    quantity: str, lines: list[tuple[str, str]]
) -> None:
    assert amounts(bill(FALLING | {"minimum": "150"}, quantity)) == lines


@pytest.mark.parametrize("price", [FALLING, stairstep("10:50", "inf:80")])
def test_wB20_nothing_is_final_in_mid_period_where_the_total_decides(
    price: dict[str, Any],
) -> None:
    answer = bill(price, "14", final=False)
    assert (answer["total"], answer["lines"]) == ("0.00", [])


def test_wB29_a_split_bills_only_new_packages() -> None:
    answer = bill(package("10", "15"), "5", already_billed={"quantity": "17"})
    assert answer["total"] == "15.00"
    assert answer["lines"][0]["quantity"] == "1"


def test_wB35_the_first_transactions_are_free() -> None:
    price = {"model": "percentage", "percent": "1.2", "fee_per_event": "0.10"}
    price |= {"free_events": 3, "free_amount": "500"}  # type: ignore[dict-item]
    answer = bill(price, events=events("200", "100", "100", "50"))
    rows = answer["lines"][0]["explanation"][0]["rows"]
    assert [row["amount"] for row in rows] == ["0", "0", "0", "0.7"]
    assert answer["total"] == "0.70"


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        pytest.param({"free_events": 3, "free_amount": "250"}, "11.15", id="wB36"),
        pytest.param({"free_events": 3}, "7.20", id="wB37"),
    ],
)
def test_what_is_free_ends_with_the_first_allowance_used_up(
    free: dict[str, Any], expected: str
) -> None:
    price = {"model": "percentage", "percent": "1.3", "fee_per_event": "2", **free}
    assert total(price, events=events("50", "100", "250", "400")) == expected


def test_wB38_a_fee_finer_than_a_cent_is_kept_exactly_before_rounding() -> None:
    (line,) = bill({"model": "percentage", "percent": "2.9"}, "4")["lines"]
    assert (line["exact_amount"], line["amount"]) == ("0.116", "0.12")


@pytest.mark.parametrize(
    ("before", "amount", "expected"),
    [
        pytest.param(None, "500", "205.00", id="wB40-first"),
        pytest.param("500", "550", "306.00", id="wB40-second"),
        pytest.param("1050", "4000", "80.00", id="wB40-third"),
    ],
)
def test_each_slice_of_an_amount_has_its_percentage(
    before: str | None, amount: str, expected: str
) -> None:
    rows = tiers("1000:1+200", "10000:2+300", "inf:3+400", price="percent")
    split: dict[str, Any] = {"already_billed": {"quantity": before}} if before else {}
    price = {"model": "graduated_percentage", "tiers": rows}
    assert total(price, events=events(amount), **split) == expected


def test_wB41_dynamic_amounts_add_up_without_drift() -> None:
    given = [("7", "0.70"), ("5", "0.55"), ("10", "2.20")]
    answer = bill(
        {"model": "dynamic"},
        events=[{"quantity": quantity, "amount": amount} for quantity, amount in given],
    )
    (line,) = answer["lines"]
    assert (line["quantity"], line["amount"]) == ("22", "3.45")
    assert line["average_unit_price"] == "0.156818"


@pytest.mark.parametrize(
    ("included", "fee", "overage", "expected"),
    [
        pytest.param("100", "10", "0.10", "15.00", id="wB49-package-1"),
        pytest.param("200", "18", "0.05", "18.00", id="wB49-package-2"),
    ],
)
def test_capacity_is_included_up_to_its_bound(
    included: str, fee: str, overage: str, expected: str
) -> None:
    assert total(graduated(f"{included}:0+{fee}", f"inf:{overage}"), "150") == expected


@pytest.mark.parametrize(
    ("kind", "tier", "quantity", "expected"),
    [
        pytest.param("ssd", "gold", "10", "0.30", id="wB50-ssd-gold"),
        pytest.param("hdd", "bronze", "1", "0.01", id="wB50-hdd-bronze"),
        pytest.param("ssd", "silver", "0.5", "0.01", id="wB50-ssd-silver"),
    ],
)
def test_a_matrix_has_a_price_for_each_combination(
    kind: str, tier: str, quantity: str, expected: str
) -> None:
    cells = [
        {"match": {"kind": "ssd", "tier": "gold"}, "unit_price": "0.03"},
        {"match": {"kind": "ssd", "tier": "silver"}, "unit_price": "0.02"},
        {"match": {"kind": "hdd", "tier": "bronze"}, "unit_price": "0.01"},
    ]
    price = {"model": "matrix", "dimensions": ["kind", "tier"], "cells": cells}
    assert total(price, quantity, dimensions={"kind": kind, "tier": tier}) == expected


def test_a_transaction_that_is_partly_free_shows_no_unit_price() -> None:
    """No price times 100 is 5.00 here; 10 % of the 50 that are not free is."""
    price = {"model": "percentage", "percent": "10", "free_amount": "50"}
    (line,) = quote({"currency": "USD", "price": price, "events": [{"amount": "100"}]})["lines"]
    assert (line["quantity"], line["unit_price"], line["amount"]) == ("100", None, "5.00")
    (line,) = quote(
        {"currency": "USD", "price": price | {"free_amount": "0"}, "events": [{"amount": "100"}]}
    )["lines"]
    assert (line["quantity"], line["unit_price"], line["amount"]) == ("100", "0.1", "10.00")


@pytest.mark.parametrize("already", [{"quantity": "0", "events": 5}, {"quantity": "9"}])
def test_a_fixed_discount_is_not_guessed_where_earlier_transactions_are_unknown(
    already: dict[str, Any],
) -> None:
    price = {"model": "percentage", "percent": "10", "discounts": [{"amount": "5"}]}
    document = {"currency": "USD", "price": price, "events": [{"amount": "100"}]}
    with pytest.raises(DocumentRefused) as refused:
        quote(document | {"already_billed": already | {"amount": "1"}})
    assert [error.pointer for error in refused.value.errors] == ["/already_billed"]


def test_a_negative_transaction_is_named_by_its_events() -> None:
    document = {"currency": "USD", "price": {"model": "percentage", "percent": "1"}}
    with pytest.raises(DocumentRefused) as refused:
        quote(document | {"events": [{"amount": "-10"}]})
    assert [error.pointer for error in refused.value.errors] == ["/events"]
