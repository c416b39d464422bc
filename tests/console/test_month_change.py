"""An invoice beside the one before it, part by part; the differences add up to the cent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from billing.invoicing.models import Invoice
from billing.invoicing.queries.month_change import MonthChange, PartChange, month_change
from console.invoices.wording.change import TOLD_SINGLY, tell_change
from console.shell.waterfall import waterfall
from core.money import Money
from core.periods import Period
from tests.console.platform import Platform
from tests.console.test_invoice_page import words

APRIL = Period(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))


@pytest.fixture
def may(platform: Platform) -> Invoice:
    """Acme's invoice of May: three dynos all month, late requests of April, no new ones."""
    platform.story.on("2026-05-12T11:30")
    platform.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")
    platform.story.on("2026-06-02").runs_billing()
    return platform.acme.invoice


@pytest.mark.parametrize("by", ["price", "app"])
def test_the_differences_of_the_parts_sum_to_that_of_the_invoices(by: str, may: Invoice) -> None:
    change = month_change(may, by=by)

    assert change is not None
    assert sum(each.delta.minor for each in change.rows) == change.delta.minor != 0


def test_what_is_on_one_of_the_invoices_only_is_called_new_or_ended(
    may: Invoice, support: Client
) -> None:
    page = words(support.get(f"/invoices/{may.number}/").content)

    assert "1–30 Apr 2026 $110.60 Dyno $100.00 before, $150.00 now +$50.00" in page
    assert "Late usage of earlier periods new +$0.40" in page
    assert "1–31 May 2026 $160.40 Difference +$49.80" in page
    assert "1 more came to the same on both." in page
    assert (
        "Before tax, this bill is $49.80 more ($160.40 after $110.60): Dyno $50.00 more, Router "
        "requests $0.60 less and Late usage of earlier periods (new) $0.40 more."
    ) in page


def test_the_difference_is_told_by_app_too(may: Invoice, support: Client) -> None:
    page = words(support.get(f"/invoices/{may.number}/?by=app").content)

    assert "acme-web $100.00 before, $150.00 now +$50.00" in page
    assert "The whole account $10.60 before, $10.00 now −$0.60" in page


def test_a_difference_told_by_something_else_is_refused(may: Invoice, support: Client) -> None:
    assert support.get(f"/invoices/{may.number}/?by=colour").status_code == 422


def test_a_first_invoice_has_nothing_to_be_set_against(platform: Platform) -> None:
    assert month_change(platform.invoice) is None


# The picture


def change_of(*pairs: tuple[int | None, int | None]) -> MonthChange:
    """A change between two bills whose parts came to these cents."""

    def money(minor: int | None) -> Money:
        return Money.from_minor(minor or 0, "USD")

    rows = [
        PartChange(
            name=f"Part {number}",
            before=money(before),
            after=money(now),
            is_new=before is None,
            is_ended=now is None,
        )
        for number, (before, now) in enumerate(pairs)
    ]
    before, after = (sum(each[side] or 0 for each in pairs) for side in (0, 1))
    return MonthChange(
        before=money(before), after=money(after), invoice="CF-1", period=APRIL, rows=rows
    )


PAIR = st.tuples(*[st.none() | st.integers(-(10**7), 10**7)] * 2).filter(lambda pair: any(pair))


@given(st.lists(PAIR, min_size=1, max_size=40))
def test_the_rows_of_the_picture_sum_to_the_difference(
    pairs: list[tuple[int | None, int | None]],
) -> None:
    told = tell_change(change_of(*pairs))

    assert sum(row.delta.minor for row in told.rows) == told.change.delta.minor
    assert len(told.rows) <= TOLD_SINGLY + 1


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_no_bar_of_the_picture_leaves_its_row(before: int, deltas: list[int]) -> None:
    drawn = waterfall(before, deltas)

    for bar in (drawn.first, *drawn.steps, drawn.last):
        assert float(bar.x) >= 0
        assert float(bar.width) > 0
        assert float(bar.x) + float(bar.width) <= 100.1


def test_small_steps_between_large_sums_are_seen_on_an_axis_that_begins_nearer() -> None:
    drawn = waterfall(100_000, [900, -300])

    assert (drawn.left, drawn.right) == (99_800, 100_900)
    assert [bar.kind for bar in drawn.steps] == ["more", "less"]
    assert drawn.steps[0].width == "81.8"


def test_large_steps_are_drawn_from_zero() -> None:
    assert waterfall(1_000, [5_000]).left == 0
