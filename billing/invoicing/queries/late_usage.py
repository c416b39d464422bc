"""The late-usage ledger as screens read it: what is open, what was decided, per account the sums.

Open differences are worked out when they are looked at, by the function that bills them, so the
list of them goes through the issued invoices a page at a time. Usage is read as it was built last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum

from accounts.models import Account
from billing.invoicing.drafting.late_usage import LOOKBACK, LateUsage, late_usage
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import Invoice, LateUsageAmount, LateUsageDecision
from billing.invoicing.models.invoices import of_period
from billing.invoicing.models.late_usage import stands
from billing.invoicing.queries.invoices import InvoiceRow, row_of
from billing.invoicing.queries.line_pages import LineRow
from billing.invoicing.queries.month_to_date import draft_line_row
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.money import Money
from core.periods import Period

NEWEST_FIRST = PageOrder("decided_at")
LATEST_PERIOD_FIRST = PageOrder("period_from")
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenRow:
    """The open difference of one issued invoice; `problem` where it cannot be rated.

    `stamp` is what a decision on it is made from.
    """

    invoice: InvoiceRow
    lines: Sequence[LineRow]
    amount: Money
    problem: str
    stamp: str

    @property
    def is_owed(self) -> bool:
        """Whether the customer is owed it: less was due than was billed."""
        return self.amount.minor < 0

    @property
    def size(self) -> Money:
        """The amount without its sign."""
        return abs(self.amount)


@dataclass(frozen=True, slots=True)
class OpenPage:
    """The invoices of one page that have a difference; cursors are those of all invoices."""

    rows: Sequence[OpenRow]
    looked_at: int
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """A difference whose fate is decided."""

    public_id: str
    invoice: InvoiceRow
    fate: str
    amount: Money
    billed_on: str
    decided_at: datetime
    decided_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class LateSums:
    """What arrived late for an account, by what became of it."""

    billed: Money
    waived: Money
    open: Money

    @property
    def arrived(self) -> Money:
        """All of it: each difference has exactly one fate."""
        return self.billed + self.waived + self.open


@dataclass(frozen=True, slots=True)
class ChargeFates:
    """What came late of one charge of an issued invoice: decided, and open now.

    `problem` says why what is open cannot be told.
    """

    decided: Sequence[DecidedRow]
    open: Money
    problem: str


def issued_page(
    *,
    position: Position,
    at: datetime,
    account_id: int | None = None,
    ended_in: Period | None = None,
) -> Page[Invoice]:
    """A page of issued invoices, the latest period first: only those young enough for a run to bill
    what is late of them, unless it is one account's or a month's. Raises: UnknownCursor.
    """
    issued = _issued(at, account_id) if ended_in is None else billed_in(ended_in)
    if account_id is not None:
        issued = issued.filter(account_id=account_id)
    return page_of(issued, order=LATEST_PERIOD_FIRST, position=position)


def billed_in(month: Period) -> QuerySet[Invoice]:
    """The invoices of periods that end in a month of the books, whatever their own clock says."""
    return Invoice.objects.filter(
        of_period(),
        period_until__gt=month.start + _CLOCKS_DIFFER,
        period_until__lte=month.end + _CLOCKS_DIFFER,
    ).select_related("account")


def open_page(page: Page[Invoice]) -> OpenPage:
    """What the invoices of a page are short of. A fixed number of queries, and two for each invoice
    that has a difference.
    """
    found = late_usage(page.rows, settled=False)
    rows = [_open(late) for late in found if late.lines or late.problem]
    return OpenPage(rows, len(page.rows), page.newer, page.older)


def decided_page(
    *, position: Position, fate: str, account_id: int | None = None
) -> Page[DecidedRow]:
    """Decisions of one fate, newest first; at most two queries. Raises: UnknownCursor."""
    rows: QuerySet[LateUsageDecision] = LateUsageDecision.objects.filter(fate=fate).select_related(
        "invoice__account", "billed_on"
    )
    if account_id is not None:
        rows = rows.filter(invoice__account_id=account_id)
    return page_of(rows, order=NEWEST_FIRST, position=position).showing(_decided)


def open_of(invoice: Invoice) -> OpenRow:
    """What an issued invoice, its account loaded, is short of now."""
    (late,) = late_usage([invoice], settled=False)
    return _open(late)


def sums_of(account: Account) -> LateSums:
    """What arrived late for the account, over all its issued invoices."""
    decided = dict(
        LateUsageDecision.objects.filter(stands(), invoice__account=account)
        .order_by()
        .values_list("fate")
        .annotate(Sum("amount_minor"))
    )
    issued = Invoice.objects.filter(of_period(), account=account)
    found = late_usage(list(issued.order_by("period_from")), settled=False)
    waiting = sum(late.amount_minor for late in found)

    def money(minor: int) -> Money:
        return Money.from_minor(minor, account.currency)

    return LateSums(
        money(decided.get("billed", 0)), money(decided.get("waived", 0)), money(waiting)
    )


def fates_of_charge(invoice: Invoice, charge_key: str) -> ChargeFates:
    """What became of a charge of an issued invoice, its account loaded, after it was issued."""
    rows = (
        LateUsageAmount.objects.filter(
            stands("decision__"), decision__invoice=invoice, charge_key=charge_key
        )
        .select_related("decision__invoice__account", "decision__billed_on")
        .order_by("decision__decided_at", "pk")
    )
    (late,) = late_usage([invoice], settled=False)
    waiting = sum(line.amount_minor for line in late.lines if charge_key_of(line.key) == charge_key)
    return ChargeFates(
        decided=[
            replace(
                _decided(row.decision), amount=Money.from_minor(row.amount_minor, invoice.currency)
            )
            for row in rows
        ],
        open=Money.from_minor(waiting, invoice.currency),
        problem=late.problem.message if late.problem else "",
    )


def amount_of(decision: LateUsageDecision) -> Money:
    """What a decision bills, or lets go."""
    return Money.from_minor(decision.amount_minor, decision.invoice.currency)


def _issued(at: datetime, account_id: int | None) -> QuerySet[Invoice]:
    issued = Invoice.objects.filter(of_period()).select_related("account")
    if account_id is not None:
        return issued.filter(account_id=account_id)
    return issued.filter(period_until__gt=at - LOOKBACK)


def _open(late: LateUsage) -> OpenRow:
    invoice = late.invoice
    return OpenRow(
        invoice=row_of(invoice),
        lines=[
            draft_line_row(position, line, invoice.currency)
            for position, line in enumerate(late.lines, start=1)
        ],
        amount=Money.from_minor(late.amount_minor, invoice.currency),
        problem=late.problem.message if late.problem else "",
        stamp=late.stamp,
    )


def _decided(decision: LateUsageDecision) -> DecidedRow:
    billed_on = decision.billed_on
    return DecidedRow(
        public_id=decision.public_id,
        invoice=row_of(decision.invoice),
        fate=decision.fate,
        amount=amount_of(decision),
        billed_on=(billed_on.number or billed_on.public_id) if billed_on else "",
        decided_at=decision.decided_at,
        decided_by=decision.decided_by,
        reason=decision.reason,
    )
