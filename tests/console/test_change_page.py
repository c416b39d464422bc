"""Why the bill changed, on screen: rows that hang on each other and a sentence to send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from billing.invoicing.bill_change.charges import Cause, ChangeKind
from billing.invoicing.bill_change.grouping import BillPart, grouped_parts
from billing.invoicing.bill_change.parts import ChangeEffect, LineOnBill
from billing.invoicing.bill_change.taxes import TaxCause, TaxOnBill
from billing.invoicing.models import BillComparisonWork, Invoice
from billing.invoicing.queries import kept_changes
from billing.invoicing.queries.bill_change import InvoiceChange
from billing.invoicing.queries.kept_changes import TOLD_SINGLY, ChangeSummary, summarised
from billing.invoicing.tasks import work_bill_comparisons
from console.invoices.wording.change import tell_change
from console.shell.formats import money_text
from console.shell.waterfall import waterfall, waterfall_columns
from core.money import Money
from core.periods import Period
from tests.console.platform import Platform
from tests.console.test_invoice_page import words


@pytest.fixture
def may(platform: Platform) -> Invoice:
    """Acme's invoice of May: three dynos all month, late requests of April, no new ones."""
    platform.story.on("2026-05-12T11:30")
    platform.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")
    platform.story.on("2026-06-02").runs_billing()
    return platform.acme.invoice


def test_the_parts_are_said_with_their_causes(may: Invoice, support: Client) -> None:
    page = words(support.get(f"/invoices/{may.number}/").content)

    assert "1–30 Apr 2026 $110.60 More use: Dyno 3 dyno-months after 2 dyno-months" in page
    assert "Late usage of earlier periods +$0.40" in page
    assert "Less use: Router requests" in page
    assert "1–31 May 2026 $160.40 Difference +$49.80" in page
    assert (
        "Your invoice for 1–31 May 2026 is $49.80 higher than the one for 1–30 Apr 2026 ($160.40 "
        "after $110.60), because more use of Dyno on acme-web adds $50.00 and late usage of "
        "earlier periods adds $0.40, while less use of Router requests saves $0.60."
    ) in page


def test_a_part_opens_its_lines_on_both_invoices(
    platform: Platform, may: Invoice, support: Client
) -> None:
    april = platform.acme.invoices[0]
    answer = support.get(f"/invoices/{may.number}/compare/?part=use:Dyno")
    page, html = words(answer.content), answer.content.decode()

    assert "Dyno · standard-2x acme-web $100.00 $150.00 +$50.00" in page
    assert f'href="/invoices/{april.number}/lines/?line=1#line-1"' in html
    assert f'href="/invoices/{may.number}/lines/?line=1#line-1"' in html


def test_the_difference_is_told_by_app_too(may: Invoice, support: Client) -> None:
    page = words(support.get(f"/invoices/{may.number}/compare/?by=app").content)

    assert "More use: acme-web" in page
    assert "Less use: the whole account" in page


def test_every_part_opens(may: Invoice, support: Client) -> None:
    told = support.get(f"/invoices/{may.number}/compare/").context["told"]

    for row in told.rows:
        page = support.get(f"/invoices/{may.number}/compare/", {"part": row.part})
        assert page.context["opened"].delta == row.delta


@pytest.mark.parametrize("query", ["", "?by=app", "?part=use:Dyno", "?by=app&part=use:acme-web"])
def test_a_worker_finds_of_two_long_invoices_what_is_found_of_short_ones(
    query: str, may: Invoice, support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/invoices/{may.number}/compare/{query}"
    told = words(support.get(url).content)
    monkeypatch.setattr(kept_changes, "TOLD_AT_ONCE", 1)

    first = words(support.get(url).content)
    asked = support.post(f"/invoices/{may.number}/compare/ask/", follow=True)
    waiting = support.get(url, headers={"hx-request": "true"})
    work_bill_comparisons()
    done = support.get(url, headers={"hx-request": "true"})

    assert "Not compared yet" in first
    assert "Waiting for a worker" in words(asked.content)
    assert "every 2s" in waiting.content.decode()
    assert done["HX-Refresh"] == "true"
    assert words(support.get(url).content) == told


def test_a_comparison_that_stopped_says_why_and_is_asked_for_again(
    may: Invoice, support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_changes, "TOLD_AT_ONCE", 1)
    url = f"/invoices/{may.number}/compare/"
    support.post(f"{url}ask/")
    BillComparisonWork.objects.update(state="parked", parked_reason="Gave up after 5 attempts.")

    stopped = words(support.get(url).content)
    again = words(support.post(f"{url}ask/", follow=True).content)

    assert "Stopped" in stopped
    assert "Gave up after 5 attempts. Nothing was stored; ask again." in stopped
    assert "Waiting for a worker" in again


def test_a_first_invoice_is_not_compared_by_a_worker_either(
    platform: Platform, support: Client
) -> None:
    assert support.post(f"/invoices/{platform.invoice.number}/compare/ask/").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"), [("by=colour", 422), ("part=nothing", 404), ("part=use:", 404)]
)
def test_what_is_not_there_is_refused(
    query: str, status: int, may: Invoice, support: Client
) -> None:
    assert support.get(f"/invoices/{may.number}/compare/?{query}").status_code == status


def test_a_first_invoice_has_nothing_to_be_set_against(platform: Platform, support: Client) -> None:
    page = words(support.get(f"/invoices/{platform.invoice.number}/compare/").content)

    assert "There is no earlier invoice to set this one against." in page


# The form of the story: September to October


def invoice(first: tuple[int, int], last: tuple[int, int], minor: int) -> Invoice:
    start, end = datetime(*first, 1, tzinfo=UTC), datetime(*last, 1, tzinfo=UTC)
    return Invoice(
        period_from=start, period_until=end, zone="UTC", currency="USD", total_minor=minor
    )


def line(text: str, unit_price: str | None = None) -> LineOnBill:
    price = None if unit_price is None else Decimal(unit_price)
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    return LineOnBill(
        1, "1|a|", "usage", text, "", 0, Decimal(1), "", price, "[]", Period(start, end)
    )


def effect(
    kind: ChangeKind, minor: int, name: str, group: str = "", **sides: object
) -> ChangeEffect:
    return ChangeEffect(Cause(kind, minor), name, group, **sides)  # type: ignore[arg-type]


TAX = TaxOnBill("DE:standard:0.19", "DE", "VAT", Fraction(19, 100), 86800, 16492)
FOLLOWED = TaxCause(Cause(ChangeKind.TAX_BASE, 2762), [TAX], [TAX])
STORY = [
    effect(
        ChangeKind.SWAPPED,
        9603,
        "Postgres",
        "silver-falcon-8795",
        before=[line("Postgres Standard-0")],
        after=[line("Postgres Standard-2")],
    ),
    effect(ChangeKind.USE, 3146, "dyno time", "silver-falcon-8795"),
    effect(ChangeKind.NEW, 1384, "Logging Fixa", "velvet-summit-3879"),
    effect(ChangeKind.USE, 1190, "requests and data"),
    effect(
        ChangeKind.PRICE,
        615,
        "Logging Fixa",
        before=[line("Logging Fixa", "60.00")],
        after=[line("Logging Fixa", "65.00")],
    ),
    effect(ChangeKind.DAYS, 156, "Dyno"),
    effect(ChangeKind.ENDED, -2900, "Search Bonsai", "solar-badger-3187"),
    effect(ChangeKind.CREDIT, 2000, "Credit for a slow month"),
    effect(ChangeKind.DISCOUNT, -659, ""),
    effect(
        ChangeKind.TAX_BASE,
        2762,
        "VAT",
        taxes=TaxCause(Cause(ChangeKind.TAX_BASE, 2762), [TAX], [TAX]),
    ),
]


def change_of(parts: Sequence[BillPart], before: int) -> ChangeSummary:
    after = before + sum(part.minor for part in parts)
    return summarised(
        InvoiceChange(
            before=Money.from_minor(before, "USD"),
            after=Money.from_minor(after, "USD"),
            earlier=invoice((2026, 9), (2026, 10), before),
            invoice=invoice((2026, 10), (2026, 11), after),
            parts=parts,
        )
    )


def test_september_to_october_in_ten_parts_that_sum_to_the_cent() -> None:
    told = tell_change(change_of(grouped_parts(STORY), 85995))

    assert [(row.title, row.note, money_text(row.delta)) for row in told.rows] == [
        (
            "Changed: silver-falcon-8795",
            "Postgres Standard-2 instead of Postgres Standard-0",
            "$96.03",
        ),
        ("More use: dyno time", "on silver-falcon-8795", "$31.46"),
        ("New: Logging Fixa", "on velvet-summit-3879", "$13.84"),
        ("More use: requests and data", "", "$11.90"),
        ("Price change: Logging Fixa", "from $60.00 to $65.00", "$6.15"),
        ("One day more", "31 days against 30, for what is billed by time", "$1.56"),
        ("Ended: Search Bonsai", "on solar-badger-3187", "−$29.00"),
        ("Credit for a slow month", "", "$20.00"),
        ("Discounts", "more to take it of", "−$6.59"),
        ("Tax", "19 %, more to take it of", "$27.62"),
    ]
    assert (told.left, told.right) == ("$800.00", "$1,032.92")
    assert money_text(told.change.after) == "$1,032.92"
    assert told.sentence == (
        "Your invoice for 1–31 Oct 2026 is $172.97 higher than the one for 1–30 Sep 2026 "
        "($1,032.92 after $859.95), because the change of silver-falcon-8795 adds $96.03 and more "
        "use of dyno time on silver-falcon-8795 adds $31.46, while the end of Search Bonsai on "
        "solar-badger-3187 saves $29.00; the rest is what is new, use, price, the length of the "
        "month, credits, discounts and tax."
    )


# The pictures


PARTS = st.lists(
    st.builds(
        lambda kind, number, minor: ChangeEffect(Cause(kind, minor), f"Part {number}"),
        st.sampled_from([ChangeKind.NEW, ChangeKind.USE, ChangeKind.ENDED, ChangeKind.CREDIT]),
        st.integers(0, 40),
        st.integers(-(10**7), 10**7).filter(bool),
    ),
    max_size=40,
).map(grouped_parts)


@given(PARTS, st.integers(0, 10**8))
def test_the_rows_of_the_picture_sum_to_the_difference(parts: list[BillPart], before: int) -> None:
    told = tell_change(change_of(parts, before))

    assert sum(row.delta.minor for row in told.rows) == told.change.delta.minor
    assert len(told.rows) <= TOLD_SINGLY + 1


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_no_bar_of_the_picture_leaves_its_row(before: int, deltas: list[int]) -> None:
    drawn = waterfall(before, deltas)

    for bar in (drawn.first, *drawn.steps, drawn.last):
        assert float(bar.x) >= 0
        assert float(bar.width) > 0
        assert float(bar.x) + float(bar.width) <= 100.1


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.booleans()), min_size=1, max_size=9))
def test_no_column_of_the_picture_leaves_its_plot(steps: list[tuple[int, bool]]) -> None:
    for column in waterfall_columns(steps):
        assert float(column.y) >= 0
        assert float(column.y) + float(column.height) <= 177.1


def test_small_steps_between_large_sums_are_seen_on_an_axis_that_begins_nearer() -> None:
    drawn = waterfall(100_000, [900, -300])

    assert (drawn.left, drawn.right) == (99_800, 100_900)
    assert [bar.kind for bar in drawn.steps] == ["more", "less"]
    assert drawn.steps[0].width == "81.8"


def test_large_steps_are_drawn_from_zero() -> None:
    assert waterfall(1_000, [5_000]).left == 0
