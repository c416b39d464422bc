"""What must add up before anything of another system is stored.

Every document's lines come to its total, and its settlements to what it says was paid; every line
and settlement names a document that is there. One that does not is named with its difference, and
nothing at all is stored: half of somebody's books is nobody's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from billing.legacy.rows import (
    LegacyDocument,
    LegacyLine,
    LegacyParty,
    LegacyProblem,
    LegacyRow,
    LegacySettlement,
    RowOrigin,
)
from core.money import Money


@dataclass(slots=True)
class LegacyBooks:
    """All rows of an import by what they are, documents by their id there."""

    parties: dict[str, LegacyParty] = field(default_factory=dict)
    documents: dict[str, LegacyDocument] = field(default_factory=dict)
    lines: dict[str, list[LegacyLine]] = field(default_factory=lambda: defaultdict(list))
    settlements: dict[str, list[LegacySettlement]] = field(
        default_factory=lambda: defaultdict(list)
    )
    problems: list[LegacyProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LegacyImbalance:
    """Something that does not add up; `difference` is what is said less what is there."""

    origin: RowOrigin
    document: str
    detail: str
    difference: Money | None = None


@dataclass(frozen=True, slots=True)
class CurrencyTotals:
    """All documents of a currency: how many, charged, settled and still open."""

    currency: str
    documents: int
    charged: Money
    settled: Money

    @property
    def open(self) -> Money:
        """Charged less settled."""
        return self.charged - self.settled


def gather(rows: Iterable[LegacyRow]) -> LegacyBooks:
    """Sort the rows by what they are. A document that comes twice is a problem."""
    books = LegacyBooks()
    for row in rows:
        match row:
            case LegacyParty():
                books.parties.setdefault(row.foreign_id, row)
            case LegacyDocument() if row.foreign_id in books.documents:
                said = f"Invoice {row.number or row.foreign_id} stands in the file twice."
                books.problems.append(LegacyProblem(row.origin, said))
            case LegacyDocument():
                books.documents[row.foreign_id] = row
            case LegacyLine():
                books.lines[row.document].append(row)
            case LegacySettlement():
                books.settlements[row.document].append(row)
            case LegacyProblem():
                books.problems.append(row)
    return books


def imbalances(books: LegacyBooks) -> Sequence[LegacyImbalance]:
    """Everything that does not add up, in the order of the documents."""
    return [
        *(each for document in books.documents.values() for each in _of(document, books)),
        *_strays(books),
    ]


def charged(document: LegacyDocument, books: LegacyBooks) -> Money:
    """What its lines come to."""
    amounts = [line.amount for line in books.lines.get(document.foreign_id, ())]
    return sum(amounts, Money.zero(document.currency))


def settled(document: LegacyDocument, books: LegacyBooks) -> Money:
    """What was put on it: payments and credit less refunds."""
    amounts = [each.amount for each in books.settlements.get(document.foreign_id, ())]
    return sum(amounts, Money.zero(document.currency))


def totals(books: LegacyBooks) -> Sequence[CurrencyTotals]:
    """Sums by currency, for the eyes of whoever knows the sums of the other system."""
    found: dict[str, list[LegacyDocument]] = defaultdict(list)
    for document in books.documents.values():
        found[document.currency].append(document)
    return [
        CurrencyTotals(
            currency,
            len(documents),
            sum((charged(each, books) for each in documents), Money.zero(currency)),
            sum((settled(each, books) for each in documents), Money.zero(currency)),
        )
        for currency, documents in sorted(found.items())
    ]


def _of(document: LegacyDocument, books: LegacyBooks) -> Iterator[LegacyImbalance]:
    name = document.number or document.foreign_id
    parts = [*books.lines.get(document.foreign_id, ())]
    parts_paid = [*books.settlements.get(document.foreign_id, ())]
    if any(each.amount.currency != document.currency for each in (*parts, *parts_paid)):
        said = f"{name} is in {document.currency}, and a line or payment of it is not."
        yield LegacyImbalance(document.origin, document.foreign_id, said)
        return
    come_to = charged(document, books)
    if document.total is not None and come_to != document.total:
        difference = document.total - come_to
        said = f"{name} says {document.total}, its lines come to {come_to}: {difference} apart."
        yield LegacyImbalance(document.origin, document.foreign_id, said, difference)
    paid = settled(document, books)
    if document.paid is not None and paid != document.paid:
        difference = document.paid - paid
        said = f"{name} says {document.paid} was paid, {paid} is listed: {difference} apart."
        yield LegacyImbalance(document.origin, document.foreign_id, said, difference)


def _strays(books: LegacyBooks) -> Iterator[LegacyImbalance]:
    for found, what in ((books.lines, "line"), (books.settlements, "payment")):
        for document, rows in found.items():
            if document not in books.documents:
                said = f"{len(rows):,} {what}(s) of invoice {document}, which is in no file."
                yield LegacyImbalance(rows[0].origin, document, said)
