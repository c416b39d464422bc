"""Worked cases of areas C and F: minimums, maximums, commitments, and splits after the fact."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rating.pricing import amounts, bill, bill_all, flat, graduated, per_unit, total, volume

FEBRUARY = {"from": "2026-02-01", "until": "2026-03-01"}


def commitment(**rule: Any) -> dict[str, Any]:
    return {"commitment": rule}


def test_wC1_a_minimum_is_due_without_usage_and_is_no_usage() -> None:
    answer = bill(per_unit("10", minimum="100"), "0")
    assert amounts(answer) == [("usage", "0.00"), ("true_up", "100.00")]


def test_wC2_a_maximum_caps_only_what_goes_beyond_it() -> None:
    answer = bill(per_unit("10", maximum="100"), "5", already_billed={"quantity": "7"})
    assert amounts(answer) == [("usage", "50.00"), ("cap", "-20.00")]
    assert answer["total"] == "30.00"


def test_wC4_a_true_up_is_a_line_of_its_own() -> None:
    answer = bill(per_unit("1", minimum="100"), "50")
    assert amounts(answer) == [("usage", "50.00"), ("true_up", "50.00")]


def test_wC5_a_minimum_is_prorated_and_taxed() -> None:
    answer = bill(
        per_unit("1", minimum={"amount": "10.00", "proration": "day"}),
        "8",
        period=FEBRUARY,
        active={"from": "2026-02-01", "until": "2026-02-26"},
        account={"taxes": [{"name": "VAT", "percent": "20"}]},
    )
    assert amounts(answer) == [("usage", "8.00"), ("true_up", "0.93"), ("tax", "1.79")]
    assert answer["lines"][1]["exact_amount"] == "13/14"


def test_wC5_the_tax_on_the_true_up_alone_is_19_cents() -> None:
    answer = bill(flat("0.93"), account={"taxes": [{"percent": "20"}]})
    assert answer["tax"] == "0.19"


@pytest.mark.parametrize(
    ("used", "lines"),
    [
        pytest.param("300", [("usage", "300.00"), ("true_up", "200.00")], id="wC7-300"),
        pytest.param("600", [("usage", "600.00")], id="wC7-600"),
    ],
)
def test_a_base_commitment_is_the_least(used: str, lines: list[tuple[str, str]]) -> None:
    assert amounts(bill(per_unit("1", **commitment(amount="500")), used)) == lines


@pytest.mark.parametrize(
    ("used", "true_up", "lines"),
    [
        pytest.param("700", True, [("usage", "1000.00"), ("overage", "600.00")], id="wC8-700"),
        pytest.param("300", True, [("usage", "600.00"), ("true_up", "400.00")], id="wC8-300"),
        pytest.param("300", False, [("usage", "600.00")], id="wC8-300-no-true-up"),
    ],
)
def test_committed_units_and_overage(
    used: str, true_up: bool, lines: list[tuple[str, str]]
) -> None:
    rule = commitment(quantity="500", overage_factor="1.5", true_up=true_up)
    assert amounts(bill(per_unit("2", **rule), used)) == lines


@pytest.mark.parametrize(
    ("unit_price", "agreed", "used", "expected"),
    [
        pytest.param("0.10", "500", "6000", "650.00", id="wC10-peak-6000"),
        pytest.param("0.10", "500", "5000", "500.00", id="wC10-peak-5000"),
        pytest.param("0.04", "100", "1000", "100.00", id="wC10-night"),
    ],
)
def test_committed_money_and_overage(
    unit_price: str, agreed: str, used: str, expected: str
) -> None:
    rule = commitment(amount=agreed, overage_factor="1.5")
    assert total(per_unit(unit_price, **rule), used) == expected


def test_wC11_what_was_billed_at_a_threshold_is_not_billed_again() -> None:
    first = bill(per_unit("1"), "12", final=False)
    rest = bill(per_unit("1"), "5", already_billed={"quantity": "12"})
    assert (first["total"], rest["total"]) == ("12.00", "5.00")


def test_wC13_a_price_in_credits_is_worth_its_value_before_rounding() -> None:
    price = per_unit("1", priced_in={"unit": "credit", "value": "0.50005"})
    assert bill(price, "10")["lines"][0]["exact_amount"] == "5.0005"


def test_wF1_late_usage_is_billed_on_top() -> None:
    assert total(per_unit("10"), "3", already_billed={"quantity": "5"}) == "30.00"


def test_wF2_a_late_unit_can_lower_a_volume_price_and_both_sides_show() -> None:
    already = {"quantity": "15", "amount": "150"}
    answer = bill(volume("15:10", "inf:5"), "1", already_billed=already)
    assert amounts(answer) == [("reversal", "-150.00"), ("usage", "80.00")]
    assert answer["total"] == "-70.00"


def test_what_reaches_the_commitment_by_rounding_needs_no_true_up() -> None:
    answer = bill(per_unit("1", **commitment(amount="1.00")), "0.996")
    assert amounts(answer) == [("usage", "1.00")]


def test_an_advance_fee_is_billed_once() -> None:
    first = bill(flat("5"), final=False)
    second = bill(flat("5"), already_billed={"amount": "5"})
    assert (amounts(first), amounts(second)) == ([("fee", "5.00")], [])


def test_an_arrears_fee_waits_for_the_end() -> None:
    first = bill(flat("5", billed="arrears"), final=False)
    second = bill(flat("5", billed="arrears"), already_billed={"quantity": "0"})
    assert (amounts(first), amounts(second)) == ([], [("fee", "5.00")])


def test_a_share_of_a_shared_cap_may_be_nothing() -> None:
    prices = {"build": per_unit("1", maximum={"amount": "10", "per": "account"})}
    answer = bill_all(
        {"key": "busy", "price": "build", "quantity": "20"},
        {"key": "idle", "price": "build", "quantity": "0"},
        prices=prices,
    )
    assert [line["key"] for line in answer["lines"]] == ["busy", "busy/cap", "idle"]


def test_a_commitment_goes_on_across_splits() -> None:
    price = per_unit("2", **commitment(quantity="500", overage_factor="1.5"))
    first = bill(price, "400", final=False)
    second = bill(price, "300", already_billed={"quantity": "400"})
    assert amounts(first) == [("usage", "800.00")]
    assert amounts(second) == [("usage", "200.00"), ("overage", "600.00")]


def test_an_overage_may_have_a_unit_price_of_its_own() -> None:
    rule = commitment(quantity="100", overage_unit_price="0.05")
    assert amounts(bill(per_unit("0.10", **rule), "150")) == [
        ("usage", "10.00"),
        ("overage", "2.50"),
    ]


def test_a_maximum_per_resource_counts_each_resource_apart() -> None:
    prices = {"dyno": per_unit("1", maximum={"amount": "25", "per": "resource"})}
    answer = bill_all(
        {"key": "a", "price": "dyno", "quantity": "20", "resource": "app-1"},
        {"key": "b", "price": "dyno", "quantity": "10", "resource": "app-1"},
        {"key": "c", "price": "dyno", "quantity": "20", "resource": "app-2"},
        prices=prices,
    )
    assert [(line["key"], line["amount"]) for line in answer["lines"]] == [
        ("a", "20.00"),
        ("a/cap", "-3.33"),
        ("b", "10.00"),
        ("b/cap", "-1.67"),
        ("c", "20.00"),
    ]
    assert answer["total"] == "45.00"


def test_a_maximum_per_account_is_shared_by_all_charges_of_the_price() -> None:
    prices = {"build": per_unit("1", maximum={"amount": "25", "per": "account"})}
    answer = bill_all(
        {"price": "build", "quantity": "20", "resource": "app-1"},
        {"price": "build", "quantity": "20", "resource": "app-2"},
        prices=prices,
    )
    assert answer["total"] == "25.00"


def test_a_minimum_per_account_is_due_once() -> None:
    prices = {"build": per_unit("1", minimum={"amount": "50", "per": "account"})}
    answer = bill_all(
        {"price": "build", "quantity": "20", "resource": "app-1"},
        {"price": "build", "quantity": "20", "resource": "app-2"},
        prices=prices,
    )
    assert [line["amount"] for line in answer["lines"]] == ["20.00", "10.00", "20.00"]


@pytest.mark.parametrize("quantity", ["0.125", "0.005", "0.995", "0.9949", "1"])
def test_a_minimum_is_exactly_the_minimum_whatever_the_rounding(quantity: str) -> None:
    assert total(per_unit("1", minimum="1.00"), quantity) == "1.00"


@pytest.mark.parametrize("quantity", ["25.005", "25.0049", "25.006", "99999.995"])
def test_a_maximum_is_never_exceeded_by_a_rounding(quantity: str) -> None:
    assert total(per_unit("1", maximum="25.00"), quantity) == "25.00"


def test_a_cap_that_shrank_refunds_nothing() -> None:
    already = {"quantity": "10", "amount": "10"}
    answer = bill(per_unit("1", maximum="5"), "3", already_billed=already)
    assert amounts(answer) == [("usage", "3.00"), ("cap", "-3.00")]


def test_percentages_come_before_the_maximum() -> None:
    price = per_unit("1", discounts=[{"percent": "10"}], maximum="80")
    answer = bill(price, "100")
    assert amounts(answer) == [("usage", "100.00"), ("discount", "-10.00"), ("cap", "-10.00")]


def test_a_fixed_discount_is_used_up_across_splits_not_repeated() -> None:
    price = per_unit("1", discounts=[{"amount": "15", "name": "Welcome"}])
    first = bill(price, "10", final=False)
    second = bill(price, "10", already_billed={"quantity": "10"})
    assert [first["total"], second["total"]] == ["0.00", "5.00"]


def test_an_allowance_goes_on_across_splits() -> None:
    price = graduated("10:1", "inf:2", included="5")
    first = bill(price, "8", final=False)
    second = bill(price, "10", already_billed={"quantity": "8"})
    whole = bill(price, "18")
    assert [first["total"], second["total"], whole["total"]] == ["3.00", "13.00", "16.00"]


def test_TD41_what_an_allowance_covers_is_no_overage() -> None:
    """600 of 700 units are billable: 500.00 agreed, and 100 at half as much again."""
    rule = commitment(amount="500", overage_factor="1.5")
    answer = bill(per_unit("1", included="100", **rule), "700")
    assert answer["total"] == "650.00"
