"""A later part of a period comes to what all of it comes to so far, less what was billed.

Whether usage grew or shrank, and whatever was cut, discounted or lifted before.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.rating import DocumentRefused, prove, quote
from billing.verifier.proofs import verify
from core.decimals import decimal_text

Document = dict[str, Any]

TEN_EACH: Document = {"model": "per_unit", "unit_price": "10"}
TIERS_WITH_FEES: Document = {
    "model": "graduated",
    "tiers": [{"up_to": "5", "unit_price": "10", "fee": "100"}, {"unit_price": "5", "fee": "50"}],
}
AGREED_FIVE: Document = TEN_EACH | {"commitment": {"quantity": "5", "overage_factor": "2"}}
AGREED_FIFTY: Document = TEN_EACH | {"commitment": {"amount": "50", "overage_factor": "2"}}


def bill(price: Document, quantity: str, before: Document | None = None, **more: Any) -> Document:
    document = {"currency": "USD", "price": price, "quantity": quantity} | more
    if before is not None:
        document["already_billed"] = before
    assert verify(prove(document)).differences == []
    return quote(document)


def lines(answer: Document) -> list[tuple[str, str]]:
    return [(line["kind"], line["amount"]) for line in answer["lines"]]


@pytest.mark.parametrize(
    ("price", "billed", "change", "due"),
    [
        (TEN_EACH | {"maximum": "50"}, ("6", "50"), "-2", "-10.00"),
        (
            {"model": "package", "size": "10", "price": "15", "maximum": "100"},
            ("110", "100"),
            "-50",
            "-10.00",
        ),
        (TEN_EACH | {"discounts": [{"amount": "35"}]}, ("5", "15"), "-3", "-15.00"),
        (AGREED_FIVE, ("7", "90"), "-4", "-40.00"),
        (AGREED_FIVE, ("7", "90"), "-2", "-40.00"),
        (AGREED_FIFTY, ("7", "90"), "-4", "-40.00"),
    ],
    ids=[
        "openmeter-shrink-maximum",
        "openmeter-shrink-maximum-package",
        "openmeter-shrink-fixed-discount",
        "openmeter-shrink-committed-quantity",
        "openmeter-shrink-committed-quantity-to-bound",
        "openmeter-shrink-committed-amount",
    ],
)
def test_less_usage_than_was_billed_gave_back_too_much_or_too_little(
    price: Document, billed: tuple[str, str], change: str, due: str
) -> None:
    before = {"quantity": billed[0], "amount": billed[1]}
    assert bill(price, change, before)["total"] == due


def test_what_a_cap_cut_is_given_back_before_anything_is_refunded() -> None:
    answer = bill(TEN_EACH | {"maximum": "50"}, "-2", {"quantity": "6", "amount": "50"})
    assert lines(answer) == [("usage", "-20.00"), ("cap", "10.00")]


def test_one_more_unit_after_a_minimum_was_billed_cost_ten_on_top_of_it() -> None:
    price = TEN_EACH | {"minimum": "50"}
    answer = bill(price, "1", {"quantity": "3", "amount": "50"})
    assert lines(answer) == [("usage", "10.00"), ("true_up", "-10.00")]


def test_one_more_unit_after_a_true_up_was_billed_cost_ten_on_top_of_it() -> None:
    for price in (AGREED_FIVE, AGREED_FIFTY):
        answer = bill(price, "1", {"quantity": "3", "amount": "50"})
        assert lines(answer) == [("usage", "10.00"), ("true_up", "-10.00")]


def test_a_minimum_goes_on_to_the_maximum_when_late_usage_passes_both() -> None:
    price = TEN_EACH | {"minimum": "50", "maximum": "100"}
    assert bill(price, "8", {"quantity": "3", "amount": "50"})["total"] == "50.00"


def test_a_first_part_said_with_zeros_lost_the_fee_of_its_tier() -> None:
    """lago-first-part-said-with-zeros."""
    nothing = {"quantity": "0", "amount": "0"}
    assert bill(TIERS_WITH_FEES, "3", nothing, final=False)["total"] == "130.00"
    assert bill(TIERS_WITH_FEES, "3", nothing | {"events": 0})["total"] == "130.00"


def test_a_first_fee_said_with_zeros_was_not_billed_at_all() -> None:
    """lago-first-fee-said-with-zeros."""
    fee = {"currency": "USD", "price": {"model": "flat", "amount": "50"}}
    zeros = {"already_billed": {"quantity": "0", "amount": "0"}}
    assert quote(fee | zeros)["total"] == "50.00"
    assert verify(prove(fee | zeros)).differences == []
    assert quote(fee | {"already_billed": {"quantity": "1", "amount": "0"}})["total"] == "0.00"


def test_a_month_that_moved_from_a_price_without_fees_never_paid_the_fee_of_its_tier() -> None:
    before = {"quantity": "3", "amount": "3", "other_terms": {}}
    assert bill(TIERS_WITH_FEES, "1", before)["total"] == "110.00"
    assert bill(TIERS_WITH_FEES, "4", before)["total"] == "180.00"
    paid = before | {"other_terms": {"fees": True}}
    assert bill(TIERS_WITH_FEES, "1", paid)["total"] == "10.00"


def test_a_discount_that_other_terms_did_not_give_counted_as_used() -> None:
    price = TEN_EACH | {"discounts": [{"amount": "35"}]}
    before = {"quantity": "5", "amount": "20", "other_terms": {"discounts": "0"}}
    assert bill(price, "4", before)["total"] == "5.00"
    half = before | {"other_terms": {"discounts": "30"}}
    assert bill(price, "4", half)["total"] == "35.00"


def test_what_other_terms_billed_cannot_be_worked_out() -> None:
    with pytest.raises(DocumentRefused) as refused:
        bill(TEN_EACH, "4", {"quantity": "5", "other_terms": {}})
    assert [error.pointer for error in refused.value.errors] == ["/already_billed/amount"]


def test_events_that_shrink_under_a_maximum_are_refused_not_guessed() -> None:
    document = {
        "currency": "USD",
        "price": {"model": "dynamic", "maximum": "50"},
        "events": [{"amount": "-20"}],
        "already_billed": {"quantity": "2", "events": 2, "amount": "50"},
    }
    with pytest.raises(DocumentRefused, match="their events"):
        quote(document)


# Amounts of a unit with eight decimals: no cent is lost where parts are rounded by themselves.
FINE: Document = {"code": "unit", "decimals": 8}
MONEY = st.integers(0, 60).map(str)
TIERED = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=4)


@st.composite
def prices(draw: st.DrawFn) -> Document:
    """Any model of quantities under any modifiers that depend on what was billed before."""
    name = draw(st.sampled_from(["per_unit", "package", "graduated", "volume", "stairstep"]))
    price: Document = {"model": name}
    if name == "per_unit":
        price["unit_price"] = draw(MONEY)
    elif name == "package":
        price |= {"size": draw(st.sampled_from(["1", "4", "10"])), "price": draw(MONEY)}
    else:
        rows = draw(TIERED)
        kind = "price" if name == "stairstep" else "unit_price"
        price["tiers"] = [
            {kind: str(cost)}
            | ({} if name == "stairstep" else {"fee": str(fee)})
            | ({} if number == len(rows) else {"up_to": str(number * 5)})
            for number, (cost, fee) in enumerate(rows, start=1)
        ]
        price["due_at_zero"] = draw(st.booleans())
        for tier in price["tiers"] if name != "stairstep" else ():
            if draw(st.integers(0, 3)) == 0:
                tier |= {"size": draw(st.sampled_from(["2", "7"])), "price": tier.pop("unit_price")}
    if draw(st.booleans()):
        price["included"] = draw(st.sampled_from(["0", "3", "8"]))
    if draw(st.booleans()):
        in_money = name in ("volume", "stairstep") or draw(st.booleans())
        price["commitment"] = {
            "amount" if in_money else "quantity": draw(MONEY if in_money else st.just("6")),
            "overage_factor": draw(st.sampled_from(["0.5", "1", "2"])),
        }
    off = st.one_of(
        st.integers(0, 100).map(lambda percent: {"percent": str(percent)}),
        MONEY.map(lambda amount: {"amount": amount}),
    )
    price["discounts"] = draw(st.lists(off, max_size=2))
    low, high = sorted(draw(st.tuples(st.integers(0, 80), st.integers(0, 80))))
    if draw(st.booleans()):
        price["minimum"] = str(low)
    if draw(st.booleans()):
        price["maximum"] = str(high)
    return price


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(prices(), st.lists(st.tuples(st.integers(0, 25), st.booleans()), min_size=1, max_size=5))
def test_a_part_comes_to_all_so_far_less_what_was_billed(
    price: Document, parts: list[tuple[int, bool]]
) -> None:
    """Each part says how much there is so far, and whether it is thought to be the last."""
    reached, billed = 0, Decimal(0)
    for number, (level, is_final) in enumerate(parts):
        before = {"quantity": str(reached), "amount": decimal_text(billed)} if number else None
        more: Document = {"final": is_final, "currency": FINE}
        billed += Decimal(bill(price, str(level - reached), before, **more)["total"])
        reached = level
        whole = bill(price, str(reached), **more)
        if price["model"] in ("volume", "stairstep") and not is_final:
            continue
        assert billed == Decimal(whole["total"])
