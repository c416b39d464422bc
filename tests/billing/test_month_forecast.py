"""What a month will come to: the middle of the last days, with a band, or what bills go on to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.invoicing.queries.expected import expected_after
from billing.invoicing.queries.month_forecast import month_forecast
from billing.invoicing.queries.month_to_date import DayAmount
from core.money import Money


def days(over: Sequence[int], to_come: Sequence[int]) -> list[DayAmount]:
    first = date(2026, 10, 1)
    return [
        DayAmount(
            first + timedelta(days=index),
            Money.from_minor(minor, "USD"),
            is_open=index >= len(over),
        )
        for index, minor in enumerate([*over, *to_come])
    ]


def test_each_day_to_come_is_the_middle_of_the_last() -> None:
    found = month_forecast(days([100, 300, 200], [0, 0]), None)

    assert found is not None
    assert (found.amount.minor, found.low.minor, found.high.minor) == (1000, 900, 1100)
    assert found.days_read == 3


def test_a_day_to_come_is_no_less_than_its_fee() -> None:
    found = month_forecast(days([100, 100, 100], [500, 0]), None)

    assert found is not None
    assert found.amount.minor == 900
    assert not found.has_band


def test_only_the_last_fortnight_says_what_a_day_is() -> None:
    found = month_forecast(days([9000, *[10] * 14], [0]), None)

    assert found is not None
    assert found.amount.minor == 9000 + 150
    assert found.days_read == 14


def test_at_the_beginning_the_last_invoices_say_it() -> None:
    found = month_forecast(days([100], [0] * 29), expected_after([1000, 1100, 1200]))

    assert found is not None
    assert (found.amount.minor, found.days_read, found.has_band) == (1300, 0, False)
    assert month_forecast(days([100], [0] * 29), None) is None


def test_a_month_that_is_over_is_what_it_came_to() -> None:
    found = month_forecast(days([1, 2, 3], []), None)

    assert found is not None
    assert found.amount.minor == found.low.minor == found.high.minor == 6


@given(
    st.lists(st.integers(-1000, 10**6), min_size=3, max_size=31),
    st.lists(st.integers(0, 10**4), max_size=28),
)
def test_the_forecast_lies_in_its_band_and_is_no_less_than_what_is_on_it(
    over: list[int], to_come: list[int]
) -> None:
    found = month_forecast(days(over, to_come), None)

    assert found is not None
    assert found.low.minor <= found.amount.minor <= found.high.minor
    assert found.low.minor >= sum(over) + sum(to_come)
    assert Fraction(found.days_read) == min(len(over), 14)
