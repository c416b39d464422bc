"""The file of a batch of journals: balanced, in order, the same bytes whenever it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from billing.closing.models import JournalBatch
from billing.ledger.models import Journal, JournalLine
from core.csv_out import CsvNumber, csv_lines
from core.errors import NotFound
from core.money import Money

COLUMNS: Final = (
    "batch", "journal", "effective_at", "posted_at", "kind", "source", "reverses", "book",
    "book_name", "part", "account", "currency", "debit", "credit", "memo",
)  # fmt: skip
_AT_ONCE = 2_000


class BatchNotFound(NotFound):
    """There is no such batch."""

    code = "journal_batch_not_found"
    title = "No such batch"


def find_batch(public_id: str) -> JournalBatch:
    """A batch by its id. Raises: BatchNotFound."""
    batch = JournalBatch.objects.filter(public_id=public_id).first()
    if batch is None:
        raise BatchNotFound(f"There is no batch {public_id[:40]!r}.")
    return batch


def rows_of_batch(batch: JournalBatch) -> Iterator[Sequence[object]]:
    """The rows of a batch, as they left the first time; a part of them at a time."""
    ids = list(batch.journals.order_by("journal_id").values_list("journal_id", flat=True))
    return _rows(batch.public_id, ids)


def file_of(batch: JournalBatch) -> Iterator[str]:
    """The lines of a batch's file, as they left the first time."""
    return csv_lines(COLUMNS, rows_of_batch(batch))


def lines_of(batch_id: str, journal_ids: Sequence[int]) -> Iterator[str]:
    """The lines of a file over these journals; a part of them at a time."""
    return csv_lines(COLUMNS, _rows(batch_id, journal_ids))


def name_of(batch: JournalBatch) -> str:
    """What the file is called, without the ending."""
    return f"journals-{batch.month_on:%Y-%m}-{batch.number}-{batch.public_id}"


def _rows(batch_id: str, journal_ids: Sequence[int]) -> Iterator[Sequence[object]]:
    for start in range(0, len(journal_ids), _AT_ONCE):
        part = journal_ids[start : start + _AT_ONCE]
        lines = (
            JournalLine.objects.filter(journal_id__in=part)
            .select_related("journal__reverses", "ledger_account", "account")
            .order_by("journal_id", "pk")
        )
        yield from (_row(batch_id, line) for line in lines)


def _row(batch_id: str, line: JournalLine) -> Sequence[object]:
    journal: Journal = line.journal
    amount = Money.from_minor(abs(line.amount_minor), journal.currency).amount
    return [
        batch_id,
        journal.public_id,
        journal.effective_at.isoformat(),
        journal.posted_at.isoformat(),
        journal.kind,
        journal.source,
        journal.reverses.public_id if journal.reverses else "",
        line.ledger_account.code,
        line.ledger_account.name,
        line.part,
        line.account.public_id if line.account else "",
        journal.currency,
        CsvNumber(amount) if line.amount_minor > 0 else "",
        CsvNumber(amount) if line.amount_minor < 0 else "",
        journal.memo,
    ]


def bytes_of(lines: Iterable[str]) -> bytes:
    """A file as it is stored and sent."""
    return "".join(lines).encode()
