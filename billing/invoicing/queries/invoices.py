"""Invoices as screens and API read them: lists by keyset, one invoice with its lines by app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Func, JSONField, Q, Sum

from accounts.models import Account
from billing.invoicing.drafting.credit import credit_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.queries.fast_line_pages import placed_lines
from billing.invoicing.queries.line_pages import (
    FIRST_LINES,
    LinePage,
    LineRow,
    WantedLines,
    page_of_placed,
)
from billing.ledger.models import Journal
from billing.rating import Explanation, LineKind, expand
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money
from core.periods import Period

NEWEST_FIRST = PageOrder("period_from")

# A line of many single events carries all of them; a list of lines needs only its steps.
_WITHOUT_EVENTS = Func(
    F("explanation"),
    template="(%(expressions)s #- '{1,events}' #- '{1,units}')",
    output_field=JSONField(),
)


class InvoiceNotFound(NotFound):
    """No invoice has this number or id."""

    code = "invoice_not_found"
    title = "No such invoice"


@dataclass(frozen=True, slots=True)
class Party:
    """An account as other pages name it."""

    public_id: str
    name: str


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One invoice in a list; `ref` is its number, or its id while it has none."""

    ref: str
    public_id: str
    account: Party
    period: Period
    zone: str
    state: str
    total: Money
    issued_at: datetime | None
    due_on: date | None
    kind: str = "period"
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class StatementRow:
    """What one account comes to on a consolidated invoice."""

    public_id: str
    account: Party
    subtotal: Money
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class PostedSide:
    """One side of a journal: debits positive, credits negative."""

    ledger_account: str
    amount: Money

    @property
    def is_debit(self) -> bool:
        """Which column it is written in."""
        return self.amount.minor > 0

    @property
    def size(self) -> Money:
        """The amount as written in its column."""
        return abs(self.amount)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A balanced posting that books the invoice."""

    public_id: str
    posted_at: datetime
    memo: str
    postings: Sequence[PostedSide]


@dataclass(frozen=True, slots=True)
class InvoiceDetail:
    """What every page of an invoice says of it; its lines and postings are read apart.

    `subtotal` has the discounts of the lines in it, `discount` is what they come to, below 0.
    `carried` is credit that did not fit and is carried forward; below 0, what is taken of such.
    """

    row: InvoiceRow
    payer: Party
    line_count: int
    subtotal: Money
    discount: Money
    tax: Money
    carried: Money
    billed_to: Mapping[str, str]
    content_sha256: str
    created_at: datetime


def find(ref: str) -> Invoice:
    """The invoice with this number or public id. Raises: InvoiceNotFound."""
    field = "public_id" if ref.startswith("inv_") else "number"
    invoice = Invoice.objects.select_related("account", "payer").filter(**{field: ref[:64]}).first()
    if invoice is None:
        raise InvoiceNotFound(f"There is no invoice {ref[:64]}.", wanted=ref[:64])
    return invoice


def invoice_page(account: Account, *, position: Position) -> Page[InvoiceRow]:
    """The invoices of an account by billing period, newest first; at most two queries.

    Raises: UnknownCursor.
    """
    rows = Invoice.objects.select_related("account").filter(account=account)
    return page_of(rows, order=NEWEST_FIRST, position=position).showing(row_of)


def credit(account: Account) -> Money:
    """What earlier invoices of the account left over for later ones; one query."""
    return Money.from_minor(credit_of([account.pk]).get(account.pk, 0), account.currency)


def detail(invoice: Invoice) -> InvoiceDetail:
    """An invoice without its lines; one query."""
    currency = invoice.currency
    sums = InvoiceLine.objects.filter(invoice=invoice).aggregate(
        count=Count("pk"), discount=Sum("amount_minor", filter=Q(kind=LineKind.DISCOUNT.value))
    )
    return InvoiceDetail(
        row=row_of(invoice),
        payer=Party(invoice.payer.public_id, invoice.payer.name),
        line_count=sums["count"],
        subtotal=Money.from_minor(invoice.subtotal_minor, currency),
        discount=Money.from_minor(sums["discount"] or 0, currency),
        tax=Money.from_minor(invoice.tax_minor, currency),
        carried=Money.from_minor(invoice.carried_minor, currency),
        billed_to=invoice.billed_to,
        content_sha256=invoice.content_sha256,
        created_at=invoice.created_at,
    )


def statements_of(invoice: Invoice) -> list[StatementRow]:
    """The statements of a consolidated invoice by account; one query, none of another kind."""
    if invoice.kind != Invoice.Kind.CONSOLIDATED:
        return []
    rows = invoice.statements.select_related("account").order_by("account__name", "pk")
    return [
        StatementRow(
            each.public_id,
            Party(each.account.public_id, each.account.name),
            Money.from_minor(each.subtotal_minor, each.currency),
            Money.from_minor(each.tax_minor, each.currency),
            each.total,
        )
        for each in rows
    ]


def row_of(invoice: Invoice) -> InvoiceRow:
    """An invoice, with its account loaded, as a list shows it."""
    return InvoiceRow(
        ref=invoice.number or invoice.public_id,
        public_id=invoice.public_id,
        account=Party(invoice.account.public_id, invoice.account.name),
        period=invoice.period,
        zone=invoice.zone,
        state=invoice.state,
        total=invoice.total,
        issued_at=invoice.issued_at,
        due_on=invoice.due_on,
        kind=invoice.kind,
        issued_on=invoice.issued_on,
    )


def line_row(line: InvoiceLine, currency: str, rated: Explanation | None = None) -> LineRow:
    """A line, with its resource loaded, as the invoice prints it; `rated` where it is read already.

    Raises: ValueError for an explanation of a form this version does not know.
    """
    rated = rated or expand(line.explanation)
    return LineRow(
        position=line.position,
        description=line.description,
        kind=line.kind,
        quantity=line.quantity if rated.is_priced else None,
        unit=line.unit if rated.is_priced else "",
        unit_price=_money_or_none(line.unit_price, currency),
        amount=Money.from_minor(line.amount_minor, currency),
        period=Period(line.period_from, line.period_until),
        platform_id=line.resource.platform_id if line.resource else "",
        resource_id=line.resource.public_id if line.resource else "",
        rated=rated,
    )


def _money_or_none(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)


def lines_of(invoice: Invoice, wanted: WantedLines = FIRST_LINES) -> LinePage:
    """A page of an invoice's lines; two queries. Raises: UnknownCursor, LineNotFound."""
    lines = InvoiceLine.objects.filter(invoice=invoice)

    def read(positions: Sequence[int]) -> dict[int, LineRow]:
        rows = (
            lines.filter(position__in=positions)
            .select_related("resource")
            .defer("explanation")
            .annotate(told=_WITHOUT_EVENTS)
        )
        return {line.position: line_row(line, invoice.currency, expand(line.told)) for line in rows}

    return page_of_placed(placed_lines(invoice, wanted), read, currency=invoice.currency)


def journal_of(public_id: str) -> list[JournalEntry]:
    """The postings that booked an invoice or a note, the first one first; three queries at most."""
    journals = Journal.objects.filter(source=public_id).prefetch_related("lines__ledger_account")
    return [
        JournalEntry(
            public_id=journal.public_id,
            posted_at=journal.posted_at,
            memo=journal.memo,
            postings=[
                PostedSide(
                    line.ledger_account.name, Money.from_minor(line.amount_minor, journal.currency)
                )
                for line in journal.lines.all()
            ],
        )
        for journal in journals.order_by("posted_at", "pk")
    ]
