"""Laws every price keeps, whatever its numbers."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.rating import Charge, Terms, compile_price, parse_price, quote, rate
from core.money import round_half_up
from core.periods import billing_period
from tests.clocks import process_zone
from tests.rating.documents import (
    AMOUNTS,
    FLAT,
    GRADUATED,
    GRADUATED_PERCENTAGE,
    METERED,
    PACKAGE,
    PACKAGED,
    PER_UNIT,
    QUANTITIES,
    Document,
    metered_prices,
    pricing_documents,
)
from tests.rating.pricing import bill, bill_all

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CONTINUING = PER_UNIT | GRADUATED | PACKAGE | PACKAGED


def exact(answer: dict[str, Any], kind: str = "usage") -> Fraction:
    lines = [line for line in answer["lines"] if line["kind"] == kind]
    return sum((Fraction(line["exact_amount"]) for line in lines), Fraction(0))


@SLOW
@given(CONTINUING, st.lists(QUANTITIES, min_size=1, max_size=4))
def test_splits_add_up_to_the_whole_before_rounding(price: Document, parts: list[str]) -> None:
    billed, split = Decimal(0), Fraction(0)
    for number, part in enumerate(parts):
        before = {"already_billed": {"quantity": str(billed)}} if number else {}
        split += exact(bill(price, part, final=number == len(parts) - 1, **before))
        billed += Decimal(part)
    assert split == exact(bill(price, str(billed)))


@SLOW
@given(CONTINUING, QUANTITIES, st.lists(QUANTITIES, min_size=1, max_size=3))
def test_an_allowance_is_used_once_however_a_period_is_split(
    price: Document, included: str, parts: list[str]
) -> None:
    price = price | {"included": included}
    billed, split = Decimal(0), Fraction(0)
    for number, part in enumerate(parts):
        before = {"already_billed": {"quantity": str(billed)}} if number else {}
        split += exact(bill(price, part, **before))
        billed += Decimal(part)
    assert split == exact(bill(price, str(billed)))


@SLOW
@given(CONTINUING, QUANTITIES, QUANTITIES)
def test_usage_taken_back_undoes_what_it_cost(price: Document, first: str, more: str) -> None:
    up = bill(price, more, already_billed={"quantity": first})
    reached = str(Decimal(first) + Decimal(more))
    back = bill(price, f"-{more}" if Decimal(more) else "0", already_billed={"quantity": reached})
    assert exact(up) == -exact(back)


@SLOW
@given(GRADUATED | GRADUATED_PERCENTAGE, QUANTITIES)
def test_the_quantities_of_the_tiers_tile_the_quantity(price: Document, quantity: str) -> None:
    (line,) = bill(price, quantity)["lines"]
    rows = line["explanation"][0]["rows"]
    assert sum(Fraction(row["quantity"]) for row in rows) == Fraction(quantity)
    ends = [Fraction(row.get("from", "0")) + Fraction(row["quantity"]) for row in rows]
    assert [Fraction(row.get("from", "0")) for row in rows[1:]] == ends[:-1]


@SLOW
@given(CONTINUING, QUANTITIES, QUANTITIES)
def test_more_usage_never_costs_less(price: Document, quantity: str, more: str) -> None:
    larger = str(Decimal(quantity) + Decimal(more))
    assert exact(bill(price, larger)) >= exact(bill(price, quantity))


@SLOW
@given(metered_prices(), QUANTITIES)
def test_every_line_is_rounded_once_half_up(price: Document, quantity: str) -> None:
    period = {"from": "2026-10-01", "until": "2026-11-01"}
    dimensions = {"region": "eu", "size": "s"}
    answer = bill(price, quantity, period=period, dimensions=dimensions)
    for line in answer["lines"]:
        cents = round_half_up(Fraction(line["exact_amount"]) * 100)
        assert Fraction(line["amount"]) * 100 == cents


@SLOW
@given(metered_prices(), QUANTITIES)
def test_quantity_times_unit_price_is_the_exact_amount(price: Document, quantity: str) -> None:
    terms = Terms.of("USD", period=billing_period(date(2026, 10, 1), "UTC", 0))
    compiled = compile_price(parse_price(price), terms)
    dimensions = {"region": "eu", "size": "s"}
    for line in rate([Charge("usage", compiled, Decimal(quantity), dimensions=dimensions)]):
        if line.unit_price is not None:
            priced = Fraction(line.billed_numerator, line.billed_denominator)
            assert priced * Fraction(line.unit_price) == line.exact


@SLOW
@given(pricing_documents())
def test_the_total_is_the_sum_of_its_lines(document: Document) -> None:
    for charge in document["charges"]:
        charge.pop("already_billed", None)
    answer = quote(document)
    lines = sum(Fraction(line["amount"]) for line in answer["lines"])
    parts = Fraction(answer["subtotal"]) + Fraction(answer["tax"]) - Fraction(answer["credits"])
    assert Fraction(answer["total"]) == lines == parts


@SLOW
@given(METERED, st.lists(QUANTITIES, min_size=1, max_size=4))
def test_charges_do_not_touch_one_another(price: Document, quantities: list[str]) -> None:
    together = bill_all(*({"price": price, "quantity": quantity} for quantity in quantities))
    apart = [bill(price, quantity)["lines"][0]["amount"] for quantity in quantities]
    assert [line["amount"] for line in together["lines"]] == apart


@SLOW
@given(FLAT, st.sets(st.integers(2, 31), max_size=4), st.sampled_from(["second", "day"]))
def test_shares_of_a_period_add_up_to_the_fee(
    fee: Document, cuts: set[int], proration: str
) -> None:
    days = [f"2026-10-{day:02}" for day in sorted(cuts | {1})] + ["2026-11-01"]
    period = {"from": "2026-10-01", "until": "2026-11-01", "zone": "Europe/Amsterdam"}
    fee = fee | {"proration": proration}
    parts = [
        exact(bill(fee, period=period, active={"from": start, "until": end}), "fee")
        for start, end in itertools.pairwise(days)
    ]
    assert sum(parts) == Fraction(fee["amount"])


@SLOW
@given(PER_UNIT, QUANTITIES, AMOUNTS, AMOUNTS)
def test_limits_hold_to_the_cent(price: Document, quantity: str, low: str, high: str) -> None:
    low, high = sorted((low, high), key=Decimal)
    least, most = round_half_up(Fraction(low) * 100), round_half_up(Fraction(high) * 100)
    total = bill(price | {"minimum": low, "maximum": high}, quantity)["total"]
    assert least <= Fraction(total) * 100 <= most


@SLOW
@given(pricing_documents())
def test_rating_twice_gives_the_same(document: Document) -> None:
    for charge in document["charges"]:
        charge.pop("already_billed", None)
    assert quote(document) == quote(document)


def test_the_zone_of_the_process_changes_nothing() -> None:
    with process_zone("Pacific/Apia"):
        answer = bill(
            {"model": "flat", "amount": "31", "proration": "day"},
            period={"anchor": "2026-03-01", "zone": "Europe/Amsterdam"},
            active={"from": "2026-03-29", "until": "2026-03-30"},
        )
    assert answer["total"] == "1.00"
    assert answer["period"]["from"] == "2026-02-28T23:00:00+00:00"
