"""Pictures of a price draw what its table says, worked out by the functions that bill."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.queries.price_curve import PriceCurve, price_curve
from billing.catalogue.queries.price_preview import AssumedUse, preview
from console.catalogue.price_pictures import BARS_HEIGHT, CURVE_HEIGHT, change_bars, draw_curve
from console.shell.charts import PLOT_WIDTH
from core.errors import DomainError
from core.money import Money
from core.periods import Period

JUNE = Period(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
OLD = {
    "model": "graduated",
    "unit": "million requests",
    "convert": {"divide_by": "1000000"},
    "tiers": [{"up_to": "5", "unit_price": "0"}, {"unit_price": "0.40"}],
}
NEW: dict[str, Any] = OLD | {
    "tiers": [
        {"up_to": "5", "unit_price": "0"},
        {"up_to": "20", "unit_price": "0.50"},
        {"unit_price": "0.45"},
    ],
}


def curve(
    document: dict[str, Any], quantity: str = "0", before: dict[str, Any] | None = None, **more: str
) -> PriceCurve | None:
    use = AssumedUse(Decimal(quantity), more)
    was = ("version 1", before) if before else None
    return price_curve(document, use, before=was, currency="USD", period=JUNE)


def usd(*amounts: str) -> list[Money]:
    return [Money(Decimal(amount), "USD") for amount in amounts]


def places(points: str) -> list[tuple[Decimal, Decimal]]:
    found = [point.split(",") for point in points.split()]
    return [(Decimal(x), Decimal(y)) for x, y in found]


def test_the_curve_has_a_point_where_a_tier_ends_and_what_both_versions_cost_there() -> None:
    found = curve(NEW, "26195517", OLD)

    assert found is not None
    rows = {
        each.quantity: (each.before, each.after, each.difference) for each in draw_curve(found).rows
    }
    assert rows[Decimal(5_000_000)] == tuple(usd("0", "0", "0"))
    assert rows[Decimal(20_000_000)] == tuple(usd("6.00", "7.50", "1.50"))
    assert rows[Decimal(26_195_517)] == tuple(usd("8.48", "10.29", "1.81"))


def test_every_point_is_what_the_bill_would_say() -> None:
    found = curve(NEW, "26195517", OLD)

    assert found is not None
    for point in found.points:
        for document, amount in ((NEW, point.after), (OLD, point.before)):
            use = AssumedUse(point.quantity)
            assert preview(document, use, currency="USD", period=JUNE).total == amount


def test_included_units_and_the_length_of_the_period_move_the_bounds() -> None:
    dyno = {
        "model": "volume",
        "convert": {"divide_by": "period_hours"},
        "included": "1",
        "tiers": [{"up_to": "2", "unit_price": "10"}, {"unit_price": "5"}],
    }
    found = curve(dyno)

    assert found is not None
    bounds = [int(each.quantity) for each in found.points if each.is_bound]
    assert bounds[:3] == [0, 720, 3 * 720]  # June has 720 hours


def test_a_step_is_drawn_as_a_step() -> None:
    found = curve({"model": "stairstep", "tiers": [{"up_to": "10", "price": "5"}, {"price": "50"}]})

    assert found is not None
    at = [each.quantity for each in found.points].index(Decimal(10))
    here, beyond = found.points[at : at + 2]
    assert (here.after, beyond.after) == tuple(usd("5", "50"))
    assert beyond.quantity - here.quantity <= found.points[-1].quantity / 500


def test_a_fee_has_no_curve() -> None:
    assert curve({"model": "flat", "amount": "5"}) is None


def test_a_price_of_before_that_looks_at_other_dimensions_is_left_out() -> None:
    matrix = {
        "model": "matrix",
        "dimensions": ["region"],
        "cells": [{"match": {"region": "eu"}, "unit_price": "1"}],
    }

    found = curve({"model": "per_unit", "unit_price": "1"}, "10", matrix)

    assert found is not None
    picture = draw_curve(found)
    assert (picture.earlier, picture.other, picture.band) == ("", "", "")
    with pytest.raises(DomainError):
        curve(matrix, "10")


def test_charges_are_ticks_and_those_beyond_are_counted() -> None:
    found = curve(NEW, "26195517", OLD)
    assert found is not None

    picture = draw_curve(found, [Decimal(1), Decimal(10**7), Decimal(10**9)])

    assert (picture.charge_count, len(picture.ticks), picture.beyond) == (3, 2, 1)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(
    st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=3),
    st.decimals(0, 10**9, places=3),
    st.decimals(-5, 5, places=3),
)
def test_no_point_of_a_curve_leaves_the_plot(
    prices: list[Decimal], tried: Decimal, was: Decimal
) -> None:
    tiers = [
        {"up_to": str(10**number), "unit_price": str(price)}
        for number, price in enumerate(prices[:-1], start=1)
    ]
    document = {"model": "volume", "tiers": [*tiers, {"unit_price": str(prices[-1])}]}

    found = curve(document, str(tried), {"model": "per_unit", "unit_price": str(was)})

    assert found is not None
    picture = draw_curve(found, [tried])
    placed = places(picture.line) + places(picture.other)
    assert all(0 <= x <= PLOT_WIDTH and 0 <= y <= CURVE_HEIGHT for x, y in placed)
    assert [x for x, _ in places(picture.line)] == sorted(x for x, _ in places(picture.line))
    assert 0 <= Decimal(picture.tried_x) <= PLOT_WIDTH
    assert picture.guides[0].at == "100%"
    assert picture.guides[-1].at == "0%"


# Who pays what more


def test_accounts_are_counted_by_what_they_pay_more_or_less() -> None:
    bars = change_bars(usd("0", "0", "0.01", "4.00", "4.01", "15.99", "-3"))

    assert [(bar.label, bar.account_count) for bar in bars] == [
        ("−$0.00–$5.00", 1),
        ("same", 2),
        ("+$0.00–$5.00", 3),
        ("+$5.00–$10.00", 0),
        ("+$10.00–$15.00", 0),
        ("+$15.00–$20.00", 1),
    ]
    assert bars[2].together == usd("8.02")[0]


def test_nobody_has_no_bars_and_no_change_has_one() -> None:
    assert change_bars([]) == []
    assert [(bar.label, bar.account_count) for bar in change_bars(usd("0", "0"))] == [("same", 2)]


@given(st.lists(st.decimals(-(10**6), 10**6, places=2).map(lambda d: Money(d, "USD")), min_size=1))
def test_the_bars_hold_every_account_once_and_sum_to_the_difference(deltas: list[Money]) -> None:
    bars = change_bars(deltas)

    assert sum(bar.account_count for bar in bars) == len(deltas)
    assert sum((bar.together for bar in bars), Money.zero("USD")) == sum(deltas, Money.zero("USD"))
    assert len(bars) <= 10
    for bar in bars:
        assert Decimal(bar.y) + Decimal(bar.height) == BARS_HEIGHT
        assert bool(bar.account_count) == (Decimal(bar.height) > 0)
