"""Recognise revenue: put what a month earned into that month, once, whatever is asked again.

Months are recognised in order: a pass goes from the first open month that is short of something to
the month asked for, and on to the last that was recognised before. A locked month is never touched;
what comes late for it is earned in the first open one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from billing.closing import bookings
from billing.closing.models import RevenueEntry, RevenueRecognition, RevenueSchedule
from billing.closing.months import BooksMonth
from billing.closing.queries.use_by_month import used_by_month
from billing.closing.recognition_policy import policy_in_force
from billing.closing.schedules_sql import CHANGES, UNSCHEDULED
from billing.invoicing.models import Invoice
from billing.ledger import operations as ledger
from billing.ledger.period_locks import OpenPeriods
from billing.ledger.templates import DocumentKind
from core.actor import Actor, require_said
from core.db import locks
from core.db.bulk_rows import copy_rows
from core.db.transactions import transaction
from core.money import Money
from eventing.publish import publish

_SCHEDULE_COLUMNS = (
    "invoice_id", "charge_key", "method", "policy_id", "first_on", "last_on", "amount_minor",
    "charge_minor", "before_minor", "used_by_month",
)  # fmt: skip
_ENTRY_COLUMNS = (
    "recognition_id", "schedule_id", "recognised_minor", "deferred_minor", "unbilled_minor"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass: who asked for it, and which schedules it made itself."""

    at: datetime
    by: Actor
    reason: str
    new_after: int


def recognise(
    *, month: BooksMonth, at: datetime, by: Actor, reason: str
) -> list[RevenueRecognition]:
    """Recognise a month that is over, and the open ones before it that are short of something.

    What was recognised before is not touched; a second pass over the same facts finds nothing and
    writes nothing. Returns the recognitions that were made, by month and currency.

    Raises: MonthNotOver, PeriodLocked, ReasonMissing.
    """
    require_said(reason, "Say why revenue is recognised.")
    month.require_over(at)
    with transaction():
        locks.alone("closing.recognition")
        _require_open(month)
        this = _Pass(at, by, reason, _last_schedule())
        _schedule()
        made: list[RevenueRecognition] = []
        for each in _months(month, this):
            made += _recognise_one(each, this)
    return made


def _require_open(month: BooksMonth) -> None:
    OpenPeriods().require(DocumentKind.JOURNAL, month.last_instant, field="month")


def _last_schedule() -> int:
    return RevenueSchedule.objects.aggregate(last=Max("pk"))["last"] or 0


def _schedule() -> None:
    """Make the schedules of what was issued since, in sets; those that span months one by one."""
    policy = policy_in_force()
    with connection.cursor() as cursor:
        cursor.execute(
            UNSCHEDULED, {part: json.dumps(policy.document[part]) for part in _POLICY_PARTS}
        )
        found = [row for row in cursor.fetchall() if row[5]]
    spanning = {row[0] for row in found if _spans_months(row)}
    invoices = Invoice.objects.in_bulk(spanning)
    # All of it is read before it is written: nothing can be asked while rows are copied.
    rows = [
        (
            invoice_id, key, method, policy.pk, first_on, last_on, int(minor), int(charge),
            int(before), used_by_month(invoices[invoice_id], key) if _spans_months(row) else {},
        )
        for row in found
        for invoice_id, key, method, first_on, last_on, minor, charge, before in [row]
    ]  # fmt: skip
    copy_rows(RevenueSchedule, _SCHEDULE_COLUMNS, rows)


_POLICY_PARTS = ("kinds", "products", "prices")


def _spans_months(row: Sequence[Any]) -> bool:
    _, _, method, first_on, last_on, minor, charge, _ = row
    one_period = minor == charge
    in_one_month = BooksMonth.of(first_on) == BooksMonth.of(last_on)
    return method == RevenueSchedule.Method.AT_USE and one_period and not in_one_month


def _months(month: BooksMonth, this: _Pass) -> list[BooksMonth]:
    """The open months this pass goes over, in order."""
    new = RevenueSchedule.objects.filter(pk__gt=this.new_after)
    earliest = new.aggregate(first=Min("first_on"))["first"]
    latest = RevenueRecognition.objects.aggregate(last=Max("month_on"))["last"]
    first = month
    if earliest is not None:
        first = min(first, BooksMonth.of(earliest))
    if latest is not None:
        first = min(first, BooksMonth(latest).following)
    open_from = OpenPeriods().open_from(DocumentKind.JOURNAL)
    if open_from is not None:
        first = max(first, BooksMonth.at(open_from))
    last = month if latest is None else max(month, BooksMonth(latest))
    found = []
    while first <= last:
        found.append(first)
        first = first.following
    return found


def _recognise_one(month: BooksMonth, this: _Pass) -> list[RevenueRecognition]:
    with connection.cursor() as cursor:
        cursor.execute(
            CHANGES,
            {
                "month": month.first_on.isoformat(),
                "until": month.following.first_on,
                "starts_at": month.starts_at,
                "ends_at": month.ends_at,
                "new_after": this.new_after,
            },
        )
        changes = cursor.fetchall()
    return [
        _keep(month, currency, list(of), this)
        for currency, of in groupby(changes, key=itemgetter(0))
    ]


def _keep(
    month: BooksMonth, currency: str, changes: Sequence[tuple[str, int, int, int, int]], this: _Pass
) -> RevenueRecognition:
    made = RevenueRecognition.objects.create(
        month_on=month.first_on,
        currency=currency,
        recognised_at=this.at,
        recognised_by=this.by.name,
        reason=this.reason,
    )
    copy_rows(RevenueEntry, _ENTRY_COLUMNS, ((made.pk, *change[1:]) for change in changes))
    posting = bookings.recognised(
        made,
        deferred_minor=sum(change[3] for change in changes),
        unbilled_minor=sum(change[4] for change in changes),
    )
    ledger.post(postings=[posting], at=this.at)
    earned = Money.from_minor(sum(change[2] for change in changes), currency)
    publish(
        "revenue.recognised",
        subject=made.public_id,
        payload={"month": str(month), "amount": earned.as_fact},
        at=this.at,
    )
    return made
