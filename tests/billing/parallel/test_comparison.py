"""Expected against ours adds up: by row, by SKU, by reason and in all, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.parallel_run.comparison import BilledLine, SkuTally, rounded, total_of
from billing.parallel_run.figures import EXACT, sum_of
from billing.parallel_run.reasons import DifferenceReason

EXPLANATIONS = [
    DifferenceReason.ROUNDING_IN_SOURCE,
    DifferenceReason.NEGOTIATED_PRICE,
    DifferenceReason.COMMITMENT_DISCOUNT,
    DifferenceReason.UNEXPLAINED,
]
HOLDS = [DifferenceReason.CREDIT, DifferenceReason.TAX, DifferenceReason.UNREADABLE_ROW]

amounts = st.decimals(-1000, 1000, places=11, allow_nan=False)
costs = st.decimals(0, 1000, places=15, allow_nan=False)


def tally(*ours: str, expected: str | None = None) -> SkuTally:
    """Rows billed at these amounts, as expected unless another sum is expected of each."""
    found = SkuTally()
    for amount in ours:
        reason = None if expected is None else DifferenceReason.NEGOTIATED_PRICE
        found.add_billed(Decimal(expected or amount), Decimal(amount), reason)
    return found


def line(amount: str, exact: str, usage_count: int = 0) -> BilledLine:
    return BilledLine(Decimal(amount), Decimal(exact), usage_count)


@st.composite
def tallies(draw: st.DrawFn) -> SkuTally:
    """The rows of one SKU and their invoice line, with or without other files' usage on it."""
    found = SkuTally()
    for expected, reason in draw(st.lists(st.tuples(amounts, st.sampled_from(HOLDS)), max_size=3)):
        found.add_held(draw(st.sampled_from([expected, None])), reason)
    billed = draw(st.lists(st.tuples(amounts, costs), max_size=4))
    for expected, ours in billed:
        reason = draw(st.sampled_from(EXPLANATIONS))
        found.add_billed(expected, ours, reason if expected != ours else None)
    if billed:
        beyond = draw(st.sampled_from([Decimal(0), draw(costs), -draw(costs)]))
        exact = EXACT.add(found.exact, beyond)
        others = draw(st.integers(0, 2))
        found.settle(BilledLine(rounded(exact, 2), exact, found.billed_count + others), 2)
    return found


@given(st.lists(tallies(), max_size=5))
def test_every_row_is_counted_once_and_every_difference_has_a_name(found):
    total = total_of(found)
    explained, unexplained = sum(total.explained.values()), sum(total.unexplained.values())
    assert total.rows == total.billed + total.quarantined
    assert total.rows == total.matched + explained + unexplained
    assert total.matched >= 0
    assert sum_of(*total.amounts.values()) == EXACT.subtract(total.ours, total.expected)


@given(st.lists(tallies(), max_size=5))
def test_ours_is_in_whole_cents(found):
    assert all(each.ours == rounded(each.ours, 2) for each in found)


def test_the_line_of_just_these_rows_is_ours():
    found = tally("0.3333", "0.3333")
    found.settle(line("0.67", "0.6666"), 2)
    assert found.ours == Decimal("0.67")
    assert found.amounts == {DifferenceReason.OUR_ROUNDING: Decimal("0.0034")}
    assert found.counts == {DifferenceReason.OUR_ROUNDING: 2}


def test_rounding_is_the_reason_only_of_rows_that_have_no_other():
    found = tally("0.3333", expected="0.2")
    found.add_billed(Decimal("0.3333"), Decimal("0.3333"), None)
    found.settle(line("0.67", "0.6666"), 2)
    assert found.counts == {DifferenceReason.NEGOTIATED_PRICE: 1, DifferenceReason.OUR_ROUNDING: 1}
    assert (
        found.reason_of_row(DifferenceReason.NEGOTIATED_PRICE) == DifferenceReason.NEGOTIATED_PRICE
    )
    assert found.reason_of_row(None) == DifferenceReason.OUR_ROUNDING


def test_of_a_shared_line_ours_is_the_part_of_these_rows():
    found = tally("1.114")
    found.settle(line("3.34", "3.342", usage_count=3), 2)
    assert found.ours == Decimal("1.11")
    assert found.amounts == {DifferenceReason.OUR_ROUNDING: Decimal("-0.004")}


@pytest.mark.parametrize(
    ("invoiced", "why"),
    [
        (line("0", "0"), "there is no line"),
        (line("1", "1", usage_count=1), "a use is not on the line"),
        (line("3", "3", usage_count=2), "the line has more, of no other use"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_that_is_not_what_the_rows_say_fails(invoiced, why):
    found = tally("1", "1")
    found.settle(invoiced, 2)
    assert found.counts == {DifferenceReason.NOT_METERED: 2}
    assert not DifferenceReason.NOT_METERED.is_explanation
    assert found.ours == invoiced.amount


def test_a_parked_account_bills_nothing_and_explains_nothing():
    found = tally("1", "1")
    found.park()
    assert (found.billed_count, found.ours) == (0, 0)
    assert found.amounts == {DifferenceReason.ACCOUNT_PARKED: Decimal(-2)}
    assert total_of([found]).unexplained == {DifferenceReason.ACCOUNT_PARKED: 2}
