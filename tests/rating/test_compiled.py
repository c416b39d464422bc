"""Common prices are rated in integers; the result is the one of the step-by-step way."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rating import (
    CannotRate,
    Charge,
    Detail,
    RatedLine,
    Terms,
    compile_price,
    expand,
    parse_price,
    rate,
)
from billing.rating.exact import scaled, shown_quantity
from billing.rating.limits import Rated, apply_limits
from billing.rating.pipeline import rate_slowly
from core.periods import Period
from tests.rating.documents import (
    AMOUNTS,
    DISCOUNTS,
    FLAT,
    GRADUATED,
    PACKAGE,
    PER_UNIT,
    QUANTITIES,
    VOLUME,
    limits,
    matrices,
)
from tests.rating.pricing import flat, graduated, per_unit

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
TERMS = Terms.of("USD", period=OCTOBER)
INSTANTS = st.integers(0, 31 * 24 * 3600 * 2).map(
    lambda halves: OCTOBER.start + timedelta(milliseconds=500 * halves)
)

CONVERSIONS = st.fixed_dictionaries(
    {"divide_by": st.sampled_from(["3600", "7", "0.125", "period_seconds", "period_hours"])},
    optional={"multiply_by": st.sampled_from(["2", "0.001", "3.7"])},
)
COMMON = st.builds(
    lambda price, more: {**price, **more},
    PER_UNIT | GRADUATED | VOLUME | PACKAGE,
    st.fixed_dictionaries(
        {},
        optional={
            "convert": CONVERSIONS,
            "included": QUANTITIES,
            "maximum": limits(AMOUNTS),
            "minimum": limits(AMOUNTS),
            "discounts": DISCOUNTS,
        },
    ),
)


def step_by_step(charge: Charge) -> list[RatedLine]:
    rated = Rated(charge, rate_slowly(charge))
    apply_limits([rated])
    return rated.lines


def shown(line: RatedLine) -> tuple[Any, ...]:
    return (
        line.key,
        line.kind,
        line.amount_minor,
        line.exact,
        line.exact_text,
        line.quantity,
        line.unit_price,
        expand(line.explanation),
    )


@settings(deadline=None)
@given(COMMON, QUANTITIES, st.sampled_from(["USD", "JPY", "KWD"]))
def test_both_ways_give_the_same_lines(
    document: dict[str, Any], quantity: str, currency: str
) -> None:
    price = compile_price(parse_price(document), Terms.of(currency, period=OCTOBER))
    charge = Charge("usage", price, Decimal(quantity))
    assert [shown(line) for line in rate([charge])] == [
        shown(line) for line in step_by_step(charge)
    ]


@given(COMMON, QUANTITIES)
def test_a_common_price_is_rated_in_integers(document: dict[str, Any], quantity: str) -> None:
    document = {**document, "due_at_zero": True} if "tiers" in document else document
    plain = {name: value for name, value in document.items() if name not in ("maximum", "minimum")}
    price = compile_price(parse_price(plain), TERMS)
    assert price.fast is not None
    assert price.fast(Charge("usage", price, Decimal(quantity))) is not None


@pytest.mark.parametrize(
    ("document", "quantity"),
    [
        pytest.param(per_unit("1"), "0.00000000001", id="finer-than-events"),
        pytest.param(graduated("5:1+2", "inf:1", due_at_zero=False), "0", id="free-at-zero"),
    ],
)
def test_the_rest_goes_step_by_step(document: dict[str, Any], quantity: str) -> None:
    price = compile_price(parse_price(document), TERMS)
    charge = Charge("usage", price, Decimal(quantity))
    assert price.fast is not None
    assert price.fast(charge) is None
    assert rate([charge]) == step_by_step(charge)


@pytest.mark.parametrize("quantity", ["-3", "-0.005", "-0.0049"])
def test_a_negative_quantity_is_a_credit_both_ways(quantity: str) -> None:
    document = per_unit("1", included="5", convert={"divide_by": "1.5"})
    charge = Charge("usage", compile_price(parse_price(document), TERMS), Decimal(quantity))
    assert [shown(line) for line in rate([charge])] == [
        shown(line) for line in step_by_step(charge)
    ]


@settings(deadline=None)
@given(FLAT, st.tuples(INSTANTS, INSTANTS).filter(lambda ends: ends[0] < ends[1]))
def test_a_fee_for_part_of_a_period_is_rated_both_ways_alike(
    document: dict[str, Any], ends: tuple[datetime, datetime]
) -> None:
    price = compile_price(parse_price(document), TERMS)
    charge = Charge("fee", price, detail=Detail(active=Period(*ends)))
    assert [shown(line) for line in rate([charge])] == [
        shown(line) for line in step_by_step(charge)
    ]


def test_a_share_needs_a_period() -> None:
    price = compile_price(parse_price(flat("5")), Terms.of("USD"))
    with pytest.raises(CannotRate):
        rate([Charge("fee", price, detail=Detail(active=OCTOBER))])


def test_a_unit_price_finer_than_a_line_can_store_is_left_to_the_explanation() -> None:
    document = per_unit("0.123456789012", priced_in={"unit": "credit", "value": "0.5000000001"})
    (line,) = rate([Charge("usage", compile_price(parse_price(document), TERMS), Decimal(1))])
    assert line.unit_price is None
    price = expand(line.explanation).step("price")
    assert price is not None
    assert Fraction(price["rows"][0]["unit_price"]) == line.exact


def test_only_whole_numbers_are_scaled() -> None:
    with pytest.raises(ValueError, match="not whole"):
        scaled(Decimal("0.5"), 1)


def test_a_fee_outside_its_period_is_refused() -> None:
    price = compile_price(parse_price(flat("5")), TERMS)
    late = Period(OCTOBER.start, datetime(2026, 11, 2, tzinfo=UTC))
    with pytest.raises(CannotRate):
        rate([Charge("fee", price, detail=Detail(active=late))])


def test_a_fee_for_the_whole_period_is_rated_in_integers() -> None:
    price = compile_price(parse_price(flat("24.95")), TERMS)
    whole, partly = Charge("fee", price), Charge("fee", price, detail=Detail(active=OCTOBER))
    assert price.fast is not None
    assert [line.amount_minor for line in rate([whole, partly])] == [2495, 2495]
    assert shown(rate([whole])[0]) == shown(step_by_step(whole)[0])


def test_dividing_by_the_period_needs_the_period() -> None:
    price = parse_price(per_unit("25", convert={"divide_by": "period_seconds"}))
    with pytest.raises(CannotRate):
        compile_price(price, Terms.of("USD"))


def test_the_ambient_decimal_context_changes_nothing() -> None:
    price = compile_price(parse_price(graduated("123456789:0.000123", "inf:0.5")), TERMS)
    charge = Charge("usage", price, Decimal("123456789123.4567"))
    expected = rate([charge])
    with localcontext(Context(prec=3)):
        assert rate([charge]) == expected
        assert [shown(line) for line in step_by_step(charge)] == [shown(line) for line in expected]


@settings(deadline=None)
@given(matrices(), QUANTITIES, st.sampled_from(["eu", "us", "asia"]), st.sampled_from(["s", "l"]))
def test_the_cells_of_a_matrix_are_rated_both_ways_alike(
    document: dict[str, Any], quantity: str, region: str, size: str
) -> None:
    price = compile_price(parse_price(document), TERMS)
    dimensions = {"region": region, "size": size}
    charge = Charge("usage", price, Decimal(quantity), dimensions=dimensions)
    assert [shown(line) for line in rate([charge])] == [
        shown(line) for line in step_by_step(charge)
    ]
    assert price.fast is not None


def test_an_unknown_form_of_explanation_is_refused() -> None:
    with pytest.raises(ValueError, match="not known"):
        expand((99, "later"))


@given(COMMON, QUANTITIES)
def test_the_quick_json_of_an_explanation_is_its_json(
    document: dict[str, Any], quantity: str
) -> None:
    price = compile_price(parse_price(document), TERMS)
    for line in rate([Charge("usage", price, Decimal(quantity))]):
        assert json.loads(line.explanation_json) == json.loads(json.dumps(line.explanation))


@given(st.fractions(max_denominator=10**9))
def test_a_shown_quantity_is_exact_or_within_half_of_its_last_decimal(value: Fraction) -> None:
    shown_value = Fraction(shown_quantity(value.numerator * 3, value.denominator * 3))
    assert shown_value == value or abs(shown_value - value) <= Fraction(1, 2 * 10**7)
