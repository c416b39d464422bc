"""Revenue in six grains: each sums to what the ledger has on its revenue accounts."""

from __future__ import annotations

import pytest
from django.db.models import Sum

from billing.invoicing.queries.revenue import RevenueGrain, RevenueScope, revenue, revenue_report
from billing.ledger.models import JournalLine
from billing.receivables.operations import corrections
from core.periods import Period
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import Books
from tests.story import Story, instant

ALL = Period(instant("2020-01-01"), instant("2030-01-01"))
EVER = RevenueScope(ALL)


@pytest.fixture
def books(story: Story) -> Books:
    """A rated invoice, one that is partly credited, and one that is void."""
    plan = story.plan("calls", per_unit(requests(story), "0.5"), flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("router.requests", "web", "2026-03-05", quantity="10")
    story.runs_billing()
    found = Books(story.on("2026-06-01"), acme)
    credited = found.invoice({"Dynos": "100.00"})
    found.credits(credited, "Dynos", "40.00")
    corrections.void(invoice=found.invoice({"Mistake": "7.00"}), recorded=found.recorded())
    found.customer = acme
    return found


def booked(period: Period) -> int:
    """What the revenue accounts have, as a positive number, in minor units."""
    lines = JournalLine.objects.filter(
        ledger_account__code__startswith="revenue",
        journal__effective_at__gte=period.start,
        journal__effective_at__lt=period.end,
    )
    return -(lines.aggregate(minor=Sum("amount_minor"))["minor"] or 0)


@pytest.mark.parametrize("grain", RevenueGrain)
def test_every_grain_sums_to_the_ledger(grain: RevenueGrain, books: Books) -> None:
    rows = list(revenue(grain, EVER))

    assert sum(row.amount.minor for row in rows) == booked(ALL) == 8500


def test_a_grain_names_what_its_rows_are_of(books: Books) -> None:
    account = books.customer.account

    def named(grain: RevenueGrain) -> list[tuple[str, str]]:
        return [(row.name, str(row.amount.amount)) for row in revenue(grain, EVER)]

    assert named(RevenueGrain.CUSTOMER) == [(account.name, "85.00")]
    assert named(RevenueGrain.PRODUCT) == [("", "60.00"), ("calls", "25.00")]
    assert sorted(named(RevenueGrain.PRICE)) == [
        ("", "60.00"),
        ("Platform fee", "20.00"),
        ("requests", "5.00"),
    ]


def test_only_what_was_issued_in_the_time_counts(books: Books) -> None:
    april = Period(instant("2026-04-01"), instant("2026-05-01"))

    (row,) = revenue(RevenueGrain.SUMMARY, RevenueScope(april))
    assert row.amount.minor == booked(april) == 2500


@pytest.mark.parametrize("grain", RevenueGrain)
def test_the_largest_rows_are_shown_beside_the_sum_of_all(
    grain: RevenueGrain, books: Books
) -> None:
    every = list(revenue(grain, EVER))

    found = revenue_report(grain, EVER, most=2)

    assert len(found.rows) == min(len(every), 2)
    sizes = sorted((abs(row.amount.minor) for row in every), reverse=True)
    assert [abs(row.amount.minor) for row in found.rows] == sizes[:2]
    (total,) = found.totals
    # Nobody counts the lines of everybody.
    count = None if grain is RevenueGrain.LINE else len(every)
    assert (total.count, total.amount.minor) == (count, booked(ALL))


@pytest.mark.parametrize("grain", RevenueGrain)
def test_a_part_sums_to_the_same_in_every_grain(grain: RevenueGrain, books: Books) -> None:
    """The calls of April are 25.00, of which the fee is 20.00; the credited invoice left 60.00."""
    (fee,) = (row for row in revenue(RevenueGrain.PRICE, EVER) if row.name == "Platform fee")
    credited = next(row for row in revenue(RevenueGrain.INVOICE, EVER) if row.amount.minor == 6000)
    acme = books.customer.account
    parts = {
        2500: RevenueScope(ALL, product="calls"),
        2000: RevenueScope(ALL, price=fee.id),
        6000: RevenueScope(ALL, invoice=credited.id),
        8500: RevenueScope(ALL, customer=acme, currency=acme.currency),
        0: RevenueScope(ALL, currency="JPY"),
    }

    sums = {
        sum(row.amount.minor for row in revenue(grain, scope)): minor
        for minor, scope in parts.items()
    }

    assert sums == {minor: minor for minor in parts}


def test_a_line_names_its_place_and_a_note_its_number(books: Books) -> None:
    rows = [row.id for row in revenue(RevenueGrain.LINE, EVER)]

    assert sum("/" in place for place in rows) == len(rows) - 1
    assert sum(place.startswith("CN-") for place in rows) == 1


@pytest.mark.parametrize("most", [1, 3, 50])
@pytest.mark.parametrize("currency", ["", "USD", "JPY"])
def test_the_largest_lines_are_those_of_all_lines(books: Books, currency: str, most: int) -> None:
    """Found by the index of amounts, or by reading every line: the same."""
    scope = RevenueScope(ALL, currency=currency)

    found = revenue_report(RevenueGrain.LINE, scope, most=most)

    told = list(revenue(RevenueGrain.LINE, scope))
    largest = sorted(told, key=lambda row: (-abs(row.amount.minor), row.name, row.id))
    assert list(found.rows) == largest[:most]
    assert sum(each.amount.minor for each in found.totals) == sum(row.amount.minor for row in told)
    assert {each.count for each in found.totals} <= {None}
