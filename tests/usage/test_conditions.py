"""Conditions in rows and the expressions they are: nothing is lost on the way, either way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage.expressions import ExpressionInvalid
from usage.expressions.conditions import (
    VALUELESS,
    Comparison,
    Condition,
    conditions_of,
    expression_of,
)
from usage.expressions.parser import parse_expression

NAMES = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5})?", fullmatch=True).filter(
    lambda name: name not in ("and", "or", "not", "in", "true", "false", "null")
)
NUMBERS = st.decimals(-1_000, 1_000, places=3).map(lambda number: f"{number.normalize():f}")
TEXTS = st.from_regex(r"[a-z][a-z' -]{0,8}[a-z]", fullmatch=True).filter(
    lambda text: text not in ("true", "false", "null")
)
VALUES = NUMBERS.map(lambda text: "0" if text == "-0" else text) | TEXTS | st.just("true")
ALONE = st.sampled_from(sorted(set(Comparison) - VALUELESS - {Comparison.ONE_OF}))
CONDITIONS = (
    st.builds(Condition, NAMES, ALONE, VALUES)
    | st.builds(Condition, NAMES, st.sampled_from(sorted(VALUELESS)))
    | st.builds(
        lambda name, values: Condition(name, Comparison.ONE_OF, ", ".join(values)),
        NAMES,
        st.lists(VALUES, min_size=1, max_size=3),
    )
)


@given(st.lists(CONDITIONS, max_size=5))
def test_rows_come_back_from_the_expression_they_make(rows: list[Condition]) -> None:
    assert conditions_of(expression_of(rows)) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("region = 'eu'", [Condition("region", Comparison.IS, "eu")]),
        (
            "region == \"eu\" and quantity > 0.50",
            [
                Condition("region", Comparison.IS, "eu"),
                Condition("quantity", Comparison.ABOVE, "0.5"),
            ],
        ),
        ("size in ('s', 'm')", [Condition("size", Comparison.ONE_OF, "s, m")]),
        ("user != null", [Condition("user", Comparison.PRESENT)]),
        ("user.name = null", [Condition("user.name", Comparison.ABSENT)]),
        ("n >= -3", [Condition("n", Comparison.AT_LEAST, "-3")]),
    ],
)  # fmt: skip
def test_an_expression_of_plain_conditions_is_rows_that_mean_the_same(
    text: str, rows: list[Condition]
) -> None:
    assert conditions_of(text) == rows
    assert not text or parse_expression(expression_of(rows)) == parse_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "region = 'eu' or region = 'us'",
        "not hidden = true",
        "quantity * 2 > 5",
        "lower(region) = 'eu'",
        "quantity > limit",
        "5 < quantity",
        "code = '5'",
        "code = 'true'",
        "name = ' eu'",
        "name in ('a,b', 'c')",
        "hidden",
        "n = --3",
        "name < null",
    ],
)
def test_what_rows_would_say_otherwise_stays_an_expression(text: str) -> None:
    assert conditions_of(text) is None


@pytest.mark.parametrize(
    "row",
    [
        Condition("a b", Comparison.IS, "5"),
        Condition("5", Comparison.IS, "5"),
        Condition("", Comparison.IS, "5"),
        Condition("true", Comparison.IS, "5"),
        Condition("a = 1 or b", Comparison.IS, "5"),
        Condition("a", Comparison.IS, 'it\'s "both"'),
        Condition("a", Comparison.IS, "back\\slash"),
        Condition("a", Comparison.IS, ""),
        Condition("a", Comparison.ONE_OF, " , "),
        Condition("a", Comparison.ABOVE, "x' or 'y"),
    ],
)
def test_a_row_can_never_say_more_than_its_condition(row: Condition) -> None:
    try:
        said = expression_of([row])
    except ExpressionInvalid:
        return
    assert conditions_of(said) == [row]
