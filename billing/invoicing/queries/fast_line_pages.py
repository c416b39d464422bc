"""A page of an invoice's lines, cut by the database: what is read is what is shown.

The faster way of `line_pages.line_page`; tests/billing/test_line_pages.py holds the two together.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import connection

from billing.invoicing.models import Invoice
from billing.invoicing.queries.line_pages import (
    LINES_ON_A_PAGE,
    PlacedLine,
    PlacedLines,
    WantedLines,
    no_such_page,
)

_PLACED: Final = """
    WITH line AS MATERIALIZED (
        SELECT position, group_label,
               min(position) OVER (PARTITION BY group_label) AS group_first,
               sum(amount_minor) OVER (PARTITION BY group_label)::bigint AS group_minor
        FROM invoicing_invoiceline WHERE invoice_id = %(invoice)s),
    placed AS MATERIALIZED (
        SELECT position, group_label, group_first, group_minor,
               row_number() OVER (ORDER BY group_first, position) - 1 AS place
        FROM line),
    counted AS (
        SELECT count(*) AS lines, count(*) FILTER (WHERE position = group_first) AS groups
        FROM line),
    cut AS (
        SELECT CASE
            WHEN %(named)s::bigint IS NULL THEN 0
            WHEN edge.place IS NULL THEN NULL
            WHEN %(way)s = 'line' THEN edge.place - edge.place %% %(size)s
            WHEN %(way)s = 'before' THEN greatest(edge.place - %(size)s, 0)
            ELSE edge.place + 1 END AS start
        FROM (SELECT) AS one LEFT JOIN placed AS edge ON edge.position = %(named)s::bigint)
    SELECT cut.start, counted.lines, counted.groups, placed.position, placed.group_label,
           placed.group_first, placed.group_minor
    FROM cut CROSS JOIN counted
    LEFT JOIN placed ON placed.place >= cut.start AND placed.place < cut.start + %(size)s
    ORDER BY placed.place
"""


def placed_lines(invoice: Invoice, wanted: WantedLines) -> PlacedLines:
    """The lines of a page of an invoice; one query. Raises: UnknownCursor, LineNotFound."""
    way, named = _edge(wanted)
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {
            "invoice": invoice.pk,
            "way": way,
            "named": named,
            "size": LINES_ON_A_PAGE,
        }
        cursor.execute(_PLACED, asked)
        rows = cursor.fetchall()
    start, line_count, group_count = rows[0][:3]
    if start is None:
        raise no_such_page(wanted)
    shown = [PlacedLine(*row[3:]) for row in rows if row[3] is not None]
    return PlacedLines(shown, start, line_count, group_count)


def _edge(wanted: WantedLines) -> tuple[str, int | None]:
    """Where the page lies, and the line that says so; None is the first page."""
    if wanted.line is not None:
        return "line", min(wanted.line, 10**_MOST_DIGITS)
    position = wanted.position
    edge = position.before or position.after
    if not edge:
        return "first", None
    if not edge.isascii() or not edge.isdecimal() or len(edge) > _MOST_DIGITS:
        raise no_such_page(wanted)
    return "before" if position.before else "after", int(edge)


_MOST_DIGITS: Final = 18
