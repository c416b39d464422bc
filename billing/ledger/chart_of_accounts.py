"""The chart of accounts: the codes that the rooms above book to, and the document that lists them.

The document (`chart.json`) has a version. A newer one is adopted after every migrate: accounts are
added and renamed by it, and one with lines never vanishes nor changes its kind.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final

from billing.ledger.models import ChartVersion, JournalLine, LedgerAccount
from core.canonical_json import digest_of_plain
from core.errors import Conflict, FieldError, Invalid, pointer_to
from core.json_reader import read_json

RECEIVABLES = "receivables"
CASH = "cash"
REVENUE = "revenue"
DEFERRED_REVENUE = "deferred-revenue"
"""Billed and not earned yet."""
UNBILLED_REVENUE = "unbilled-revenue"
"""Earned and not billed yet."""
TAX_PAYABLE = "tax-payable"
"""In parts by jurisdiction."""
CUSTOMER_CREDIT = "customer-credit"
"""What invoices left over and later ones of the account take; its lines name the account."""
UNAPPLIED_CASH = "unapplied-cash"
"""Paid and not yet on an invoice; its lines name the payer."""
CUSTOMER_BALANCE = "customer-balance"
"""Credited and not yet on an invoice; its lines name the payer."""
REFUNDS_CLEARING = "refunds-clearing"
"""Refunds on their way back; its lines name the payer."""
PAYMENTS_CLEARING = "payments-clearing"
"""Taken beyond what a payment had left; it waits for a person."""
PREPAID_CREDIT = "prepaid-credit"
"""Bought and not drawn yet; its lines name the account."""
PREPAID_REVENUE = "prepaid-revenue"
"""What was billed for prepaid credit, taken back until it is drawn, and earned as it is."""
BREAKAGE = "breakage"
"""Bought and never drawn."""
OPENING_RECEIVABLES = "opening-receivables"
"""Open in another system when the account was cut over, and collected there; lines name it."""
OPENING_CLEARING = "opening-clearing"
"""Against them, until the other system's books are closed."""
BAD_DEBT = "bad-debt"
PAYMENT_LOSSES = "payment-losses"
"""Bank charges, exchange differences and what a card network took beyond what was paid."""

_MAX_BYTES: Final = 1_000_000


class ChartInvalid(Invalid):
    """The document is no chart of accounts; `errors` names every place."""

    code = "chart_invalid"
    title = "The chart of accounts has problems"


class ChartOutdated(Conflict):
    """A newer chart, or another one of this version, is in force."""

    code = "chart_outdated"
    title = "Another chart of accounts is in force"


class BookHasLines(Conflict):
    """A book with lines stays what it is."""

    code = "book_has_lines"
    title = "The book has lines"


@dataclass(frozen=True, slots=True)
class Book:
    """One account of a chart; see `LedgerAccount`."""

    code: str
    name: str
    kind: str
    names: str = ""
    parts: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of accounts as its document says it."""

    version: int
    books: tuple[Book, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The document in full."""
        return {"version": self.version, "books": [asdict(book) for book in self.books]}

    @property
    def digest(self) -> str:
        """SHA-256 of the document."""
        return digest_of_plain(self.document)


def packaged_chart() -> Chart:
    """The chart that comes with this release. Raises: ChartInvalid."""
    text = resources.files("billing.ledger").joinpath("chart.json").read_bytes()
    return read_chart(read_json(text, max_bytes=_MAX_BYTES))


def read_chart(document: Any) -> Chart:
    """Read {"version", "books": [{"code", "name", "kind", "names"?, "parts"?}]}.

    Raises: ChartInvalid, with every problem at its place.
    """
    errors: list[FieldError] = []
    if not isinstance(document, dict) or document.keys() != {"version", "books"}:
        raise ChartInvalid("A chart has a version and books, and nothing else.", field="version")
    version, rows = document["version"], document["books"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        errors.append(FieldError("/version", "chart_version", "A version counts from 1."))
    if not isinstance(rows, list) or not rows:
        raise ChartInvalid("A chart lists its books.", field="books")
    seen: set[str] = set()
    for place, row in enumerate(rows):
        errors += [
            FieldError(pointer_to("books", place, *path), "chart_book", said)
            for path, said in _problems(row, seen)
        ]
    if errors:
        raise ChartInvalid("; ".join(each.detail for each in errors), errors=errors)
    return Chart(version, tuple(Book(**row) for row in rows))


_CHOICES: Mapping[str, frozenset[str]] = {
    "kind": frozenset(LedgerAccount.Kind.values),
    "names": frozenset({"", *LedgerAccount.Names.values}),
    "parts": frozenset({"", *LedgerAccount.Parts.values}),
}


def _problems(row: Any, seen: set[str]) -> list[tuple[tuple[str, ...], str]]:
    """What is wrong with one book, as (path in it, sentence)."""
    if not isinstance(row, dict):
        return [((), "A book is an object.")]
    known = {"code", "name", "kind", "names", "parts"}
    found: list[tuple[tuple[str, ...], str]] = [
        ((name,), f"A book has no {name!r}.") for name in sorted(row.keys() - known)
    ]
    for name in ("code", "name", "kind"):
        if not isinstance(row.get(name), str) or not row[name]:
            found.append(((name,), f"A book has a {name}."))
    for name, choices in _CHOICES.items():
        said = row.get(name, "" if name != "kind" else None)
        if isinstance(said, str) and said and said not in choices:
            found.append(((name,), f"{said!r} is none of {', '.join(sorted(choices - {''}))}."))
        elif name in row and not isinstance(said, str):
            found.append(((name,), f"{name} is a text."))
    code = row.get("code")
    if isinstance(code, str):
        if code in seen:
            found.append((("code",), f"{code!r} stands twice."))
        seen.add(code)
    return found


def adopt(chart: Chart, *, at: datetime, using: str = "default") -> None:
    """Put a chart in force; the one that is in force again changes nothing.

    Raises: ChartOutdated, BookHasLines; then the books are as they were.
    """
    latest = ChartVersion.objects.using(using).order_by("-version").first()
    if latest is not None and latest.version >= chart.version:
        if (latest.version, latest.sha256) == (chart.version, chart.digest):
            return
        raise ChartOutdated(
            f"Version {latest.version} is in force and says something else. A new chart takes the "
            "next version.",
            field="version",
        )
    kept = {book.code: book for book in LedgerAccount.objects.using(using).all()}
    wanted = {book.code: book for book in chart.books}
    for code, known in kept.items():
        _require_replaceable(known, wanted.get(code), using)
    LedgerAccount.objects.using(using).filter(code__in=kept.keys() - wanted.keys()).delete()
    for code, book in wanted.items():
        LedgerAccount.objects.using(using).update_or_create(code=code, defaults=asdict(book))
    ChartVersion.objects.using(using).create(
        version=chart.version, document=chart.document, sha256=chart.digest, adopted_at=at
    )


def _require_replaceable(known: LedgerAccount, book: Book | None, using: str) -> None:
    """Raises: BookHasLines, where a book with lines would vanish or be another kind of book."""
    if book is not None and (known.kind, known.parts) == (book.kind, book.parts):
        return
    if JournalLine.objects.using(using).filter(ledger_account=known).exists():
        raise BookHasLines(
            f"{known.name} has lines. It stays in the chart, and {known.get_kind_display()} its "
            "kind.",
            field="books",
            book=known.code,
        )


def open_books(*, using: str, at: datetime) -> None:
    """Put the packaged chart in force where it is newer; safe to call at any time."""
    chart = packaged_chart()
    latest = ChartVersion.objects.using(using).order_by("-version").first()
    if latest is None or latest.version < chart.version:
        adopt(chart, at=at, using=using)
