"""Posting templates: which books a business event moves, named and kept as data.

The rooms above declare theirs beside the facts they book; docs/billing.md prints them all as a
table. The ledger knows the templates and no invoice, payment or credit note.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices


class DocumentKind(TextChoices):
    """The kinds of documents that are locked apart; `JOURNAL` is all of them."""

    INVOICE = "invoice", "Invoices"
    CREDIT_NOTE = "credit_note", "Credit notes"
    PAYMENT = "payment", "Payments"
    JOURNAL = "journal", "Journal"


class NoSuchTemplate(LookupError):
    """A kind of journal that no room declares; a defect of the caller."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a template: a book, the name of the amount, and whose it is where that matters.

    `sign` is 1 for a debit and -1 for a credit of an amount above 0.
    """

    book: str
    sign: int
    amount: str
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One line of a posting: an account of the books by its code, and whose it is where it matters.

    Debit positive, credit negative, in minor units. `part` is a part of the book, such as the
    jurisdiction of a tax.
    """

    book: str
    amount_minor: int
    account_id: int | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """A fact to be booked, once per kind and source. Its sides add up to nothing.

    `effective_at` is when the fact came about; None is the instant of booking. `document` is the
    kind of document whose lock holds for it.
    """

    kind: str
    source: str
    currency: str
    memo: str
    sides: tuple[Side, ...]
    effective_at: datetime | None = None
    reverses_id: int | None = None
    document: DocumentKind = DocumentKind.JOURNAL


@dataclass(frozen=True, slots=True)
class Template:
    """How one kind of business event is booked.

    Where the period of its day is locked, one that `arrives` late by nature is booked as effective
    at the first open instant, as a bank's report is; any other is refused.
    """

    kind: str
    title: str
    when: str
    legs: tuple[Leg, ...]
    document: DocumentKind = DocumentKind.JOURNAL
    arrives: bool = False

    def posting(
        self,
        *,
        source: str,
        currency: str,
        amounts: Mapping[str, int | Mapping[str, int]],
        owners: Mapping[str, int],
        effective_at: datetime | None = None,
    ) -> Posting:
        """The posting of one event: `amounts` in minor units and `owners` by the legs' names.

        An amount that falls into parts of its book is given by part.
        """
        return Posting(
            kind=self.kind,
            source=source,
            currency=currency,
            memo=f"{self.title} {source}",
            sides=tuple(
                Side(leg.book, leg.sign * minor, owners.get(leg.whose), part)
                for leg in self.legs
                for part, minor in _parts(amounts[leg.amount])
            ),
            effective_at=effective_at,
            document=self.document,
        )


def _parts(amount: int | Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return (("", amount),) if isinstance(amount, int) else sorted(amount.items())


_DECLARED: dict[str, Template] = {}


def declare(
    kind: str,
    title: str,
    when: str,
    *legs: Leg,
    document: DocumentKind = DocumentKind.JOURNAL,
    arrives: bool = False,
) -> Template:
    """Declare how a kind of event is booked; once per kind."""
    if kind in _DECLARED:
        raise ValueError(f"{kind} is declared already.")
    _DECLARED[kind] = Template(kind, title, when, legs, document, arrives)
    return _DECLARED[kind]


def debit(book: str, amount: str, whose: str = "") -> Leg:
    """A leg that an amount above 0 debits."""
    return Leg(book, 1, amount, whose)


def credit(book: str, amount: str, whose: str = "") -> Leg:
    """A leg that an amount above 0 credits."""
    return Leg(book, -1, amount, whose)


def declared() -> tuple[Template, ...]:
    """Every template, in the order the rooms declare them."""
    return tuple(_DECLARED.values())


def title_of(kind: str) -> str:
    """A kind in words."""
    known = _DECLARED.get(kind)
    return known.title if known else kind.replace("_", " ").capitalize()


def template_of_kind(kind: str) -> Template:
    """How a kind is booked. Raises: NoSuchTemplate."""
    if kind not in _DECLARED:
        raise NoSuchTemplate(f"No room declares how {kind!r} is booked.")
    return _DECLARED[kind]


REVERSAL = declare(
    "reversal",
    "Reversal",
    "A journal is taken back, line by line, by a fact that names what it takes back.",
    arrives=True,
)
