"""A page of lines cut by the database is the page that is cut from the places of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from billing.invoicing.documents.rows import LINE_COLUMNS, line_rows
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.queries import fast_line_pages, line_pages
from billing.invoicing.queries.invoices import lines_of
from billing.invoicing.queries.line_pages import (
    LineNotFound,
    LinePage,
    LinePlace,
    LineRow,
    WantedLines,
    line_page,
)
from core.db.bulk_rows import copy_text
from core.db.keyset_pages import Position, UnknownCursor
from core.db.transactions import transaction
from core.errors import DomainError
from tests.billing.prices import per_unit
from tests.billing.test_invoice_rows import line
from tests.story import Story

pytestmark = pytest.mark.django_db

LINES = 11
ASKED = [
    WantedLines(Position()),
    *(WantedLines(Position(), line=position) for position in range(LINES + 2)),
    *(WantedLines(Position(after=str(position))) for position in range(LINES + 2)),
    *(WantedLines(Position(before=str(position))) for position in range(LINES + 2)),
    WantedLines(Position(after="first")),
    WantedLines(Position(), line=10**30),
]


@pytest.fixture(autouse=True)
def three_lines_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (line_pages, fast_line_pages):
        monkeypatch.setattr(module, "LINES_ON_A_PAGE", 3)


@pytest.fixture
def draft(story: Story) -> Invoice:
    """A draft of one line of its own, which the tests write others in the place of."""
    plan = story.plan("calls", per_unit(story.meter("calls", event_type="calls"), "0.10"))
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-04-01")
    acme.uses("calls", "acme-web", "2026-03-05", quantity="250")
    story.runs_billing(issues=False)
    return Invoice.objects.get()


def written(draft: Invoice, labels: Sequence[str]) -> list[LinePlace]:
    """Lines printed under these apps, in the order of their positions."""
    one = draft.lines.get()
    draft.lines.all().delete()
    drawn = [
        line(
            key=f"{at}|calls|",
            group_label=label,
            amount_minor=100 + at,
            price_id=one.price_id,
            subscription_id=one.subscription_id,
            explanation=one.explanation,
        )
        for at, label in enumerate(labels)
    ]
    with transaction():
        copy_text(InvoiceLine, LINE_COLUMNS, [line_rows(draft.pk, drawn).text])
    found = draft.lines.order_by("position")
    return [LinePlace(*row) for row in found.values_list("position", "group_label", "amount_minor")]


def positions(page: LinePage) -> object:
    shown = [
        (group.label, [each.position for each in group.lines], group.subtotal, group.is_continued)
        for group in page.groups
    ]
    return shown, page.line_count, page.group_count, page.first, page.last, page.newer, page.older


def cut(draft: Invoice, places: Sequence[LinePlace], wanted: WantedLines) -> object:
    """The page by the plain way, or what is wrong with it."""
    rows = {row.position: row for row in draft.lines.select_related("resource")}

    def read(some: Sequence[int]) -> dict[int, LineRow]:
        return {position: rows[position] for position in some}  # type: ignore[misc]  # a position is all that is read

    try:
        return positions(line_page(places, read, currency=draft.currency, wanted=wanted))
    except DomainError as problem:
        return type(problem), problem.message


def cut_by_the_database(draft: Invoice, wanted: WantedLines) -> object:
    try:
        return positions(lines_of(draft, wanted))
    except (LineNotFound, UnknownCursor) as problem:
        return type(problem), problem.message


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_cut_the_same_pages(seed: int, draft: Invoice) -> None:
    drawn = Random(seed)
    places = written(draft, [drawn.choice(["", "api", "shop", "web"]) for _ in range(LINES)])

    for wanted in ASKED:
        assert cut_by_the_database(draft, wanted) == cut(draft, places, wanted), wanted
