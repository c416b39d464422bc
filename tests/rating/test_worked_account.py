"""Worked cases of area E: discounts, tax on lines, rounding, and what is paid in the end."""

from __future__ import annotations

import pytest

from tests.rating.pricing import amounts, bill, bill_all, flat, per_unit


def test_wE1_credits_come_after_tax() -> None:
    answer = bill_all(
        {"price": flat("50")},
        {"price": per_unit("1"), "quantity": "20"},
        account={
            "discounts": [{"amount": "10", "name": "coupon"}],
            "taxes": [{"percent": "10"}],
            "credits": [
                {"name": "credit note", "amount": "20"},
                {"name": "prepaid", "amount": "30"},
            ],
        },
    )
    assert (answer["subtotal"], answer["tax"], answer["credits"]) == ("60.00", "6.00", "50.00")
    assert answer["total"] == "16.00"


def test_wE2_a_discount_on_a_line_then_on_all_then_tax_then_prepaid() -> None:
    answer = bill_all(
        {"price": per_unit("1", discounts=[{"percent": "25"}]), "quantity": "80"},
        {"price": flat("20")},
        account={
            "discounts": [{"amount": "10"}],
            "taxes": [{"percent": "8.25"}],
            "credits": [{"name": "prepaid", "amount": "5"}],
        },
    )
    assert [amount for kind, amount in amounts(answer) if kind == "discount"] == [
        "-20.00",
        "-10.00",
    ]
    assert (answer["subtotal"], answer["tax"], answer["total"]) == ("70.00", "5.78", "70.78")


def test_wE4_two_taxes_are_not_compounded() -> None:
    answer = bill(flat("100"), account={"taxes": [{"percent": "6"}, {"percent": "2"}]})
    assert [line["amount"] for line in answer["lines"]] == ["100.00", "6.00", "2.00"]


def test_wE5_discounts_stop_at_nothing() -> None:
    answer = bill(flat("50"), account={"discounts": [{"amount": "30"}, {"amount": "30"}]})
    assert [line["amount"] for line in answer["lines"]] == ["50.00", "-30.00", "-20.00"]
    assert answer["total"] == "0.00"


@pytest.mark.parametrize(
    ("fee", "net", "tax", "total"),
    [
        # Our policy: tax is on the rounded net, so the parts of a note always add up to its total.
        pytest.param("-200.00", "-193.33", "-48.33", "-241.66", id="wE7"),
        pytest.param("-160.00", "-154.67", "-38.67", "-193.34", id="wE8"),
    ],
)
def test_the_parts_of_a_credit_add_up(fee: str, net: str, tax: str, total: str) -> None:
    answer = bill(
        flat(fee, proration="day"),
        period={"from": "2026-06-01", "until": "2026-07-01"},
        active={"from": "2026-06-02", "until": "2026-07-01"},
        account={"taxes": [{"percent": "25"}]},
    )
    assert (answer["subtotal"], answer["tax"], answer["total"]) == (net, tax, total)


def test_wE11_no_residue_is_left() -> None:
    answer = bill_all(
        {"price": per_unit("1"), "quantity": "102"},
        {"price": per_unit("-1"), "quantity": "102.000000000000002"},
    )
    assert answer["total"] == "0.00"
    assert answer["lines"][1]["exact_amount"] == "-102.000000000000002"


def test_wE23_each_group_is_priced_by_itself() -> None:
    answer = bill(
        per_unit("1"),
        groups=[
            {"dimensions": {"region": "EU"}, "quantity": "10"},
            {"dimensions": {"region": "US"}, "quantity": "15"},
        ],
    )
    assert [(line["key"], line["amount"]) for line in answer["lines"]] == [
        ("charge-1[EU]", "10.00"),
        ("charge-1[US]", "15.00"),
    ]
    assert answer["total"] == "25.00"


def test_tax_groups_are_taxed_at_their_own_rate() -> None:
    answer = bill_all(
        {"price": flat("100")},
        {"price": flat("100"), "tax_group": "reduced"},
        {"price": flat("100"), "tax_group": "exempt"},
        account={
            "taxes": [
                {"name": "VAT 21 %", "percent": "21", "groups": ["standard"]},
                {"name": "VAT 9 %", "percent": "9", "groups": ["reduced"]},
            ]
        },
    )
    assert [line["amount"] for line in answer["lines"][3:]] == ["21.00", "9.00"]


def test_an_account_discount_lowers_the_tax_of_each_group_in_proportion() -> None:
    answer = bill_all(
        {"price": flat("75")},
        {"price": flat("25"), "tax_group": "reduced"},
        account={
            "discounts": [{"amount": "10"}],
            "taxes": [
                {"percent": "20", "groups": ["standard"]},
                {"percent": "10", "groups": ["reduced"]},
            ],
        },
    )
    assert [line["amount"] for line in answer["lines"]] == [
        "75.00",
        "25.00",
        "-7.50",
        "-2.50",
        "13.50",
        "2.25",
    ]


def test_a_discount_on_one_charge_leaves_the_others() -> None:
    answer = bill_all(
        {"key": "dynos", "price": flat("40")},
        {"key": "data", "price": flat("60")},
        account={"discounts": [{"percent": "50", "charges": ["dynos"]}]},
    )
    assert answer["total"] == "80.00"


def test_percentages_follow_one_another() -> None:
    discounts = [{"amount": "1"}, {"percent": "10"}, {"percent": "10"}]
    answer = bill(flat("100"), account={"discounts": discounts})
    assert [line["amount"] for line in answer["lines"][1:]] == ["-10.00", "-9.00", "-1.00"]


def test_account_limits_hold_after_discounts() -> None:
    answer = bill(flat("100"), account={"discounts": [{"percent": "10"}], "maximum": "80"})
    assert amounts(answer)[2] == ("cap", "-10.00")
    answer = bill(flat("100"), account={"discounts": [{"percent": "30"}], "minimum": "80"})
    assert amounts(answer)[2] == ("true_up", "10.00")


def test_an_account_maximum_counts_earlier_splits() -> None:
    answer = bill(flat("50"), account={"maximum": "100", "already_billed": "70"})
    assert answer["total"] == "30.00"


def test_an_account_minimum_waits_for_the_last_split() -> None:
    account = {"minimum": "100", "already_billed": "70"}
    assert bill(flat("10"), account=account | {"final": False})["total"] == "10.00"
    assert bill(flat("10"), account=account)["total"] == "30.00"


def test_grants_are_drawn_soonest_expiry_first_and_before_tax() -> None:
    answer = bill(
        flat("12"),
        account={
            "grants": [
                {"name": "T15", "amount": "15", "expires_on": "2026-06-15"},
                {"name": "T10", "amount": "10", "expires_on": "2026-06-10"},
            ],
            "taxes": [{"percent": "20"}],
        },
    )
    drawn = [(line["explanation"][0]["name"], line["amount"]) for line in answer["lines"][1:]]
    assert drawn == [("T10", "-10.00"), ("T15", "-2.00")]
    assert answer["total"] == "0.00"


def test_the_total_is_the_sum_of_the_lines() -> None:
    answer = bill(flat("33.335"), account={"taxes": [{"percent": "7.7"}]})
    assert [line["amount"] for line in answer["lines"]] == ["33.34", "2.57"]
    assert answer["total"] == "35.91"


def test_wE6_a_coupon_that_carries_over_is_a_grant_and_a_discount_is_lost() -> None:
    once = bill(flat("20"), account={"grants": [{"name": "coupon", "amount": "30"}]})
    monthly = bill(flat("20"), account={"discounts": [{"name": "coupon", "amount": "30"}]})
    assert (once["total"], monthly["total"]) == ("0.00", "0.00")
    assert once["lines"][1]["explanation"][0]["left"] == "10"
    assert "left" not in monthly["lines"][1]["explanation"][0]
