"""A stored comparison in words, for a terminal, and as JSON, for a program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.db.models.functions import Abs

from billing.parallel_run.models import ParallelRun, ParallelRunRow, ParallelRunSku
from billing.parallel_run.reasons import DifferenceReason
from core.decimals import decimal_text

SKUS_SHOWN = 15
FIELDS = (
    "run",
    "file",
    "file_sha256",
    "bill_run",
    "rows",
    "billed",
    "quarantined",
    "skus",
    "matched",
    "explained",
    "unexplained",
    "unexplained_by",
    "currency",
    "expected_total",
    "our_total",
    "difference",
    "differences",
    "currencies",
    "not_compared",
    "invoices",
)
"""The summary's fields in the order they are printed."""
_FIGURES = frozenset(["rows", "expected", "ours", "difference", "total", "ours − expected"])


def report(run: ParallelRun, *, in_full: bool) -> Iterator[str]:
    """Lines of text: totals, reasons, invoices, the SKUs that differ most; every row `in_full`."""
    summary = run.summary
    yield f"{run.file_name}, compared {run.ran_at:%Y-%m-%d %H:%M} UTC as {run.public_id}"
    yield (
        f"{summary['rows']:,} rows: {summary['billed']:,} billed, "
        f"{summary['quarantined']:,} quarantined, {summary['matched']:,} without a difference"
    )
    for currency, amounts in summary["currencies"].items():
        yield (
            f"{currency}: expected {amounts['expected_total']}, ours {amounts['our_total']}, "
            f"difference {amounts['difference']}"
        )
    if summary["not_compared"]:
        yield from _section(
            "Rows that could not be compared",
            ("why", "column", "rows", "for example"),
            [_not_compared(each) for each in summary["not_compared"]],
        )
    yield from _section("Why they differ", ("reason", "rows", "ours − expected"), _reasons(summary))
    yield from _section(
        "Invoices",
        ("account", "month", "state", "total"),
        [
            (each["account"], each["month"], each["state"], f"{each['total']} {each['currency']}")
            for each in summary["invoices"]
        ],
    )
    skus = _skus(run, limit=None if in_full else SKUS_SHOWN)
    yield from _section(
        "SKUs" if in_full else f"SKUs that differ most (at most {SKUS_SHOWN}; all with --all)",
        ("sku", "list price", "rows", "expected", "ours", "difference", "why"),
        [_sku(each) for each in skus],
    )
    if in_full:
        yield ""
        yield "Rows: number, SKU, expected, ours, why they differ"
        yield from map(_row, run.rows.order_by("row_number").iterator())
    yield ""
    yield run.verdict


def as_json(run: ParallelRun) -> str:
    """The summary as JSON text, the same whenever it is printed."""
    ordered = {field: _sorted(run.summary[field]) for field in FIELDS}
    return json.dumps(ordered, indent=2, ensure_ascii=False)


def _sorted(value: Any) -> Any:
    """Inner objects by key: the database gives them back in an order of its own."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _reasons(summary: dict[str, object]) -> Iterator[Sequence[str]]:
    explained, unexplained = summary["explained"], summary["unexplained_by"]
    amounts = summary["differences"]
    assert isinstance(explained, dict)
    assert isinstance(unexplained, dict)
    assert isinstance(amounts, dict)
    for reason, count in (explained | unexplained).items():
        yield DifferenceReason(reason).words, f"{count:,}", amounts.get(reason, "0")
    # Its rows are counted under reasons of their own.
    for reason in amounts.keys() - explained.keys() - unexplained.keys():
        yield DifferenceReason(reason).words, "0", amounts[reason]


def _not_compared(each: dict[str, Any]) -> Sequence[str]:
    example = f"row {each['row']:,}: {each['detail']}"
    return (
        DifferenceReason(each["reason"]).words,
        each["column"] or "—",
        f"{each['rows']:,}",
        example,
    )


def _skus(run: ParallelRun, *, limit: int | None) -> Iterable[ParallelRunSku]:
    difference = Abs(F("our_amount") - F("expected_amount"))
    skus = run.skus.exclude(differences={}) if limit else run.skus.all()
    return skus.order_by(difference.desc(), "sku", "pk")[:limit]


def _sku(sku: ParallelRunSku) -> Sequence[str]:
    return (
        sku.sku,
        sku.list_price,
        f"{sku.row_count:,}",
        decimal_text(sku.expected_amount),
        decimal_text(sku.our_amount),
        decimal_text(sku.our_amount - sku.expected_amount),
        ", ".join(DifferenceReason(reason).words for reason in sku.differences),
    )


def _row(row: ParallelRunRow) -> str:
    reason = DifferenceReason(row.difference_reason).words if row.difference_reason else "equal"
    amounts = (_amount(row.expected_amount), _amount(row.our_amount))
    return "  ".join(["", str(row.row_number), row.sku, *amounts, reason])


def _amount(amount: Decimal | None) -> str:
    return "—" if amount is None else decimal_text(amount)


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table with its columns aligned; figures to the right."""
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    yield ""
    yield title
    for row in table:
        cells = [
            cell.rjust(width) if name in _FIGURES else cell.ljust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ]
        yield f"  {'  '.join(cells)}".rstrip()
