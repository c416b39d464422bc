"""Post journals. A posting is final: what was wrong is corrected by another journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.ledger.models import Journal, JournalLine, LedgerAccount
from core.db.bulk_rows import copy_rows, reserve_ids
from core.db.transactions import transaction_required
from core.ids import new_id

JOURNAL_COLUMNS = ("id", "public_id", "kind", "source", "currency", "posted_at", "memo")
LINE_COLUMNS = ("journal_id", "ledger_account_id", "account_id", "amount_minor")


@dataclass(frozen=True, slots=True)
class Side:
    """One line of a posting: an account of the books by its code, and whose it is where it matters.

    Debit positive, credit negative, in minor units.
    """

    book: str
    amount_minor: int
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A fact to be booked, once per kind and source. Its sides add up to nothing."""

    kind: Journal.Kind
    source: str
    currency: str
    memo: str
    sides: tuple[Side, ...]


@transaction_required()
def post(*, postings: Sequence[Posting], at: datetime) -> None:
    """Book facts; sides of nothing are left out, and a posting of nothing books nothing.

    Raises the database's refusal when a fact was booked before or a posting does not balance.
    """
    owed = [posting for posting in postings if any(side.amount_minor for side in posting.sides)]
    books = dict(LedgerAccount.objects.values_list("code", "pk"))
    journals, lines = [], []
    for journal_id, posting in zip(reserve_ids(Journal, len(owed)), owed, strict=True):
        journals.append(
            (
                journal_id,
                new_id("jrn"),
                posting.kind,
                posting.source,
                posting.currency,
                at,
                posting.memo,
            )
        )
        lines += [
            (journal_id, books[side.book], side.account_id, side.amount_minor)
            for side in posting.sides
            if side.amount_minor
        ]
    copy_rows(Journal, JOURNAL_COLUMNS, journals)
    copy_rows(JournalLine, LINE_COLUMNS, lines)
