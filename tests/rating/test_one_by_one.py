"""Units that are prorated one by one, and units of account that are called like money."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from billing.rating import DocumentRefused, prove, quote
from billing.verifier.proofs import verify

Document = dict[str, Any]

JUNE = {"from": "2026-06-01", "until": "2026-07-01"}
TIERS = {
    "model": "graduated",
    "tiers": [{"up_to": "5", "unit_price": "10", "fee": "100"}, {"unit_price": "5", "fee": "50"}],
}


def bill(price: Document, **charge: Any) -> Document:
    document = {"currency": "USD", "period": JUNE, "price": price} | charge
    assert verify(prove(document)).differences == []
    return quote(document)


def since(quantity: str, day: int) -> Document:
    return {"quantity": quantity, "active": {"from": f"2026-06-{day:02}", "until": "2026-07-01"}}


def problems(document: Document) -> list[tuple[str | None, str]]:
    with pytest.raises(DocumentRefused) as refused:
        quote({"currency": "USD", "period": JUNE} | document)
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_each_unit_was_charged_the_average_of_all_tiers() -> None:
    """lago-graduated-units-one-by-one: 5 for 21 of 30 days, 5 for 16, 10 for 6, -6 for 11."""
    units = [since("5", 10), since("5", 15), since("10", 25), since("-6", 20)]
    (line,) = bill(TIERS, units=units)["lines"]
    assert line["amount"] == "197.33"
    assert line["metered_quantity"] == "14"
    assert Fraction(line["quantity"]) == Fraction("5.9666667")


def test_units_that_say_how_much_of_them_counts_come_to_the_same() -> None:
    counted = [("5", "3.5"), ("5", "2.66667"), ("10", "2"), ("-6", "-2.2")]
    units = [{"quantity": quantity, "prorated_quantity": used} for quantity, used in counted]
    assert bill(TIERS, units=units)["total"] == "197.33"


def test_one_line_comes_to_what_a_chain_of_parts_comes_to() -> None:
    counted = [("5", "3.5"), ("4", "2"), ("1", "0.5"), ("9", "2.25")]
    units = [{"quantity": quantity, "prorated_quantity": used} for quantity, used in counted]
    reached, chain = 0, Fraction(0)
    for number, unit in enumerate(units):
        before = {"already_billed": {"quantity": str(reached)}} if number else {}
        chain += Fraction(bill(TIERS, **unit, **before)["total"])
        reached += int(unit["quantity"])
    assert Fraction(bill(TIERS, units=units)["total"]) == chain


def test_units_of_one_price_show_it() -> None:
    seats = {"model": "per_unit", "unit_price": "30", "unit": "seat", "proration": "day"}
    (line,) = bill(seats, units=[since("2", 16), since("-1", 21)])["lines"]
    assert (line["unit_price"], line["amount"]) == ("30", "20.00")


def test_each_change_has_its_row_and_its_words() -> None:
    answer = bill(TIERS, units=[since("5", 10), since("5", 16), since("-6", 16)])
    (line,) = answer["lines"]
    rows = next(step for step in line["explanation"] if step["step"] == "price")["rows"]
    assert [(row["row"], row["quantity"]) for row in rows] == [
        (0, "3.5"),
        (1, "2.5"),
        (0, "-0.5"),
        (1, "-2.5"),
    ]
    told = " ".join(answer["explanation"]["words"][line["key"]])
    assert "6 went, counted from 2026-06-16" in told


def test_units_of_a_volume_price_choose_their_tier_together() -> None:
    volume = {
        "model": "volume",
        "tiers": [{"up_to": "5", "unit_price": "3"}, {"unit_price": "2", "fee": "1"}],
    }
    assert bill(volume, units=[since("4", 1), since("4", 16)])["total"] == "13.00"


def test_included_units_are_the_first_that_came() -> None:
    price = {"model": "per_unit", "unit_price": "30", "included": "2"}
    assert bill(price, units=[since("2", 1), since("2", 16)])["total"] == "30.00"


@pytest.mark.parametrize(
    "price",
    [
        TIERS,
        {"model": "per_unit", "unit_price": "1", "included": "3"},
        {"model": "per_unit", "unit_price": "1", "commitment": {"quantity": "5"}},
    ],
)
def test_a_sum_of_units_with_several_prices_took_the_average_in_silence(price: Document) -> None:
    assert problems({"price": price, "quantity": "14", "prorated_quantity": "5.96667"}) == [
        ("/prorated_quantity", "cannot_rate")
    ]


@pytest.mark.parametrize(
    ("units", "pointer", "code"),
    [
        ([{"quantity": "1"}], "/units/0/active", "choice"),
        ([since("1", 1) | {"prorated_quantity": "1"}], "/units/0/active", "choice"),
        ([since("0", 1)], "/units/0/quantity", "quantity_range"),
        (
            [{"quantity": "-1", "prorated_quantity": "1"}],
            "/units/0/prorated_quantity",
            "prorated_quantity_range",
        ),
        ([since("1", 1) | {"seat": "a"}], "/units/0/seat", "unknown_field"),
        ("5", "/units", "type"),
    ],
)
def test_a_wrong_unit_is_named(units: Any, pointer: str, code: str) -> None:
    assert problems({"price": TIERS, "units": units}) == [(pointer, code)]


@pytest.mark.parametrize("field", ["quantity", "prorated_quantity"])
def test_units_are_told_once(field: str) -> None:
    found = problems({"price": TIERS, "units": [since("1", 1)], field: "1"})
    assert found == [("/units", "choice")]


def test_units_have_their_own_time_and_no_commitment() -> None:
    alone = {"units": [since("1", 1)]}
    assert problems({"price": TIERS, "active": JUNE} | alone) == [("/active", "choice")]
    agreed = TIERS | {"commitment": {"amount": "5"}}
    assert problems({"price": agreed} | alone) == [("/units", "cannot_rate")]
    fee = {"model": "flat", "amount": "5"}
    assert ("/units", "not_applicable") in problems({"price": fee} | alone)


@pytest.mark.parametrize("code", ["USD", "usd", " JPY", "XAU"])
def test_a_unit_of_ones_own_was_called_like_money(code: str) -> None:
    """openmeter-own-unit-iso-code: dollars with four decimals, yen with cents."""
    fee = {"model": "flat", "amount": "1.23456"}
    own = {"currency": {"code": code, "decimals": 4}, "price": fee}
    assert problems(own) == [("/currency/code", "currency_real")]
    priced = fee | {"priced_in": {"unit": code, "value": "2"}}
    assert problems({"price": priced}) == [("/price/priced_in/unit", "currency_real")]
    tokens = {"currency": {"code": "tokens", "decimals": 4}, "price": fee}
    assert quote(tokens)["total"] == "1.2346"
