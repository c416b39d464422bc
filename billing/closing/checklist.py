"""What must be zero before a month is locked: counts with their names, and where their rows are.

The counts of this room and of those below it are here; a room above adds its own with
`closing_count`, so that the close never needs to know it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from approvals.queries.debts import debt_count
from billing.closing.months import BooksMonth
from billing.closing.schedules_sql import CHANGES, UNSCHEDULED
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.models import BillRunItem, Invoice
from billing.invoicing.queries.due import due_periods
from billing.invoicing.queries.late_usage import billed_in
from billing.receivables.models import Payment
from billing.receivables.queries.free_money import free_of_payments
from core.periods import Period, local_day
from usage.models import QuarantinedEvent
from usage.models.quarantine import QuarantineState

_DAY = timedelta(days=1)
_LARGEST = 9_223_372_036_854_775_807
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ClosingCount:
    """One count: `screen` is the name of the page of its rows, empty where there is none.

    `counts` gives how many are left of a month.
    """

    code: str
    title: str
    note: str
    screen: str
    counts: Callable[[BooksMonth], int]


_COUNTS: list[ClosingCount] = []


def closing_count(
    code: str, title: str, note: str, *, screen: str = ""
) -> Callable[[Callable[[BooksMonth], int]], Callable[[BooksMonth], int]]:
    """Add a count to every close; once per code."""

    def add(counts: Callable[[BooksMonth], int]) -> Callable[[BooksMonth], int]:
        if any(each.code == code for each in _COUNTS):
            raise ValueError(f"{code} is counted already.")
        _COUNTS.append(ClosingCount(code, title, note, screen, counts))
        return counts

    return add


def closing_counts() -> Sequence[ClosingCount]:
    """Every count, in the order in which rooms add them."""
    return tuple(_COUNTS)


@closing_count(
    "not_billed",
    "Accounts and periods not billed",
    "Due, and neither on an invoice nor found to be of nothing.",
    screen="runs",
)
def _not_billed(month: BooksMonth) -> int:
    due = due_periods(as_of=month.ends_at + _DAY, grace=timedelta(0))
    empty = set(
        BillRunItem.objects.filter(
            state=BillRunItem.State.EMPTY,
            period_until__gt=month.starts_at - _DAY,
            period_until__lte=month.ends_at + _DAY,
        ).values_list("account_id", "period_from")
    )
    return len(due.unplannable) + sum(
        (each.account_id, each.period.start) not in empty
        for each in due.periods
        if BooksMonth.of(local_day(each.period.end - timedelta(microseconds=1), each.zone)) <= month
    )


@closing_count(
    "drafts", "Drafts not issued", "Made, and not issued or taken back.", screen="invoices"
)
def _drafts(month: BooksMonth) -> int:
    drafts = Invoice.objects.filter(
        state=Invoice.State.DRAFT, period_until__lte=month.ends_at + _DAY
    )
    return sum(
        BooksMonth.of(local_day(end - timedelta(microseconds=1), zone)) <= month
        for end, zone in drafts.values_list("period_until", "zone")
    )


@closing_count(
    "late_usage",
    "Late usage without a fate",
    "Invoices of the month whose usage came to something else since.",
    screen="late",
)
def _late(month: BooksMonth) -> int:
    found, last = 0, 0
    issued = billed_in(Period(month.starts_at, month.ends_at))
    while batch := list(issued.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        found += sum(bool(late.lines or late.problem) for late in late_usage(batch, settled=False))
        last = batch[-1].pk
    return found


@closing_count(
    "quarantine",
    "Events in quarantine from the month",
    "Held, and neither released nor dropped.",
    screen="quarantine",
)
def _quarantine(month: BooksMonth) -> int:
    return QuarantinedEvent.objects.filter(
        state=QuarantineState.HELD,
        occurred_at__gte=month.starts_at,
        occurred_at__lt=month.ends_at,
    ).count()


@closing_count(
    "unapplied",
    "Payments not applied",
    "Received in the month, and some of it is on no invoice.",
    screen="payments",
)
def _unapplied(month: BooksMonth) -> int:
    received = Payment.objects.filter(
        received_at__gte=month.starts_at, received_at__lt=month.ends_at
    )
    found, last = 0, 0
    while batch := list(received.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        found += sum(minor > 0 for minor in free_of_payments(batch).values())
        last = batch[-1].pk
    return found


@closing_count(
    "not_recognised",
    "Charges whose revenue is not recognised",
    "Earned, billed or credited in the month since it was recognised last.",
)
def _not_recognised(month: BooksMonth) -> int:
    asked: dict[str, Any] = {
        "month": month.first_on.isoformat(),
        "until": month.following.first_on,
        "starts_at": month.starts_at,
        "ends_at": month.ends_at,
        "new_after": _LARGEST,
        "kinds": "{}",
        "products": "{}",
        "prices": "{}",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT (SELECT count(*) FROM ({CHANGES}) AS changes)
                 + (SELECT count(*) FROM ({UNSCHEDULED}) AS unscheduled
                    JOIN invoicing_invoice AS invoice ON invoice.id = unscheduled.invoice_id
                    WHERE unscheduled.amount_minor <> 0
                      AND (unscheduled.first_on < %(until)s OR invoice.issued_at < %(ends_at)s))
            """,  # noqa: S608  statements of this house
            asked,
        )
        (count,) = cursor.fetchone()
    return int(count)


@closing_count(
    "emergencies",
    "Emergencies not cleared",
    "One person had it done; another must approve it afterwards, or have it undone.",
    screen="proposals-emergencies",
)
def _emergencies(month: BooksMonth) -> int:
    return debt_count()
