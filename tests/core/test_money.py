"""Money is exact, never mixes currencies, and never makes or loses a cent when it is split."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import (
    CurrencyMismatch,
    Money,
    NotFinite,
    NothingToAllocateTo,
    NotWholeMinorUnits,
    UnknownCurrency,
    allocate,
    minor_exponent,
    round_half_up,
    to_minor,
)

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])
MINOR = st.integers(-(10**18), 10**18)
WEIGHTS = st.lists(st.integers(0, 10**9) | st.fractions(0, 1000), min_size=1, max_size=12).filter(
    lambda weights: sum(weights) > 0
)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.mark.parametrize(("currency", "exponent"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_each_currency_has_its_own_minor_unit(currency: str, exponent: int) -> None:
    assert minor_exponent(currency) == exponent


@pytest.mark.parametrize("code", ["usd", "ABC", "", "XAU", "XXX", "US", "USD "])
def test_a_code_nothing_can_be_billed_in_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        minor_exponent(code)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.4999", 0),
        ("0.5", 1),
        ("1.5", 2),
        ("2.5", 3),  # half-even would say 2
        ("-0.4999", 0),
        ("-0.5", -1),  # mirrors +0.5
        ("-2.5", -3),
    ],
)
def test_halves_round_away_from_zero(value: str, expected: int) -> None:
    assert round_half_up(Fraction(value)) == expected


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    )
)
def test_rounding_agrees_with_the_decimal_library(value: Decimal) -> None:
    assert round_half_up(Fraction(value)) == int(value.to_integral_value(ROUND_HALF_UP))


@given(st.fractions())
def test_a_charge_and_its_reversal_round_to_opposites(value: Fraction) -> None:
    assert round_half_up(-value) == -round_half_up(value)


@given(MINOR, CURRENCIES)
def test_minor_units_survive_the_round_trip(minor: int, currency: str) -> None:
    assert Money.from_minor(minor, currency).minor == minor


@given(MINOR, MINOR, CURRENCIES)
def test_sums_and_differences_are_exact(a: int, b: int, currency: str) -> None:
    left, right = Money.from_minor(a, currency), Money.from_minor(b, currency)
    assert (left + right).minor == a + b
    assert (left - right).minor == a - b
    assert left + right - right == left


def test_the_ambient_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=3)):
        assert usd("123456.78") + usd("0.01") == usd("123456.79")
        assert usd("123456.78") * 3 == usd("370370.34")
        assert -usd("123456.78") == usd("-123456.78")


def test_a_sum_that_cannot_be_exact_raises_instead_of_rounding() -> None:
    with pytest.raises(Inexact):
        usd("1e300") + usd("0.01")


def test_an_amount_finer_than_a_cent_has_no_minor_units_until_it_is_rounded() -> None:
    fine = usd("0.116")
    with pytest.raises(NotWholeMinorUnits):
        fine.minor  # noqa: B018  the property is the act under test
    assert fine.rounded() == usd("0.12")


def test_three_decimal_currencies_keep_three_decimals() -> None:
    assert str(Money.from_minor(1234, "KWD")) == "1.234 KWD"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("12.3", "12.30 USD"),
        ("0.12345", "0.12345 USD"),
        ("1E+3", "1000.00 USD"),
        ("-5", "-5.00 USD"),
    ],
)
def test_money_is_written_plainly_and_in_full(amount: str, text: str) -> None:
    assert str(usd(amount)) == text


def test_to_minor_rounds_once_in_the_currency() -> None:
    assert to_minor(Fraction("24.95") * Fraction(9, 31), "USD") == 724
    assert to_minor(Fraction("24.95"), "JPY") == 25


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        usd("1") + Money(Decimal(1), "EUR")
    with pytest.raises(CurrencyMismatch):
        assert usd("1") < Money(Decimal(1), "EUR")


def test_money_does_not_add_to_a_number() -> None:
    with pytest.raises(TypeError):
        usd("1") + 1  # type: ignore[operator]


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_not_money(amount: str) -> None:
    with pytest.raises(NotFinite):
        usd(amount)


@pytest.mark.parametrize("amount", [1.5, "1.5", 1])
def test_money_is_made_of_decimals_only(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [0.5, True, "2"])
def test_money_is_scaled_by_exact_numbers_only(factor: object) -> None:
    with pytest.raises(TypeError):
        usd("1") * factor  # type: ignore[operator]


def test_equal_amounts_are_equal_however_they_are_written() -> None:
    assert usd("1.10") == usd("1.1")
    assert hash(usd("1.10")) == hash(usd("1.1"))
    assert not Money.zero("USD")
    assert abs(usd("-3")) == usd("3")
    assert abs(usd("3")) == usd("3")
    assert str(-Money.zero("USD")) == "0.00 USD"


def test_amounts_of_one_currency_are_ordered() -> None:
    small, large = usd("1"), usd("2")
    assert small < large
    assert small <= large
    assert large > small
    assert large >= small
    assert small <= usd("1.00")
    assert small >= usd("1.00")


@given(MINOR, WEIGHTS)
def test_allocation_loses_no_cent(total: int, weights: list[int | Fraction]) -> None:
    assert sum(allocate(total, weights)) == total


@given(MINOR, WEIGHTS)
def test_no_part_is_a_whole_unit_away_from_its_exact_share(
    total: int, weights: list[int | Fraction]
) -> None:
    whole = sum(map(Fraction, weights))
    for part, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(part - total * Fraction(weight) / whole) < 1


@given(MINOR, WEIGHTS)
def test_a_credit_is_split_like_the_charge_it_reverses(
    total: int, weights: list[int | Fraction]
) -> None:
    assert allocate(-total, weights) == [-part for part in allocate(total, weights)]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # ties go to the earlier
        (100, [0, 1, 2], [0, 33, 67]),
        (5, [3, 3, 3, 1], [2, 2, 1, 0]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_the_largest_remainder_gets_the_odd_cent(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert allocate(total, weights) == parts


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [-1, 3]])
def test_there_must_be_someone_to_allocate_to(weights: list[int]) -> None:
    with pytest.raises(NothingToAllocateTo):
        allocate(100, weights)


def test_money_allocates_itself() -> None:
    assert usd("1.00").allocate([1, 2]) == [usd("0.33"), usd("0.67")]


def test_a_balance_is_what_is_left_after_the_rounded_transaction() -> None:
    """wE10: 14.28444999 taken from 100 is booked as 14.28, so 85.72 is left, not 85.71."""
    booked = usd("14.28444999").rounded()
    assert booked == usd("14.28")
    assert usd("100") - booked == usd("85.72")
