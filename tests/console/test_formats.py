"""Figures read the same on every screen."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from console.shell import formats
from core.money import Money
from core.periods import Period


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("1234.5", "USD", "$1,234.50"),
        ("-20", "USD", "−$20.00"),
        ("0", "EUR", "€0.00"),
        ("0.000031", "USD", "$0.000031"),  # finer than a cent keeps every digit
        ("1200", "JPY", "¥1,200"),
        ("1.5", "KWD", "KWD\u00a01.500"),  # three decimals, no symbol of its own
        ("99999999999.99", "CAD", "CA$99,999,999,999.99"),
    ],
)
def test_an_amount_shows_every_digit_it_has(amount: str, currency: str, expected: str) -> None:
    assert formats.money_text(Money(Decimal(amount), currency)) == expected


@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        ("2678400", "dyno-seconds", "2,678,400\u00a0dyno-seconds"),
        ("1", "builds", "1\u00a0build"),
        ("1", "GB", "1\u00a0GB"),
        ("0.7310", "GB", "0.731\u00a0GB"),
        ("0.5", "dyno-month", "0.5\u00a0dyno-months"),
        ("1", "million requests", "1\u00a0million requests"),
        ("3", "person", "3\u00a0people"),
        ("-3", "builds", "−3\u00a0builds"),
        ("1E+3", "", "1,000"),
    ],
)
def test_a_quantity_has_no_idle_zeros(quantity: str, unit: str, expected: str) -> None:
    assert formats.quantity_text(Decimal(quantity), unit) == expected


@pytest.mark.parametrize(
    ("start", "end", "zone", "expected"),
    [
        ("2026-10-01T00:00", "2026-11-01T00:00", "UTC", "1–31 Oct 2026"),
        ("2026-10-15T00:00", "2026-11-15T00:00", "UTC", "15 Oct – 14 Nov 2026"),
        ("2026-12-15T00:00", "2027-01-15T00:00", "UTC", "15 Dec 2026 – 14 Jan 2027"),
        ("2026-10-05T00:00", "2026-10-06T00:00", "UTC", "5 Oct 2026"),
        # Local midnights on both sides of the end of summer time are whole days in Berlin.
        ("2026-09-30T22:00", "2026-10-31T23:00", "Europe/Berlin", "1–31 Oct 2026"),
        ("2026-10-05T08:00", "2026-10-05T17:30", "UTC", "5 Oct 2026, 08:00–17:30"),
        ("2026-10-05T08:00", "2026-10-06T00:00", "UTC", "5 Oct 2026, 08:00 – 6 Oct 2026, 00:00"),
    ],
)
def test_a_period_is_written_with_its_last_day(
    start: str, end: str, zone: str, expected: str
) -> None:
    assert formats.period_text(Period(at(start), at(end)), zone) == expected


def test_the_exact_span_says_that_the_end_does_not_belong_to_it() -> None:
    october = Period(at("2026-10-01T00:00"), at("2026-11-01T00:00"))

    assert (
        formats.span_text(october) == "from 2026-10-01T00:00:00Z until before 2026-11-01T00:00:00Z"
    )


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("2026-10-12T11:59:30", "just now"),
        ("2026-10-12T11:59:00", "1 minute ago"),
        ("2026-10-12T09:01:00", "2 hours ago"),
        ("2026-10-09T12:00:00", "3 days ago"),
        ("2026-10-12T14:00:00", "in 2 hours"),
    ],
)
def test_an_age_is_one_unit_rounded_down(then: str, expected: str) -> None:
    assert formats.age_text(at(then), at("2026-10-12T12:00:00")) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0\u00a0s"),
        (45, "45\u00a0s"),
        (12_000, "3\u00a0h 20\u00a0min"),
        (2_678_400, "744\u00a0h"),
        (3_601, "1\u00a0h 1\u00a0s"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: int, expected: str) -> None:
    assert formats.duration_text(seconds) == expected


def test_an_instant_is_shown_on_the_clock_of_the_zone() -> None:
    instant = at("2026-10-12T22:30:05")

    assert formats.instant_text(instant) == "12 Oct 2026, 22:30"
    assert formats.instant_text(instant, "Europe/Berlin") == "13 Oct 2026, 00:30"
    assert formats.instant_text(instant, seconds=True) == "12 Oct 2026, 22:30:05"


def test_a_day_has_no_leading_zero() -> None:
    assert formats.date_text(date(2026, 10, 2)) == "2 Oct 2026"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("2500.00 USD on CF-00000002.", "$2,500.00 on CF-00000002."),
        ("-0.50 EUR and 1200 JPY; 3 XYZ stay.", "−€0.50 and ¥1,200; 3 XYZ stay."),
        ("CF-00000012 USD, 1.5 USD.", "CF-00000012 USD, $1.50."),
    ],
)
def test_an_amount_in_a_sentence_for_machines_reads_as_it_does_elsewhere(
    sentence: str, expected: str
) -> None:
    assert formats.sentence_text(sentence) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "At 31 Aug 2025, 17:59:59 UTC none; from 1 Sep 2025, 00:00 UTC on one."),
        ("Europe/Berlin", "At 31 Aug 2025, 19:59:59 none; from 1 Sep 2025, 02:00 on one."),
    ],
)
def test_a_sentence_for_machines_is_read_on_the_clock_of_the_page(zone: str, expected: str) -> None:
    sentence = "At 2025-08-31T17:59:59.5+00:00 none; from 2025-09-01 00:00 UTC on one."

    assert formats.sentence_text(sentence, zone) == expected
