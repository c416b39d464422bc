"""The least and the most that all charges of a subscription cost together, and of an account.

A later part comes to what all of the period comes to so far, less what was billed, in whatever
order usage grows and shrinks; the second rater agrees with every figure.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rating import DocumentRefused, prove, quote
from billing.verifier.proofs import verify
from core.decimals import decimal_text
from tests.rating.pricing import amounts, flat, per_unit

Document = dict[str, Any]

JUNE = {"from": "2026-06-01", "until": "2026-07-01"}


def of_all(**limits: Any) -> Document:
    return {"model": "all_charges"} | limits


def bill(*charges: Document, **more: Any) -> Document:
    document = {"currency": "USD", "period": JUNE, "charges": list(charges)} | more
    assert verify(prove(document)).differences == []
    return quote(document)


def fee(amount: str, **more: Any) -> Document:
    return {"key": "fee", "price": flat(amount)} | more


def calls(quantity: str, **more: Any) -> Document:
    return {"key": "calls", "price": per_unit("1"), "quantity": quantity} | more


def limit(price: Document, **more: Any) -> Document:
    return {"key": "limit", "price": price} | more


def test_a_minimum_over_charges_of_different_prices_could_not_be_said() -> None:
    """lago-minimum-commitment."""
    answer = bill(fee("6.50"), calls("5"), limit(of_all(minimum="100")))
    assert amounts(answer) == [("fee", "6.50"), ("usage", "5.00"), ("true_up", "88.50")]
    assert answer["explanation"]["words"]["limit"][0] == (
        "At least 100 USD per subscription; the lines come to 11.5."
    )


def test_a_minimum_over_charges_is_for_the_time_of_the_subscription() -> None:
    """From 11 June on, but not from 16 to 21 June: 15 of 30 days."""
    price = of_all(minimum={"amount": "100", "proration": "day"})
    active = {"from": "2026-06-11", "until": "2026-07-01"}
    away = [{"from": "2026-06-16", "until": "2026-06-21"}]
    answer = bill(calls("5"), limit(price, active=active, away=away))
    assert amounts(answer) == [("usage", "5.00"), ("true_up", "45.00")]


def test_charges_that_reach_the_minimum_add_no_line() -> None:
    assert amounts(bill(calls("100"), limit(of_all(minimum="100")))) == [("usage", "100.00")]


def test_a_maximum_cuts_what_all_charges_come_to() -> None:
    answer = bill(fee("50"), calls("80"), limit(of_all(maximum="100")))
    assert amounts(answer) == [("fee", "50.00"), ("usage", "80.00"), ("cap", "-30.00")]


def test_a_limit_is_over_the_charges_of_its_own_subscription() -> None:
    answer = bill(
        fee("10", subscription="a"),
        calls("20", subscription="b"),
        limit(of_all(minimum="50"), subscription="a"),
    )
    assert amounts(answer)[-1] == ("true_up", "40.00")
    both = limit(of_all(minimum="50"), subscription="a", over=["a", "b"])
    assert (
        bill(fee("10", subscription="a"), calls("20", subscription="b"), both)["total"] == "50.00"
    )


def test_a_limit_counts_discounts_and_caps_of_the_prices_it_is_over() -> None:
    price = per_unit("1", maximum="30", discounts=[{"percent": "10"}])
    answer = bill(calls("50", price=price), limit(of_all(minimum="40")))
    assert answer["total"] == "40.00"


def test_an_account_discount_comes_after_the_minimum_of_a_subscription() -> None:
    answer = bill(
        calls("5"), limit(of_all(minimum="100")), account={"discounts": [{"percent": "10"}]}
    )
    assert answer["total"] == "90.00"


def test_a_minimum_waits_for_the_last_part() -> None:
    first = bill(calls("5"), limit(of_all(minimum="100"), final=False))
    assert amounts(first) == [("usage", "5.00")]


def test_usage_that_came_after_a_minimum_was_billed_again_on_top_of_it() -> None:
    before = {"amount": "100", "lines": "80"}
    answer = bill(calls("5"), limit(of_all(minimum="100"), already_billed=before))
    assert amounts(answer) == [("usage", "5.00"), ("true_up", "-5.00")]


def test_a_part_of_a_cent_of_an_earlier_minimum_was_lifted_once_more() -> None:
    """10 USD for 27 of 31 days: 8.7097 over 8.0050 is 0.70, which must not become 0.70 and 0.01."""
    half = {"minimum": "8.005"}
    first = bill(calls("7"), limit(of_all(**half)))
    assert first["total"] == "8.01"
    later = bill(calls("0"), limit(of_all(**half), already_billed={"amount": "8.01", "lines": "7"}))
    assert later["total"] == "0.00"
    price = per_unit("1", **half)
    again = calls("0", price=price, already_billed={"quantity": "7", "amount": "8.01"})
    assert bill(again)["total"] == "0.00"
    account = {"minimum": "8.005", "already_billed": {"amount": "8.01", "lines": "7"}}
    assert bill(calls("0"), account=account)["total"] == "0.00"


@pytest.mark.parametrize(
    ("price", "more", "pointer"),
    [
        ({}, {}, "/charges/1/price/minimum"),
        ({"minimum": "1", "included": "5"}, {}, "/charges/1/price/included"),
        ({"minimum": "1", "unit": "GB"}, {}, "/charges/1/price/unit"),
        ({"minimum": {"amount": "1", "per": "account"}}, {}, "/charges/1/price/minimum/per"),
        ({"minimum": "1"}, {"quantity": "5"}, "/charges/1/quantity"),
        ({"minimum": "1"}, {"over": [5]}, "/charges/1/over/0"),
        ({"minimum": "1"}, {"over": ""}, "/charges/1/over"),
        ({"minimum": "1"}, {"already_billed": {"amount": "5"}}, "/charges/1/already_billed/lines"),
        ({"minimum": "1"}, {"away": [JUNE]}, "/charges/1/away/0"),
        ({"minimum": "1"}, {"taken_back": {"amount": "5"}}, "/charges/1/taken_back"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_by_name(
    price: Document, more: Document, pointer: str
) -> None:
    with pytest.raises(DocumentRefused) as refused:
        bill(calls("5"), limit(of_all(**price), **more))
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_gaps_that_overlap_or_lie_outside_are_refused() -> None:
    gaps = [{"from": "2026-06-05", "until": "2026-06-09"}]
    for away in ([*gaps, *gaps], [{"from": "2026-06-29", "until": "2026-07-02"}]):
        with pytest.raises(DocumentRefused, match="one after the other"):
            bill(fee("5", active=JUNE, away=away))


def test_a_fee_is_due_for_the_time_without_the_gaps() -> None:
    away = [{"from": "2026-06-11", "until": "2026-06-21"}]
    for proration in ("second", "day", "thirty_day_month"):
        answer = bill(fee("30", price=flat("30", proration=proration), active=JUNE, away=away))
        assert answer["total"] == "20.00"


# Amounts of a unit with eight decimals: no cent is lost where parts are rounded by themselves.
FINE: Document = {"code": "unit", "decimals": 8}
LIMITS = st.fixed_dictionaries(
    {}, optional={"low": st.integers(0, 60), "high": st.integers(0, 60)}
).filter(bool)
PARTS = st.lists(
    st.tuples(st.integers(-15, 40), st.integers(-15, 40), st.booleans()), min_size=1, max_size=5
)


def limits_of(drawn: dict[str, int]) -> Document:
    low, high = drawn.get("low"), drawn.get("high")
    if low is not None and high is not None:
        low, high = sorted((low, high))
    found = {"minimum": low, "maximum": high}
    return {name: str(amount) for name, amount in found.items() if amount is not None}


@settings(deadline=None, max_examples=200)
@given(drawn=LIMITS, parts=PARTS)
def test_parts_under_a_limit_of_all_charges_come_to_what_the_whole_does(
    drawn: dict[str, int], parts: list[tuple[int, int, bool]]
) -> None:
    limits, billed, reached = limits_of(drawn), Decimal(0), [0, 0]
    for number, (*new, is_final) in enumerate(parts):
        charge = limit(of_all(**limits), final=is_final)
        if number:
            already = {"amount": decimal_text(billed), "lines": str(sum(reached))}
            charge["already_billed"] = already
        used = [calls(str(each), key=str(place)) for place, each in enumerate(new)]
        billed += Decimal(bill(*used, charge, currency=FINE)["total"])
        reached = [before + more for before, more in zip(reached, new, strict=True)]
        all_of = [calls(str(each), key=str(place)) for place, each in enumerate(reached)]
        whole = bill(*all_of, limit(of_all(**limits), final=is_final), currency=FINE)
        assert billed == Decimal(whole["total"])


@settings(deadline=None, max_examples=200)
@given(drawn=LIMITS, parts=PARTS)
def test_parts_under_a_limit_of_an_account_come_to_what_the_whole_does(
    drawn: dict[str, int], parts: list[tuple[int, int, bool]]
) -> None:
    limits, billed, reached = limits_of(drawn), Decimal(0), 0
    for number, (one, other, is_final) in enumerate(parts):
        # An account's lines never come to less than nothing in all.
        new = max(one + other, -reached)
        account: Document = limits | {"final": is_final}
        whole = bill(calls(str(reached + new)), currency=FINE, account=account)
        if number:
            account["already_billed"] = {"amount": decimal_text(billed), "lines": str(reached)}
        billed += Decimal(bill(calls(str(new)), currency=FINE, account=account)["total"])
        reached += new
        assert billed == Decimal(whole["total"])


@settings(deadline=None, max_examples=200)
@given(
    drawn=LIMITS,
    per=st.sampled_from(["account", "resource"]),
    parts=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), min_size=1, max_size=5
    ),
)
def test_parts_of_charges_that_share_a_limit_come_to_what_the_whole_does(
    drawn: dict[str, int], per: str, parts: list[tuple[int, int, bool]]
) -> None:
    """Two charges of one price; each part says how much there is of them so far."""
    limits = {name: {"amount": each, "per": per} for name, each in limits_of(drawn).items()}
    prices = {"calls": per_unit("1", **limits)}
    billed, reached = [Decimal(0), Decimal(0)], [0, 0]
    for number, (*levels, is_final) in enumerate(parts):
        asked, all_of = [], []
        for place, level in enumerate(levels):
            charge: Document = {"key": str(place), "price": "calls", "final": is_final}
            charge["resource"] = "app"
            all_of.append(charge | {"quantity": str(level)})
            charge["quantity"] = str(level - reached[place])
            if number:
                before = {"quantity": str(reached[place]), "amount": decimal_text(billed[place])}
                charge["already_billed"] = before
            asked.append(charge)
        answer = bill(*asked, prices=prices, currency=FINE)
        for line in answer["lines"]:
            billed[int(line["charge"])] += Decimal(line["amount"])
        reached = levels
        whole = bill(*all_of, prices=prices, currency=FINE)
        assert sum(billed) == Decimal(whole["total"])


@settings(deadline=None, max_examples=100)
@given(
    by=st.sampled_from(["second", "day", "thirty_day_month"]),
    bounds=st.lists(st.integers(1, 28), min_size=4, max_size=8, unique=True),
)
def test_the_share_without_gaps_is_the_sum_of_the_shares_between_them(
    by: str, bounds: list[int]
) -> None:
    days = [f"2026-06-{day:02}" for day in sorted(bounds[: len(bounds) // 2 * 2])]
    there = [{"from": a, "until": b} for a, b in zip(days[::2], days[1::2], strict=True)]
    away = [{"from": a, "until": b} for a, b in zip(days[1:-1:2], days[2::2], strict=True)]
    price = flat("1000", proration=by)
    whole = bill(
        fee("0", price=price, active={"from": days[0], "until": days[-1]}, away=away),
    )
    parts = bill(*(fee("0", key=str(n), price=price, active=span) for n, span in enumerate(there)))
    exact = [Fraction(line["exact_amount"]) for line in parts["lines"]]
    assert Fraction(whole["lines"][0]["exact_amount"]) == sum(exact)
