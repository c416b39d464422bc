"""What an account's next invoice would say if its period ended now, late usage and credit included.

The drafts a bill run writes: the period's own lines, the open differences of earlier invoices, and
the credit it takes or leaves over. Nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.late_usage import drafts
from billing.invoicing.models import Invoice
from billing.invoicing.queries.line_pages import LineRow
from billing.invoicing.queries.month_to_date import (
    MonthToDate,
    draft_line_row,
    month_to_date,
    scope_at,
)
from core.money import Money


@dataclass(frozen=True, slots=True)
class LateOf:
    """The open difference of one issued invoice, as lines of the next one."""

    invoice: str
    lines: Sequence[LineRow]
    amount: Money


@dataclass(frozen=True, slots=True)
class NextBill:
    """The bill so far and what joins it. `carried` is credit left over; below 0, what it takes.

    `problem` says why late usage keeps the account from being billed; then the rest is empty.
    """

    bill: MonthToDate
    late: Sequence[LateOf]
    carried: Money
    total: Money
    problem: str = ""

    @property
    def late_total(self) -> Money:
        """What came late for earlier invoices; below 0, what is owed back."""
        return sum((each.amount for each in self.late), Money.zero(self.bill.total.currency))

    @property
    def so_far(self) -> Money:
        """The period's own lines and what came late, before tax and credit."""
        return self.bill.total + self.late_total

    @property
    def differs(self) -> bool:
        """Whether anything joins the period's own lines."""
        return bool(self.late or self.carried.minor)


def next_bill(account: Account, *, at: datetime) -> NextBill | None:
    """The invoice that would be drafted at `at`; None for an account without a billing profile."""
    scope = scope_at(account, at)
    if scope is None:
        return None
    (answer,) = drafts([scope], settled=False, issued_at=at)
    zero = Money.zero(account.currency)
    if not isinstance(answer, InvoiceDraft):
        bill = month_to_date(account, at=at)
        assert bill is not None
        is_late = bill.problem is None
        return NextBill(bill, (), zero, bill.total, answer.message if is_late else "")
    own = [line for line in answer.lines if line.corrects_id is None]
    total = Money.from_minor(sum(line.amount_minor for line in own), account.currency)
    return NextBill(
        bill=MonthToDate(scope, total, own, None),
        late=_late(answer.lines, account.currency),
        carried=Money.from_minor(answer.carried_minor, account.currency),
        total=Money.from_minor(answer.total_minor, account.currency),
    )


def _late(lines: Sequence[DraftLine], currency: str) -> list[LateOf]:
    by_invoice: dict[int, list[LineRow]] = defaultdict(list)
    for position, line in enumerate(lines, start=1):
        if line.corrects_id is not None:
            by_invoice[line.corrects_id].append(draft_line_row(position, line, currency))
    invoices = Invoice.objects.in_bulk(by_invoice) if by_invoice else {}
    return [
        LateOf(str(invoices[pk]), rows, sum((row.amount for row in rows), Money.zero(currency)))
        for pk, rows in by_invoice.items()
    ]
