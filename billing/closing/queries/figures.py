"""The figures of a month as a check keeps them: plain JSON, and the digest that is signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from billing.closing.checklist import closing_counts
from billing.closing.months import BooksMonth
from billing.closing.queries.totals import events_of, money_of
from core.canonical_json import digest_of_plain


def counts_of(month: BooksMonth) -> dict[str, int]:
    """Every count of a month as it is now, by code."""
    return {each.code: each.counts(month) for each in closing_counts()}


def figures_of(month: BooksMonth, use: Sequence[int], counts: Mapping[str, int]) -> dict[str, Any]:
    """The totals as they are now, beside use that was compared and counts that were made.

    `use` is how many figures raw events give, and how many of them the roll-ups give alike.
    """
    money = money_of(month)
    return {
        "counted": [["events", *events_of(month)], ["use", *use]],
        "money": {
            each.currency: [
                ["lines", each.rated.minor, each.on_invoices.minor],
                ["invoices", each.invoiced.minor, each.in_ledger.minor],
                ["receivables", each.in_ledger.minor, each.paid_and_open.minor],
            ]
            for each in money
        },
        "counts": dict(counts),
        "facts": {
            each.currency: {
                "invoiced": each.invoiced.minor,
                "tax": each.tax.minor,
                "paid": each.paid.minor,
                "open": each.open.minor,
                "invoices": each.invoice_count,
            }
            for each in money
        },
    }


def digest_of(month: BooksMonth, figures: Mapping[str, Any]) -> str:
    """Of what is signed: totals and counts. What is paid by now may go on moving beside them."""
    signed = {name: figures[name] for name in ("counted", "money", "counts")}
    return digest_of_plain({"month": str(month), **signed})
