"""The lists of receivables and of the books as files; each row is told as its page tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpResponseBase
from django.views.decorators.http import require_GET

from billing.invoicing.models import CreditNote
from billing.ledger.queries.balances import BookRow, trial_balance
from billing.receivables.models import BankRow, BankRowFate, DunningNotice, Refund, RefundAttempt
from billing.receivables.queries import whole_lists
from billing.receivables.queries.ageing import BUCKETS
from billing.receivables.queries.bank_files import find_file
from billing.receivables.queries.dunning import Delinquency
from billing.receivables.queries.payers import PayerRow
from console.shell.access import BILLING, StaffRequest, screen, sees_personal_data
from console.shell.files import list_file
from console.shell.masking import HIDDEN
from console.shell.query_params import choice, day_of
from core.clock import now
from core.csv_out import instant_text
from core.money import Money
from core.periods import local_midnight

ZONE: Final = "UTC"
"""The clock of the books; instants in these files are on it."""
AGES: Final = ("payer_id", "payer", "currency", *(f"due_{bucket}" for bucket in BUCKETS), "owed")
ROWS: Final = (
    "line", "day", "kind", "currency", "amount", "text", "payer_name", "payer_reference",
    "bank_reference", "fate", "what_became_of_it", "payment", "decided_by",
)  # fmt: skip
LATE: Final = (
    "account_id", "account", "state", "since", "days_late", "said_last", "said_on", "next_step",
    "next_on", "promised_until", "is_held", "due",
)  # fmt: skip
NOTICES: Final = ("sent_at", "account_id", "account", "step", "invoice", "due_on", "asked")
BOOKS: Final = ("currency", "book", "part", "kind", "as_effective", "as_booked")
NOTES: Final = (
    "number", "invoice", "payer_id", "payer", "issued_at", "reason_code", "ticket", "reason",
    "currency", "before_tax", "tax", "total", "issued_by",
)  # fmt: skip
REFUNDS: Final = (
    "refund", "payment", "payer_id", "payer", "credit_note", "currency", "amount", "gateway",
    "requested_at", "requested_by", "reason", "outcome",
)  # fmt: skip


def end_asked(request: StaffRequest) -> datetime:
    """The instant a list is as of: the end of the day that is asked for, or now."""
    day, at = day_of(request, "on"), now()
    return at if day is None else min(at, local_midnight(day + timedelta(days=1), ZONE))


@require_GET
@screen(*BILLING)
def receivables_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Whoever owes or has something, by age, at the end of a day or now."""
    rows = whole_lists.every_payer(at=end_asked(request))
    return list_file(kind, "receivables", AGES, map(_aged, rows))


def _aged(row: PayerRow) -> list[object]:
    amounts = [row.aged.amount(bucket).amount for bucket in BUCKETS]
    total = row.aged.total
    return [row.payer.public_id, row.payer.name, total.currency, *amounts, total.amount]


@require_GET
@screen(*BILLING)
def bank_rows_file(request: StaffRequest, public_id: str, kind: str) -> HttpResponseBase:
    """The rows of a bank's file with what became of each, of one fate or all."""
    file = find_file(public_id)
    fate = choice(request, "fate", BankRowFate.Fate.values)
    shows_text = sees_personal_data(request.user)
    rows = whole_lists.every_row(file, fate=fate)
    told = (_bank_row(row, each, shows_text=shows_text) for row, each in rows)
    return list_file(kind, f"bank-rows-{file.public_id}", ROWS, told)


def _bank_row(row: BankRow, fate: BankRowFate, *, shows_text: bool) -> list[object]:
    said = [row.text, row.payer_name, row.payer_reference, row.bank_reference]
    if not shows_text:
        said = [HIDDEN if text else "" for text in said]
    return [
        row.line,
        row.booked_on or "",
        row.get_kind_display(),
        row.currency,
        row.amount.amount if row.amount else "",
        *said,
        fate.get_fate_display(),
        fate.why,
        fate.payment.public_id if fate.payment else "",
        fate.decided_by,
    ]


@require_GET
@screen(*BILLING)
def dunning_late_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Whoever is late or suspended, and what comes next."""
    rows = whole_lists.every_late_payer(at=now())
    return list_file(kind, "late-payers", LATE, map(_late, rows))


def _late(row: Delinquency) -> list[object]:
    return [
        row.account.public_id,
        row.account.name,
        row.state,
        row.since or "",
        row.days_late,
        row.said_last.action if row.said_last else "",
        row.said_last.on_day if row.said_last else "",
        row.next_action,
        row.next_on or "",
        row.promised_until or "",
        row.is_held,
        "; ".join(str(amount) for amount in row.due),
    ]


@require_GET
@screen(*BILLING)
def dunning_notices_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every step of dunning that was taken, the newest first."""
    rows = whole_lists.every_notice().iterator(whole_lists.AT_ONCE)
    return list_file(kind, "dunning-steps", NOTICES, map(_notice, rows))


def _notice(notice: DunningNotice) -> list[object]:
    asked: list[Mapping[str, Any]] = notice.asked
    return [
        instant_text(notice.sent_at, ZONE),
        notice.account.public_id,
        notice.account.name,
        notice.get_action_display(),
        str(notice.base_invoice) if notice.base_invoice else "",
        notice.base_on or "",
        "; ".join(f"{each['decimal']} {each['currency']}" for each in asked),
    ]


@require_GET
@screen(*BILLING)
def books_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every book as effective and as booked, at the end of a day or now."""
    return list_file(kind, "books", BOOKS, map(_book, trial_balance(at=end_asked(request))))


def _book(row: BookRow) -> list[object]:
    currency = row.effective.currency
    return [currency, row.name, row.part, row.kind, row.effective.amount, row.booked.amount]


@require_GET
@screen(*BILLING)
def credit_notes_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every credit note, the newest first."""
    rows = whole_lists.every_note().iterator(whole_lists.AT_ONCE)
    return list_file(kind, "credit-notes", NOTES, map(_note, rows))


def _note(note: CreditNote) -> list[object]:
    minors = (note.subtotal_minor, note.tax_minor, note.total_minor)
    return [
        note.number,
        str(note.invoice),
        note.invoice.payer.public_id,
        note.invoice.payer.name,
        instant_text(note.issued_at, ZONE),
        note.get_reason_code_display(),
        note.ticket,
        note.reason,
        note.currency,
        *(Money.from_minor(minor, note.currency).amount for minor in minors),
        note.issued_by,
    ]


@require_GET
@screen(*BILLING)
def refunds_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every request to give money back, the newest first, and what became of it."""
    rows = whole_lists.every_refund().iterator(whole_lists.AT_ONCE)
    return list_file(kind, "refunds", REFUNDS, map(_refund, rows))


def _refund(refund: Refund) -> list[object]:
    payment = refund.payment
    outcomes = dict(RefundAttempt.Outcome.choices)
    outcome: str | None = refund.outcome  # type: ignore[attr-defined]  # annotated
    return [
        refund.public_id,
        payment.public_id,
        payment.account.public_id,
        payment.account.name,
        str(refund.credit_note) if refund.credit_note else "",
        payment.currency,
        Money.from_minor(refund.amount_minor, payment.currency).amount,
        refund.gateway,
        instant_text(refund.requested_at, ZONE),
        refund.requested_by,
        refund.reason,
        outcomes[outcome] if outcome else "Requested",
    ]
