"""What an operation does to money, seen before it is done: by doing it, and undoing it.

*Prepare → preview → execute* is one path: a preview carries the operation out in a transaction that
is undone, an execution in one that is kept, and both read what came of it in the same way. An
execution that comes to something else than was seen is refused with both, and nothing is kept.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import connection
from django.db import transaction as django_transaction

from billing.invoicing.documents.content import digest
from billing.invoicing.models import Invoice
from billing.ledger.models import Journal, JournalLine
from billing.receivables.queries.open_items import OpenItem, open_items
from core.db.stamps import ChangedSince
from core.db.trail import FieldChange
from core.db.transactions import transaction
from core.money import Money

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class BookMove:
    """What one book moves by: debit positive, in minor units."""

    book: str
    amount: Money


@dataclass(frozen=True, slots=True)
class DueChange:
    """How an invoice stands before and after."""

    before: OpenItem
    after: OpenItem

    @property
    def change(self) -> Money:
        """By how much what is open changes."""
        return self.after.money(self.after.open_minor - self.before.open_minor)


@dataclass(frozen=True, slots=True)
class MoneyEffect:
    """What an operation moves: books, and what is open of invoices. `digest` names all of it."""

    books: Sequence[BookMove]
    dues: Sequence[DueChange]

    @property
    def digest(self) -> str:
        """SHA-256 of what moves, without the ids and numbers that every carrying out makes anew."""
        return digest(
            {
                "books": [[each.book, str(each.amount)] for each in self.books],
                "dues": [
                    [each.before.invoice.public_id, each.before.open_minor, each.after.open_minor]
                    for each in self.dues
                ],
            }
        )

    def said(self) -> list[tuple[str, str]]:
        """Each figure by name, for comparing two effects."""
        return [
            *((f"{each.book} moves by", str(each.amount)) for each in self.books),
            *(
                (
                    f"open of {each.before.invoice}",
                    f"{each.before.money(each.before.open_minor)} → "
                    f"{each.after.money(each.after.open_minor)}",
                )
                for each in self.dues
            ),
        ]


def preview(
    operation: Callable[[], object], *, of: Collection[Invoice], at: datetime
) -> MoneyEffect:
    """What an operation would do, of which invoices; nothing is kept. Raises what it raises."""
    with django_transaction.atomic():
        _, effect = _carried_out(operation, of, at)
        django_transaction.set_rollback(True)
    return effect


def carry_out(
    operation: Callable[[], Made],
    *,
    of: Collection[Invoice],
    at: datetime,
    seen: MoneyEffect | str | None = None,
) -> tuple[Made, MoneyEffect]:
    """Do it. `seen` is the effect that was looked at, or its digest; None has looked at nothing.

    Raises: ChangedSince where it comes to something else, and what the operation raises; then
    nothing is kept.
    """
    with transaction():
        made, effect = _carried_out(operation, of, at)
        expected = seen.digest if isinstance(seen, MoneyEffect) else seen
        if expected is not None and expected != effect.digest:
            raise ChangedSince(
                stamp=effect.digest,
                differences=_differences(seen if isinstance(seen, MoneyEffect) else None, effect),
            )
    return made, effect


def _differences(seen: MoneyEffect | None, now: MoneyEffect) -> list[FieldChange]:
    before = dict(seen.said()) if seen else {}
    after = dict(now.said())
    return [
        FieldChange(name, before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def _carried_out(
    operation: Callable[[], Made], of: Collection[Invoice], at: datetime
) -> tuple[Made, MoneyEffect]:
    before = open_items(list(of), at=at)
    posted = _last_journal()
    made = operation()
    after = open_items(list(of), at=at)
    dues = [DueChange(before[pk], after[pk]) for pk in before]
    return made, MoneyEffect(
        _books_after(posted), [each for each in dues if each.change.amount or each.before.is_void]
    )


def _last_journal() -> int:
    """The last journal of this transaction; those made from here on have higher ids."""
    return Journal.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _books_after(posted: int) -> list[BookMove]:
    """What the journals of this transaction move, book by book and currency."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (own,) = cursor.fetchone()
    sums: dict[tuple[str, str], int] = defaultdict(int)
    lines = JournalLine.objects.filter(journal__transaction_id=own, journal_id__gt=posted)
    for book, currency, minor in lines.order_by(
        "ledger_account__code", "journal__currency"
    ).values_list("ledger_account__code", "journal__currency", "amount_minor"):
        sums[book, currency] += minor
    return [
        BookMove(book, Money.from_minor(minor, currency))
        for (book, currency), minor in sums.items()
        if minor
    ]
