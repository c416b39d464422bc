"""Bank files as pages read them: which there are, their rows with fates, and what is suggested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.models import Account
from billing.invoicing.models import Invoice
from billing.receivables.bank.matching import Matcher, amounts_for
from billing.receivables.models import BankFile, BankRow, BankRowFate, Payment
from billing.receivables.policies.matching import BY
from billing.receivables.queries.bank_rows import fates_of, last_fates, reversible, waiting
from billing.receivables.queries.rule_versions import matching_rules
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money

_NEWEST = PageOrder("imported_at")
_BY_LINE = PageOrder("line", descending=False)


class BankFileNotFound(NotFound):
    """There is no such file or row."""

    code = "bank_file_not_found"
    title = "There is no such bank file"


@dataclass(frozen=True, slots=True)
class BankFileRow:
    """One file of the list, and how many of its rows wait for a person."""

    file: BankFile
    waiting: int


def bank_file_page(*, position: Position) -> Page[BankFileRow]:
    """Files, the newest first; at most three queries. Raises: UnknownCursor."""
    page = page_of(BankFile.objects.all(), order=_NEWEST, position=position)
    counts = (
        last_fates()
        .filter(waiting(), row__file__in=list(page.rows))
        .order_by()
        .values_list("row__file_id")
        .annotate(Count("pk"))
    )
    held = dict(counts)
    return page.showing(lambda each: BankFileRow(each, held.get(each.pk, 0)))


def find_file(public_id: str) -> BankFile:
    """One file. Raises: BankFileNotFound."""
    found = BankFile.objects.filter(public_id=public_id[:64]).first()
    if found is None:
        raise BankFileNotFound("There is no bank file of this id.")
    return found


def find_row(public_id: str) -> BankRow:
    """One row, its file loaded. Raises: BankFileNotFound."""
    found = BankRow.objects.select_related("file").filter(public_id=public_id[:64]).first()
    if found is None:
        raise BankFileNotFound("There is no row of this id.")
    return found


def fate_counts(file: BankFile) -> dict[str, int]:
    """How many rows of a file have which fate; one query."""
    rows = last_fates().filter(row__file=file).order_by().values_list("fate")
    return dict(rows.annotate(Count("pk")))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a waiting row's money could go: whose it is, and how much goes on which invoice.

    Without invoices it goes on the payer's oldest due, as far as it reaches.
    """

    payer: Account
    amounts: Mapping[Invoice, int]
    rest: Money
    because: str

    @property
    def key(self) -> str:
        """What tells it as it was seen: whose, and how much on which invoice."""
        amounts = (f"{each.public_id}:{minor}" for each, minor in self.amounts.items())
        return ",".join([self.payer.public_id, *amounts])

    @property
    def parts(self) -> list[tuple[Invoice, Money]]:
        """What goes on which invoice."""
        return [
            (each, Money.from_minor(minor, each.currency)) for each, minor in self.amounts.items()
        ]


@dataclass(frozen=True, slots=True)
class FatedRow:
    """A row with the fate that holds, and where it could go while it waits."""

    row: BankRow
    fate: BankRowFate
    suggestions: Sequence[Suggestion] = ()
    payments: Sequence[Payment] = ()

    @property
    def waits(self) -> bool:
        """Whether a person decides what becomes of it."""
        fates = BankRowFate.Fate
        return self.fate.fate in (fates.SUGGESTED, fates.UNMATCHED) and self.fate.payment is None

    @property
    def is_credit(self) -> bool:
        """Whether it is money in."""
        return self.row.kind == BankRow.Kind.CREDIT

    @property
    def takes_back(self) -> bool:
        """Whether it takes a payment back."""
        return self.row.kind in (BankRow.Kind.REVERSAL, BankRow.Kind.CHARGEBACK)


def row_page(file: BankFile, *, position: Position, fate: str = "", at: datetime) -> Page[FatedRow]:
    """Rows of a file in its order, of one fate or all, with suggestions for those that wait.

    A known number of queries, and two more for each row that waits to take something back. Raises:
    UnknownCursor.
    """
    rows: QuerySet[BankRow] = file.rows.select_related("file")
    if fate:
        rows = rows.filter(Exists(last_fates().filter(row=OuterRef("pk"), fate=fate)))
    page = page_of(rows, order=_BY_LINE, position=position)
    shown = {each.row.pk: each for each in fated(page.rows, at=at)}
    return page.showing(lambda row: shown[row.pk])


def fated(rows: Sequence[BankRow], *, at: datetime) -> list[FatedRow]:
    """Rows with their fates, and suggestions for those that wait."""
    fates = fates_of(rows)
    found = [FatedRow(row, fates[row.pk]) for row in rows]
    waits = [each.row for each in found if each.waits and each.is_credit]
    suggested = suggestions(waits, at=at) if waits else {}
    return [
        FatedRow(
            each.row,
            each.fate,
            suggested.get(each.row.pk, ()),
            reversible(each.row) if each.waits and each.takes_back else (),
        )
        for each in found
    ]


def suggestions(rows: Sequence[BankRow], *, at: datetime) -> dict[int, list[Suggestion]]:
    """Where waiting rows could go by the rules of now, and by what is open now."""
    matcher = Matcher.over(rows, matching_rules(at=at), at=at, only_looks=True)
    found = {row: matcher.finding(row) for row in rows}
    ids = {each.payer_id for one in found.values() for each in one.candidates}
    ids |= {one.payer_id for one in found.values() if one.payer_id is not None}
    payers = {each.pk: each for each in Account.objects.filter(pk__one_of=ids)}
    suggested: dict[int, list[Suggestion]] = {}
    for row, one in found.items():
        assert row.amount_minor is not None  # rows of credit are read
        some = suggested.setdefault(row.pk, [])
        for each in one.candidates:
            amounts = amounts_for(each, row.amount_minor, matcher.left)
            rest = Money.from_minor(row.amount_minor - sum(amounts.values()), row.currency)
            some.append(Suggestion(payers[each.payer_id], amounts, rest, BY[each.rule]))
    return suggested
