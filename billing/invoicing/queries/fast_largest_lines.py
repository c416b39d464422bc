"""The largest lines of everybody, found by the index of amounts instead of by reading all lines.

What lines sum to is what their documents do. `revenue_report` over the lines decides;
test_the_largest_lines_are_those_of_all_lines in tests/billing/test_revenue.py holds them together.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection

from billing.invoicing.queries.revenue_sql import BY_DOCUMENT, ISSUED_LINES, TAKEN_BACK_LINES

LineFound = tuple[str, str, str, int]

_OF_TOTAL: Final = "AND invoice.currency = total.currency"
_ISSUED: Final = ISSUED_LINES.format(of_invoice=_OF_TOTAL, of_price="")
# Both ends of the index: a large credit moves as much as a large charge.
_LARGEST: Final = f"""
    WITH total AS (SELECT currency, sum(minor)::bigint AS minor
                   FROM ({BY_DOCUMENT}) AS moved GROUP BY currency)
    SELECT found.line, found.text, total.currency, found.minor, total.minor
    FROM total LEFT JOIN LATERAL (
        SELECT line, text, minor FROM (
            (SELECT * FROM ({_ISSUED} ORDER BY line.amount_minor DESC, line.id DESC
                            LIMIT %(most)s) AS charged)
            UNION
            (SELECT * FROM ({_ISSUED} ORDER BY line.amount_minor, line.id
                            LIMIT %(most)s) AS given)
            UNION ALL
            (SELECT * FROM ({TAKEN_BACK_LINES.format(of_invoice=_OF_TOTAL, of_price="")}) AS back)
        ) AS either
        ORDER BY abs(minor) DESC, text, line LIMIT %(most)s
    ) AS found ON true
    ORDER BY total.currency, abs(found.minor) DESC, found.text, found.line
"""  # noqa: S608  statements of this house


def largest_lines(
    asked: Mapping[str, Any], *, in_currency: bool, most: int
) -> tuple[Sequence[LineFound], Sequence[tuple[str, int]]]:
    """The `most` lines of each currency that moved most, and what all come to; one query.

    `asked` are the parameters of a `RevenueScope` that is narrowed by no more than a currency.
    """
    narrowed = "AND invoice.currency = %(currency)s" if in_currency else ""
    with connection.cursor() as cursor:
        cursor.execute(_LARGEST.replace("{of_invoice}", narrowed), {**asked, "most": most})
        found = cursor.fetchall()
    sums = {currency: minor for _, _, currency, _, minor in found}
    rows = [tuple(each[:4]) for each in found if each[0] is not None]
    return rows, sorted(sums.items())
