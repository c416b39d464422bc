"""Papers as screens and machines read them: which there are, in which formats, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Prefetch, Q, QuerySet

from billing.invoicing.models import CreditNote, Invoice, InvoiceVoid
from billing.invoicing.number_series import CREDIT_NOTE_PREFIX, SERIES_PREFIX
from billing.papers.codes import spoken_code
from billing.papers.models import Paper, PaperFile, PlannedThrough
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.ids import parse_id

LATE_AFTER = timedelta(minutes=10)
"""A file that is not made this long after it was due is late."""


_LATEST = PageOrder("pk", then=())


class PaperFileNotFound(NotFound):
    """There is no such file."""

    code = "paper_file_not_found"
    title = "No such file"


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One paper and its files, in the order of formats."""

    kind: str
    number: str
    code: str
    issued_at: datetime
    files: Sequence[PaperFile]

    @property
    def spoken_code(self) -> str:
        """The code as printed."""
        return spoken_code(self.code)


@dataclass(frozen=True, slots=True)
class MadeFiles:
    """How many files there are of an invoice's papers, and the id of its own PDF, if it is made."""

    count: int
    pdf: str


@dataclass(frozen=True, slots=True)
class ParkedFile:
    """A file that was set aside, and why; it names nobody."""

    number: str
    invoice_ref: str
    format: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class PapersOutstanding:
    """How far the making is: what is not planned, not made, late, set aside; since when."""

    unplanned: int
    waiting: int
    late: int
    parked: int
    oldest: datetime | None


def papers_of(invoice: Invoice) -> list[PaperRow]:
    """The papers of an invoice, its credit notes and its void, oldest first; two queries."""
    papers = of_invoices([invoice.pk]).select_related("invoice", "credit_note", "void__invoice")
    rows = [_row(paper) for paper in papers.prefetch_related(_files())]
    return sorted(rows, key=lambda row: row.issued_at)


def _row(paper: Paper) -> PaperRow:
    return PaperRow(
        kind=paper.get_kind_display(),
        number=number_of_paper(paper),
        code=paper.code,
        issued_at=issued_at_of(paper),
        files=list(paper.files.all()),
    )


def made_files(invoice: Invoice) -> MadeFiles:
    """The files of an invoice, its credit notes and its void that can be taken away; one query."""
    made = PaperFile.objects.filter(paper__in=of_invoices([invoice.pk])).exclude(sha256="")
    rows = made.order_by("pk").values_list("public_id", "format", "paper__kind")
    own = (Paper.Kind.INVOICE, PaperFile.Format.PDF)
    found = list(rows)
    pdf = next((public_id for public_id, form, kind in found if (kind, form) == own), "")
    return MadeFiles(len(found), pdf)


def papers_of_note(note: CreditNote) -> list[PaperRow]:
    """The paper of a credit note; two queries."""
    papers = Paper.objects.filter(credit_note=note).select_related("credit_note__invoice")
    return [_row(paper) for paper in papers.prefetch_related(_files())]


def of_invoices(invoice_ids: Sequence[int]) -> QuerySet[Paper]:
    """Every paper that is of one of these invoices: its own, of its notes, of its void."""
    ids = list(invoice_ids)
    return Paper.objects.filter(
        Q(invoice_id__in=ids) | Q(credit_note__invoice_id__in=ids) | Q(void__invoice_id__in=ids)
    )


def find_file(public_id: str) -> PaperFile:
    """A file by its id, with what it is of. Raises: UnknownId, PaperFileNotFound."""
    rows = PaperFile.objects.select_related(
        "paper__invoice__account",
        "paper__credit_note__invoice__account",
        "paper__void__invoice__account",
    )
    found = rows.filter(public_id=parse_id(public_id, "pfl")).first()
    if found is None:
        raise PaperFileNotFound("There is no such file.")
    return found


def outstanding(*, at: datetime) -> PapersOutstanding:
    """How far the making is; four queries."""
    waiting = PaperFile.objects.filter(state__in=[PaperFile.State.READY, PaperFile.State.LEASED])
    counted = waiting.aggregate(
        waiting=Count("pk"),
        late=Count("pk", filter=Q(not_before__lt=at - LATE_AFTER)),
        oldest=Min("not_before"),
    )
    return PapersOutstanding(
        unplanned=_unplanned(),
        parked=PaperFile.objects.filter(state=PaperFile.State.PARKED).count(),
        **counted,
    )


def parked_files(*, position: Position) -> Page[ParkedFile]:
    """The files that were set aside, the latest first. Raises: UnknownCursor."""
    rows = PaperFile.objects.filter(state=PaperFile.State.PARKED).select_related(
        "paper__invoice", "paper__credit_note__invoice", "paper__void__invoice"
    )
    return page_of(rows, order=_LATEST, position=position).showing(_parked)


def _parked(file: PaperFile) -> ParkedFile:
    return ParkedFile(
        number=number_of_paper(file.paper),
        invoice_ref=invoice_of(file.paper).number or "",
        format=file.get_format_display(),
        why=file.parked_reason,
        since=file.not_before,
    )


def number_of_paper(paper: Paper) -> str:
    """The printed number; a void has that of its invoice."""
    if paper.credit_note is not None:
        return paper.credit_note.number
    number = invoice_of(paper).number or ""
    return f"{number}-void" if paper.kind == Paper.Kind.VOID else number


def issued_at_of(paper: Paper) -> datetime:
    """When what the paper is of came about."""
    if paper.credit_note is not None:
        return paper.credit_note.issued_at
    if paper.void is not None:
        return paper.void.voided_at
    issued_at = invoice_of(paper).issued_at
    assert issued_at is not None  # drafts have no paper
    return issued_at


def invoice_of(paper: Paper) -> Invoice:
    """The invoice a paper is of, or of whose note or void it is."""
    if paper.credit_note is not None:
        return paper.credit_note.invoice
    if paper.void is not None:
        return paper.void.invoice
    assert paper.invoice is not None
    return paper.invoice


def _unplanned() -> int:
    """What was issued and has no paper yet."""
    marks = dict(PlannedThrough.objects.values_list("series__prefix", "sequence"))
    numbered = (
        (Invoice.objects.all(), SERIES_PREFIX),
        (CreditNote.objects.all(), CREDIT_NOTE_PREFIX),
    )
    return InvoiceVoid.objects.filter(paper__isnull=True).count() + sum(
        rows.filter(series__prefix=prefix, sequence__gt=marks.get(prefix, 0)).count()
        for rows, prefix in numbered
    )


def _files() -> Prefetch[str, QuerySet[PaperFile], str]:
    return Prefetch("files", PaperFile.objects.order_by("pk"))
