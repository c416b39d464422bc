"""The language of filters and values: small, exact, and nothing of Python in it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.expressions import (
    ExpressionFailed,
    ExpressionInvalid,
    compile_expression,
    stored_expression,
)

EVENT: dict[str, Any] = {
    "quantity": Decimal("12.50"),
    "size": "standard-2x",
    "count": 3,
    "spelled": "7",
    "is_idle": False,
    "region": {"name": "eu"},
}


def value(text: str, **properties: Any) -> Any:
    return compile_expression(text).value(EVENT | properties)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("8 / 4 / 2", 1),
        ("-count + 1", -2),
        ("quantity * 2", 25),
        ("1 / 3 * 3", 1),
        ("count > 2 and size = 'standard-2x'", True),
        ("not is_idle", True),
        ("count = 3 or missing = 1", True),
        ("spelled + 1", 8),
        ("spelled = 7", True),
        ("size in ('standard-1x', 'standard-2x')", True),
        ("region.name = 'eu'", True),
        ("missing = null", True),
        ("coalesce(missing, 4)", 4),
        ("least(3, 1, 2)", 1),
        ("greatest(3, 1, 2)", 3),
        ("abs(-4)", 4),
        ("starts_with(size, 'standard')", True),
        ("ends_with(size, '1x')", False),
        ("contains(size, 'dard')", True),
        ("concat(lower('AB'), upper('cd'))", "abCD"),
        ("length(size)", 11),
    ],
)
def test_what_an_expression_comes_to(text: str, expected: object):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("round(123.4567)", "123"),  # wA13
        ("round(123.4567, 2)", "123.46"),  # wA13
        ("round(123.4567, -1)", "120"),  # wA13
        ("round(14.2355, 2)", "14.24"),  # wA14
        ("ceil(14.2345, -1)", "20"),  # wA14
        ("floor(16.2365, -1)", "10"),  # wA14
        ("round(-2.5)", "-3"),
        ("round(2 / 3, 4)", "0.6667"),
    ],
)
def test_wA13_wA14_rounding_to_places_before_and_after_the_point(text: str, expected: str):
    assert compile_expression(text).quantity(EVENT) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "(1", "1)", "size = ", "a b", "__import__('os')", "size.lower()", "1 ** 2",
     "x[0]", "'open", "round()", "nope(1)", "1 = 2 = 3", "@", "not", "1..2", "in (1)",
     "9" * 41, "(" * 40 + "1" + ")" * 40, "-" * 40 + "1", "not " * 40 + "true", "1+" * 1_001 + "1"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str):
    with pytest.raises(ExpressionInvalid):
        compile_expression(text)


@pytest.mark.parametrize(
    "text",
    ["missing + 1", "missing > 1", "size + 1", "1 / 0", "not size", "region = 1 and true",
     "upper(count)", "round(1, 99)", "number('1e5')", "number('１２')", "concat(count)"],
)  # fmt: skip
def test_what_cannot_be_evaluated_says_so(text: str):
    with pytest.raises(ExpressionFailed):
        value(text)


def test_a_misspelled_property_never_lets_an_event_through():
    """An absent property equals nothing but null."""
    assert value("missing != 1") is True
    with pytest.raises(ExpressionFailed):
        value("missing >= 0")


def test_a_value_with_no_end_is_refused_instead_of_rounded():
    with pytest.raises(ExpressionFailed, match="round it"):
        compile_expression("1 / 3").quantity(EVENT)


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(["1"] * 251),
        " or ".join(["a"] * 251),
        "size in (" + ", ".join(["1"] * 251) + ")",
        "*".join("9" for _ in range(1_000)),
    ],
)
def test_more_than_250_parts_are_refused_when_saved(text: str):
    with pytest.raises(ExpressionInvalid, match="at most 250"):
        compile_expression(text)


@pytest.mark.parametrize(
    ("joint", "part", "expected"),
    [
        (" + ", "1", 250),
        (" - ", "1", -248),
        ("*", "1", 1),
        (" or ", "count = 3", True),
        (" and ", "count = 3", True),
    ],
)
def test_as_many_as_may_be_saved_can_be_worked_out(joint: str, part: str, expected: object):
    text = joint.join([part] * (250 if "count" not in part else 125))
    assert value(text) == expected
    assert compile_expression(text).names() <= {"count"}
    assert hash(compile_expression(text))


@pytest.mark.parametrize(
    "text",
    [
        "*".join(["qty"] * 250),
        " + ".join(f"1 / {number}" for number in range(10**18, 10**18 + 60)),
        "contains(long, 'a')",
        "concat(long_ish, long_ish)",
    ],
)
def test_what_grows_beyond_all_bounds_while_it_runs_fails(text: str):
    given = {"qty": Decimal("9.99"), "long": "a" * 10_001, "long_ish": "a" * 9_000}
    with pytest.raises(ExpressionFailed, match="more than"):
        value(text, **given)


def test_a_value_larger_than_any_quantity_fails():
    with pytest.raises(ExpressionFailed, match="more than 20 digits"):
        compile_expression("99999999999 * 99999999999").quantity(EVENT)


def test_an_expression_saved_under_other_bounds_fails_by_itself():
    broken = stored_expression(" + ".join(["quantity"] * 900))
    with pytest.raises(ExpressionFailed, match="at most"):
        broken.quantity(EVENT)
    assert broken.names() == frozenset()


numbers = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)


@given(left=numbers, right=numbers, more=numbers)
def test_arithmetic_is_exact(left: Fraction, right: Fraction, more: Fraction):
    def written(number: Fraction) -> str:
        return f"({number.numerator} / {number.denominator})"

    text = f"{written(left)} + {written(right)} * {written(more)}"
    assert value(text) == left + right * more


@given(text=st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(text: str):
    try:
        compile_expression(text).value(EVENT)
    except (ExpressionInvalid, ExpressionFailed):
        return
