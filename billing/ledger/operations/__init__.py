"""Post journals. A posting is final: what was wrong is corrected by another journal."""

from collections.abc import Sequence
from datetime import datetime

from billing.ledger.models import Journal, JournalLine, LedgerAccount
from billing.ledger.models.locks import POSTERS_LOCK
from billing.ledger.period_locks import OpenPeriods
from billing.ledger.templates import REVERSAL, DocumentKind, Posting, Side, template_of_kind
from core.db import locks
from core.db.bulk_rows import copy_rows, reserve_ids
from core.db.transactions import transaction_required
from core.ids import new_id

JOURNAL_COLUMNS = (
    "id", "public_id", "kind", "document", "source", "currency", "effective_at", "posted_at",
    "memo", "reverses_id",
)  # fmt: skip
LINE_COLUMNS = ("journal_id", "ledger_account_id", "account_id", "part", "amount_minor")


@transaction_required()
def post(*, postings: Sequence[Posting], at: datetime) -> None:
    """Book facts; sides of nothing are left out, and a posting of nothing books nothing.

    A posting whose day is locked is refused, or is effective from the first open instant where its
    template arrives late by nature. Raises: PeriodLocked, and the database's refusal when a fact
    was booked before or a posting does not balance.
    """
    owed = [posting for posting in postings if any(side.amount_minor for side in posting.sides)]
    if not owed:
        return
    locks.beside(POSTERS_LOCK)
    periods = OpenPeriods()
    books = dict(LedgerAccount.objects.values_list("code", "pk"))
    journals, lines = [], []
    for journal_id, posting in zip(reserve_ids(Journal, len(owed)), owed, strict=True):
        journals.append(
            (
                journal_id,
                new_id("jrn"),
                posting.kind,
                posting.document,
                posting.source,
                posting.currency,
                _effective(posting, periods, at),
                at,
                posting.memo,
                posting.reverses_id,
            )
        )
        lines += [
            (journal_id, books[side.book], side.account_id, side.part, side.amount_minor)
            for side in posting.sides
            if side.amount_minor
        ]
    copy_rows(Journal, JOURNAL_COLUMNS, journals)
    copy_rows(JournalLine, LINE_COLUMNS, lines)


def _effective(posting: Posting, periods: OpenPeriods, at: datetime) -> datetime:
    template = template_of_kind(posting.kind)
    effective_at = posting.effective_at or at
    if template.arrives:
        return periods.dated(posting.document, effective_at)
    periods.require(posting.document, effective_at, field="effective_at")
    return effective_at


def reversal_of(
    *, kind: str, source: str, by: str, effective_at: datetime | None = None
) -> Posting | None:
    """What takes back the journal of a fact, named by the fact `by` that takes it back.

    None where the fact booked nothing. It is never effective before what it takes back.
    """
    journal = Journal.objects.filter(kind=kind, source=source).first()
    if journal is None:
        return None
    lines = journal.lines.select_related("ledger_account").order_by("pk")
    return Posting(
        kind=REVERSAL.kind,
        source=by,
        currency=journal.currency,
        memo=f"{journal.title} {source} taken back",
        sides=tuple(
            Side(line.ledger_account.code, -line.amount_minor, line.account_id, line.part)
            for line in lines
        ),
        effective_at=max(effective_at, journal.effective_at) if effective_at else None,
        reverses_id=journal.pk,
        document=DocumentKind(journal.document),
    )
