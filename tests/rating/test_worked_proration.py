"""Worked cases of areas D, H and I: shares of a period, the platform's facts, dates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from billing.rating.exact import rounded_decimal
from tests.rating.pricing import JUNE, bill, bill_all, flat, per_unit, total


def span(start: str, end: str) -> dict[str, str]:
    return {"from": start, "until": end}


def month(anchor: str, number: int = 0, months: int = 1) -> dict[str, Any]:
    return {"anchor": anchor, "number": number, "months": months}


@pytest.mark.parametrize(
    ("fee", "period", "active", "expected"),
    [
        pytest.param(
            "24.95", month("2021-08-25"), span("2021-09-16", "2021-09-25"), "7.24", id="wD1"
        ),
        pytest.param(
            "24.95", month("2021-08-25"), span("2021-09-17", "2021-09-25"), "6.44", id="wD2"
        ),
        pytest.param(
            "24.95", month("2021-09-25"), span("2021-09-30", "2021-10-25"), "20.79", id="wD4"
        ),
        pytest.param(
            "17.95", month("2021-09-20"), span("2021-09-30", "2021-10-20"), "11.97", id="wD5"
        ),
        pytest.param(
            "10", month("2026-07-01"), span("2026-07-10", "2026-08-01"), "7.10", id="wD10"
        ),
        pytest.param(
            "1188",
            span("2024-01-01", "2025-01-01"),
            span("2024-05-03", "2025-01-01"),
            "788.75",
            id="wD13",
        ),
        pytest.param(
            "910.00",
            month("2026-04-01", months=3),
            span("2026-05-20", "2026-06-21"),
            "320.00",
            id="wD14",
        ),
        pytest.param("5.00", JUNE, span("2026-06-01", "2026-07-01"), "5.00", id="whole"),
    ],
)
def test_a_fee_for_part_of_a_period(
    fee: str, period: dict[str, Any], active: dict[str, str], expected: str
) -> None:
    assert total(flat(fee, proration="day"), period=period, active=active) == expected


def test_wD1_the_denominator_is_printed() -> None:
    answer = bill(
        flat("24.95", proration="day"),
        period=month("2021-08-25"),
        active=span("2021-09-16", "2021-09-25"),
    )
    (line,) = answer["lines"]
    proration = line["explanation"][1]
    assert (proration["part"], proration["whole"]) == ("9", "31")
    assert Fraction(line["exact_amount"]) == Fraction("24.95") * 9 / 31


@pytest.mark.parametrize(
    ("start", "end", "by_day", "by_thirty"),
    [
        pytest.param("2023-05-23", "2023-06-15", "0.741935484", "0.733333333", id="May"),
        pytest.param("2023-06-23", "2023-07-15", "0.733333333", "0.733333333", id="June"),
        pytest.param("2023-02-23", "2023-03-15", "0.714285714", "0.733333333", id="February"),
        pytest.param("2024-02-23", "2024-03-15", "0.724137931", "0.733333333", id="leap-February"),
    ],
)
def test_wD6_wD7_the_share_depends_on_how_days_are_counted(
    start: str, end: str, by_day: str, by_thirty: str
) -> None:
    for proration, expected in (("day", by_day), ("thirty_day_month", by_thirty)):
        answer = bill(
            flat("1", proration=proration),
            currency={"code": "share", "decimals": 8},
            period=month(start),
            active=span(start, end),
        )
        exact = Fraction(answer["lines"][0]["exact_amount"])
        assert str(rounded_decimal(exact, 9)) == expected


def test_wD8_each_plan_is_billed_for_its_days() -> None:
    answer = bill_all(
        {"price": flat("100", proration="day"), "active": span("2026-01-01", "2026-01-15")},
        {"price": flat("200", proration="day"), "active": span("2026-01-15", "2026-02-01")},
        period=month("2026-01-01"),
    )
    assert [line["amount"] for line in answer["lines"]] == ["45.16", "109.68"]


def test_wD11_tax_is_on_the_rounded_share() -> None:
    answer = bill(
        flat("50", proration="day"),
        period=month("2023-01-01"),
        active=span("2023-01-08", "2023-02-01"),
        account={"taxes": [{"percent": "20"}]},
    )
    assert (answer["subtotal"], answer["tax"], answer["total"]) == ("38.71", "7.74", "46.45")


@pytest.mark.parametrize(
    ("old", "new", "period", "left", "expected"),
    [
        pytest.param(
            "10", "20", JUNE, span("2026-06-16", "2026-07-01"), ("-5.00", "10.00"), id="wD16"
        ),
        pytest.param(
            "20", "50", JUNE, span("2026-06-16", "2026-07-01"), ("-10.00", "25.00"), id="wD17"
        ),
        pytest.param(
            "300",
            "150",
            span("2025-01-01", "2025-04-01"),
            span("2025-02-15", "2025-04-01"),
            ("-150.00", "75.00"),
            id="wD19",
        ),
        pytest.param(
            "600",
            "1200",
            month("2026-01-01", months=12),
            span("2026-04-11", "2027-01-01"),
            ("-435.62", "871.23"),
            id="wD20-wD28",
        ),
    ],
)
def test_a_change_of_plan_credits_the_old_and_bills_the_new(
    old: str,
    new: str,
    period: dict[str, Any],
    left: dict[str, str],
    expected: tuple[str, str],
) -> None:
    answer = bill_all(
        {"key": "unused", "price": flat(f"-{old}", proration="day"), "active": left},
        {"key": "new", "price": flat(new, proration="day"), "active": left},
        period=period,
    )
    assert tuple(line["amount"] for line in answer["lines"]) == expected


@pytest.mark.parametrize(
    ("old", "left_of_old", "new", "start", "expected"),
    [
        pytest.param("249.95", "239.95", "9.95", "2012-05-02", ["-239.95", "9.63"], id="wD22"),
        pytest.param("599.95", "599.95", "9.95", "2012-05-07", ["-483.83", "8.02"], id="wD23"),
    ],
)
def test_a_credit_for_unused_time_is_never_more_than_is_left(
    old: str, left_of_old: str, new: str, start: str, expected: list[str]
) -> None:
    rest = span(start, "2012-06-01")
    repair = flat(f"-{old}", proration="day", maximum=left_of_old)
    answer = bill_all(
        {"key": "repair", "price": repair, "active": rest},
        {"key": "new", "price": flat(new, proration="day"), "active": rest},
        period=month("2012-05-01"),
    )
    by_charge: dict[str, Fraction] = {}
    for line in answer["lines"]:
        so_far = by_charge.get(line["charge"], Fraction(0))
        by_charge[line["charge"]] = so_far + Fraction(line["amount"])
    assert [by_charge["repair"], by_charge["new"]] == [Fraction(amount) for amount in expected]


def test_wD25_a_credit_pays_what_is_due() -> None:
    credits = [{"name": "repair", "amount": "475.81"}]
    answer = bill(flat("29.95"), account={"credits": credits})
    assert (answer["subtotal"], answer["credits"], answer["total"]) == ("29.95", "29.95", "0.00")


def test_wD26_a_dearer_plan_on_the_same_day_costs_the_difference() -> None:
    answer = bill_all({"price": flat("-500")}, {"price": flat("1000")})
    assert answer["total"] == "500.00"


DYNO_MONTH = {"unit": "dyno-month", "convert": {"divide_by": "period_seconds"}}


def dyno(monthly: str) -> dict[str, Any]:
    return per_unit(monthly, **DYNO_MONTH)


SIZES = {
    "basic": "0.28",
    "standard-1x": "1",
    "standard-2x": "2",
    "performance-m": "8",
    "performance-l": "16",
}


DYNO_UNITS = {
    "model": "matrix",
    "dimensions": {"size": list(SIZES)},
    "cells": [{"match": {"size": size}, "unit_price": weight} for size, weight in SIZES.items()],
    **DYNO_MONTH,
}


@pytest.mark.parametrize(("size", "weight"), SIZES.items())
def test_wH3_a_month_of_a_size_is_its_weight_in_dyno_units(size: str, weight: str) -> None:
    currency = {"code": "dyno-units", "decimals": 2}
    for month_of in ("2026-02", "2026-06", "2026-07"):
        period = month(f"{month_of}-01")
        seconds = bill(flat("0"), period=period)["period"]["seconds"]
        groups = [{"dimensions": {"size": size}, "quantity": seconds}]
        (line,) = bill(DYNO_UNITS, currency=currency, period=period, groups=groups)["lines"]
        assert line["exact_amount"] == weight


def test_wH4_dyno_units_weigh_the_sizes() -> None:
    month_of = 2_592_000
    groups = [
        {"dimensions": {"size": "performance-m"}, "quantity": str(10 * month_of)},
        {"dimensions": {"size": "standard-2x"}, "quantity": str(4 * month_of)},
        {"dimensions": {"size": "basic"}, "quantity": str(6 * month_of)},
    ]
    currency = {"code": "dyno-units", "decimals": 2}
    answer = bill(DYNO_UNITS, currency=currency, period=JUNE, groups=groups)
    assert [line["amount"] for line in answer["lines"]] == ["80.00", "8.00", "1.68"]
    assert answer["total"] == "89.68"


@pytest.mark.parametrize(
    ("monthly", "seconds", "exact", "amount"),
    [
        pytest.param("7", "7200", "7/360", "0.02", id="wH5"),
        pytest.param("7", "86400", "7/30", "0.23", id="wH7-30-days"),
        pytest.param("500", "100", "25/1296", "0.02", id="wH8"),
        pytest.param("7", "3600", "7/720", "0.01", id="wH10-basic"),
        pytest.param("500", "3600", "25/36", "0.69", id="wH10-performance-l"),
        pytest.param("25", "2592000", "25", "25.00", id="whole-month"),
    ],
)
def test_a_dyno_costs_its_seconds_of_the_month(
    monthly: str, seconds: str, exact: str, amount: str
) -> None:
    (line,) = bill(dyno(monthly), seconds, period=JUNE)["lines"]
    assert (line["exact_amount"], line["amount"]) == (exact, amount)


@pytest.mark.parametrize("month_of", ["2026-02", "2026-06", "2026-07", "2028-02"])
@pytest.mark.parametrize(
    "monthly",
    [
        *("7", "25", "50", "250", "500", "750", "1500"),  # wH1
        *("125", "150", "300", "600", "900", "1800"),  # wH2
    ],
)
def test_a_whole_month_never_costs_more_than_the_monthly_price(monthly: str, month_of: str) -> None:
    period = month(f"{month_of}-01")
    seconds = bill(flat("0"), period=period)["period"]["seconds"]
    assert total(dyno(monthly), seconds, period=period) == f"{monthly}.00"


@pytest.mark.parametrize(
    ("period", "exact"),
    [
        pytest.param(span("2026-07-01", "2026-08-01"), "7/31", id="wH7-31-days"),
        pytest.param(span("2026-02-01", "2026-03-01"), "0.25", id="wH7-28-days"),
    ],
)
def test_a_day_costs_more_in_a_short_month(period: dict[str, str], exact: str) -> None:
    assert bill(dyno("7"), "86400", period=period)["lines"][0]["exact_amount"] == exact


@pytest.mark.parametrize(
    ("months", "amount"),
    [
        ("0.0073211", "0.05"),
        ("0.0306929", "0.21"),
        ("0.0425833", "0.30"),
        ("0.0000976", "0.00"),
    ],
)
def test_wH11_month_fractions_round_once_a_line(months: str, amount: str) -> None:
    (line,) = bill(per_unit("7"), months)["lines"]
    assert (line["quantity"], line["amount"]) == (months, amount)


def test_wH12_the_invoice_adds_up() -> None:
    answer = bill_all(
        {"key": "dynos", "price": flat("21.56")},
        {"key": "add-ons", "price": flat("50.00")},
        account={"taxes": [{"percent": "6"}]},
    )
    assert (answer["subtotal"], answer["tax"], answer["total"]) == ("71.56", "4.29", "75.85")
    assert answer["lines"][-1]["exact_amount"] == "4.2936"


def test_wH13_a_month_fraction_is_printed_plainly() -> None:
    (line,) = bill(dyno("7"), "253", period=JUNE)["lines"]
    assert line["quantity"] == "0.0000976"
    assert line["metered_quantity"] == "253"


def test_wH14_eco_is_a_whole_fee_with_a_pool_of_hours() -> None:
    pool = per_unit("0.005", unit="hour", included="1000", convert={"divide_by": "3600"})
    answer = bill_all(
        {"price": flat("5.00", proration="none"), "active": span("2026-06-20", "2026-07-01")},
        {"price": pool, "quantity": "425"},
        period=JUNE,
    )
    assert answer["total"] == "5.00"
    allowance = answer["lines"][1]["explanation"][1]
    assert Fraction(allowance["left"]) * 3600 == 3_599_575


def test_wH17_each_add_on_plan_is_billed_for_its_seconds() -> None:
    answer = bill_all(
        {"price": flat("50"), "active": span("2026-06-01", "2026-06-11T12:00:00Z")},
        {"price": flat("200"), "active": span("2026-06-11T12:00:00Z", "2026-07-01")},
        period=JUNE,
    )
    assert [line["exact_amount"] for line in answer["lines"]] == ["17.5", "130"]


def test_wI10_phases_follow_one_another() -> None:
    months = [
        total(flat("4.95" if number < 3 else "24.95"), period=month("2021-09-15", number))
        for number in range(4)
    ]
    assert months == ["4.95", "4.95", "4.95", "24.95"]


def test_wI11_a_trial_costs_nothing_and_the_first_month_follows() -> None:
    trial = bill(flat("0"), period=span("2021-09-10", "2021-09-20"))
    first = bill(flat("24.95"), period=month("2021-09-20"))
    assert (trial["total"], first["total"]) == ("0.00", "24.95")
    assert first["period"]["until"] == "2021-10-20T00:00:00+00:00"


def test_BL25_three_days_of_a_month_are_rounded_once() -> None:
    answer = bill(
        flat("9.90", proration="day"),
        period={"from": "2026-01-01", "until": "2026-02-01"},
        active={"from": "2026-01-29", "until": "2026-02-01"},
    )
    (line,) = answer["lines"]
    assert (line["exact_amount"], line["amount"]) == ("297/310", "0.96")
