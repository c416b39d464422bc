"""What users of other billing systems complained about, each as a test of what went wrong."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating import DocumentRefused
from tests.rating.documents import AMOUNTS, PERCENTS
from tests.rating.pricing import bill, bill_all, flat, graduated, per_unit, total

DAYS_OF_MAY = st.integers(1, 31).map(lambda day: f"2026-05-{day:02}")


def exact(answer: dict[str, Any]) -> Fraction:
    return sum((Fraction(line["exact_amount"]) for line in answer["lines"]), Fraction(0))


@given(DAYS_OF_MAY)
def test_t1_the_denominator_does_not_depend_on_when_a_subscription_started(start: str) -> None:
    """A day's price was divided by what was left of the period after an upgrade."""
    answer = bill(
        flat("31", proration="day"),
        period={"anchor": "2026-05-01"},
        active={"from": start, "until": "2026-06-01"},
    )
    assert answer["total"] == f"{32 - int(start[-2:])}.00"


@given(AMOUNTS, st.integers(0, 30), PERCENTS)
def test_t10_a_refund_never_returns_more_tax_than_was_charged(
    amount: str, days_left: int, percent: str
) -> None:
    """Tax on a credit note came out above the tax of the invoice."""
    account = {"taxes": [{"percent": percent}]}
    charged = bill(flat(amount), account=account)
    active = {"from": f"2026-06-{30 - days_left + 1:02}", "until": "2026-07-01"}
    partly: dict[str, Any] = {"active": active} if days_left else {}
    refunded = bill(
        flat(f"-{amount}" if Decimal(amount) else "0", proration="day"),
        period={"anchor": "2026-06-01"},
        account=account,
        **partly,
    )
    assert -Fraction(refunded["tax"]) <= Fraction(charged["tax"])
    assert Fraction(refunded["subtotal"]) + Fraction(refunded["tax"]) == Fraction(refunded["total"])


def test_t12_amounts_that_cancel_leave_nothing() -> None:
    """A residue of a float kept an invoice from being finished."""
    answer = bill_all(
        *({"price": per_unit("0.1"), "quantity": "1"} for _ in range(10)), {"price": flat("-1")}
    )
    assert answer["total"] == "0.00"
    assert exact(answer) == 0


def test_t15_a_month_with_a_clock_change_bills_like_any_other() -> None:
    """Accounts opened before and after a clock change got different invoices for the same usage."""
    dyno = per_unit("25", convert={"divide_by": "period_seconds"})
    for month, hours in (("2026-03", 743), ("2026-10", 745), ("2026-07", 744)):
        period = {"anchor": f"{month}-01", "zone": "Europe/Amsterdam"}
        answer = bill(dyno, str(hours * 3600), period=period)
        assert answer["total"] == "25.00"
        assert exact(answer) == 25


def test_t16_fees_and_usage_share_the_boundaries_of_the_local_month() -> None:
    """Usage was cut at midnight UTC, fees at local midnight: a day was billed twice, or never."""
    period = {"anchor": "2026-03-01", "zone": "America/Los_Angeles"}
    march = bill(flat("1"), period=period)["period"]
    april = bill(flat("1"), period=period | {"number": 1})["period"]
    assert march["from"] == "2026-03-01T08:00:00+00:00"
    assert march["until"] == april["from"] == "2026-04-01T07:00:00+00:00"


def test_t17_the_repeated_hour_counts_twice() -> None:
    """The two hours from 2 to 3 on the last Sunday of October were folded into one."""
    answer = bill(
        flat("745", proration="second"),
        period={"anchor": "2026-10-01", "zone": "Europe/Amsterdam"},
        active={"from": "2026-10-25T00:00:00Z", "until": "2026-10-25T02:00:00Z"},
    )
    assert answer["total"] == "2.00"


def test_t20_a_fixed_discount_does_not_grow_with_a_change_of_seats() -> None:
    """Adding seats in mid-month took the fixed discount off once more."""
    seats = per_unit("10", discounts=[{"amount": "15"}])
    before = bill(seats, "5", final=False)
    added = bill(seats, "2", already_billed={"quantity": "5"})
    assert (before["total"], added["total"]) == ("35.00", "20.00")


@given(st.lists(st.integers(0, 900), min_size=1, max_size=31))
def test_t25_the_days_of_a_month_add_up_to_the_month(days: list[int]) -> None:
    """An export by day did not add up to the invoice."""
    price = graduated("1000:0.1", "5000:0.07+3", "inf:0.013", included="250")
    so_far, by_day = 0, Fraction(0)
    for number, used in enumerate(days):
        already = {"already_billed": {"quantity": str(so_far)}} if number else {}
        by_day += exact(bill(price, str(used), **already))
        so_far += used
    assert by_day == exact(bill(price, str(so_far)))


def test_prices_finer_than_a_cent_are_not_rounded_on_the_way() -> None:
    """A price rounded to a day or a cent first, then multiplied: 100.13 for a month of 100."""
    parts = [
        {
            "price": flat("100", proration="day"),
            "active": {"from": f"2026-05-{day:02}", "until": f"2026-05-{day + 1:02}"},
        }
        for day in range(1, 31)
    ]
    answer = bill_all(*parts, period={"anchor": "2026-05-01"})
    assert exact(answer) == Fraction(100) * 30 / 31
    assert total(flat("100"), period={"anchor": "2026-05-01"}) == "100.00"


def test_BL20_a_price_far_finer_than_a_cent_is_not_lost() -> None:
    assert total(per_unit("0.000000000001"), "1000000000000000") == "1000.00"
    assert total(per_unit("0.02925"), "333") == "9.74"


def test_BL22_tax_after_a_discount_was_a_cent_off() -> None:
    answer = bill(
        flat("8500"),
        account={
            "discounts": [{"amount": "7500"}],
            "taxes": [{"name": "VAT", "percent": "19"}],
        },
    )
    assert answer["total"] == "1190.00"


def test_BL27_an_end_before_its_start_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="active"):
        bill(
            flat("30", proration="day"),
            period={"from": "2026-08-01", "until": "2026-09-01"},
            active={"from": "2026-08-15", "until": "2026-08-14"},
        )
