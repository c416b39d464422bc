"""Plan the papers of what was issued: a row for each file that is to be made.

Found from the numbers, not from a message: whatever is issued and has no paper is planned by the
next call, so nothing is lost with a lost message and nothing is planned twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing.invoicing.models import CreditNote, Invoice, InvoiceVoid, NumberSeries
from billing.invoicing.number_series import CREDIT_NOTE_PREFIX, SERIES_PREFIX
from billing.papers.codes import code_of
from billing.papers.models import Paper, PaperFile, PlannedThrough
from billing.papers.reading import language_of
from core.db.transactions import transaction

AT_ONCE = 500
"""Papers planned in one transaction; the next call goes on."""


def plan(*, at: datetime, limit: int = AT_ONCE) -> int:
    """Plan up to `limit` papers each of invoices, notes and voids; returns how many."""
    with transaction():
        marks = _locked_marks()
        papers = [
            *_next_of(Invoice, marks[SERIES_PREFIX], at, limit),
            *_next_of(CreditNote, marks[CREDIT_NOTE_PREFIX], at, limit),
            *_voids(at, limit),
        ]
        written = Paper.objects.bulk_create(papers)
        PaperFile.objects.bulk_create(file for paper in written for file in _files(paper, at))
    return len(papers)


def _locked_marks() -> dict[str, PlannedThrough]:
    """Up to where each series is planned; locked, so that planners follow one another."""
    series = {
        each.prefix: each
        for each in NumberSeries.objects.filter(prefix__in=(SERIES_PREFIX, CREDIT_NOTE_PREFIX))
    }
    PlannedThrough.objects.bulk_create(
        [PlannedThrough(series=each) for each in series.values()], ignore_conflicts=True
    )
    locked = PlannedThrough.objects.select_for_update(of=("self",)).order_by("series_id")
    by_series = {mark.series_id: mark for mark in locked}
    return {prefix: by_series[each.pk] for prefix, each in series.items()}


def _next_of(
    model: type[Invoice] | type[CreditNote], mark: PlannedThrough, at: datetime, limit: int
) -> list[Paper]:
    rows = model._default_manager.filter(series=mark.series_id, sequence__gt=mark.sequence)
    found = list(rows.order_by("sequence")[:limit])
    if not found:
        return []
    mark.sequence = found[-1].sequence or 0
    mark.save(update_fields=["sequence"])
    return [_paper(row, at) for row in found]


def _voids(at: datetime, limit: int) -> list[Paper]:
    rows = InvoiceVoid.objects.filter(paper__isnull=True).select_related("invoice")
    return [_paper(row, at) for row in rows.order_by("pk")[:limit]]


def _paper(row: Invoice | CreditNote | InvoiceVoid, at: datetime) -> Paper:
    if isinstance(row, Invoice):
        code = code_of(row.public_id, row.content_sha256)
        return Paper(kind=Paper.Kind.INVOICE, invoice=row, code=code, planned_at=at)
    if isinstance(row, CreditNote):
        code = code_of(row.public_id, row.content_sha256)
        return Paper(kind=Paper.Kind.CREDIT_NOTE, credit_note=row, code=code, planned_at=at)
    code = code_of(row.public_id, row.invoice.content_sha256)
    return Paper(kind=Paper.Kind.VOID, void=row, code=code, planned_at=at)


def _files(paper: Paper, at: datetime) -> Sequence[PaperFile]:
    """One a format, in the language copied at issue."""
    source = paper.invoice or paper.credit_note
    billed_to = source.billed_to if source else paper.void.invoice.billed_to  # type: ignore[union-attr]  # one of three
    language = language_of(billed_to)
    return [
        PaperFile(paper=paper, format=each.value, language=language, not_before=at)
        for each in PaperFile.Format
    ]
