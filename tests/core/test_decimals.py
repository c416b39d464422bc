"""One reader for numbers from outside: plain ASCII decimals, exact, or refused by name."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decimals import DecimalRefused, decimal_text, read_decimal


def read(text: object, max_digits: int = 12, scale: int = 4) -> Decimal:
    return read_decimal(text, max_digits=max_digits, scale=scale, field="quantity")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.000", "0"),
        ("12.50", "12.5"),
        ("-3.0001", "-3.0001"),
        ("007", "7"),
        ("0.5", "0.5"),
        ("12345678.1234", "12345678.1234"),
        ("1.00000000000", "1"),  # zeros after the point carry nothing
        ("-10", "-10"),
    ],
)
def test_plain_decimals_are_read_exactly(text: str, value: str) -> None:
    assert str(read(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        "", " 1", "1 ", "1\n", "+1", "1.", ".5", "1e3", "1E+1000000", "NaN", "Infinity",
        "1_000", "1,000", "0x10", "１２", "١٢", "²", "--1", "1.2.3", "−1", "1\x00", "true",
        1, 1.5, True, None, Decimal(1), ["1"], b"1",
    ],
)  # fmt: skip
def test_everything_else_is_a_format_error(text: object) -> None:
    with pytest.raises(DecimalRefused) as refused:
        read(text)
    assert refused.value.problem == "format"


@pytest.mark.parametrize("text", ["123456789", "-123456789.5", "9" * 5000])
def test_too_large_is_a_range_error(text: str) -> None:
    with pytest.raises(DecimalRefused) as refused:
        read(text)
    assert [error.code for error in refused.value.errors] == ["quantity_range"]
    assert [error.pointer for error in refused.value.errors] == ["/quantity"]


@pytest.mark.parametrize("text", ["1.00001", "0." + "0" * 5000 + "1"])
def test_too_fine_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(DecimalRefused) as refused:
        read(text)
    assert refused.value.problem == "scale"


@given(st.text())
def test_any_text_is_read_exactly_or_refused(text: str) -> None:
    try:
        value = read(text)
    except DecimalRefused:
        return
    assert text.isascii()
    assert value == Decimal(text)


@given(st.decimals(-(10**8) + 1, 10**8 - 1, places=4))
def test_writing_and_reading_are_inverse(value: Decimal) -> None:
    assert read(decimal_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("1.500", "1.5"), ("-0.0", "0"), ("0.0000976", "0.0000976"), ("100", "100")],
)
def test_numbers_are_written_without_exponents_or_noise(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_what_is_not_a_number_is_never_written(value: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        decimal_text(Decimal(value))
