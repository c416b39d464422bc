"""Write draft invoices, and take them back where a period comes to nothing any more.

A draft whose inputs did not change is not touched at all: no row, no history, no event. What is
issued at once is handed to `billing.invoicing.operations.invoices` before its row is written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from billing.invoicing import bookings
from billing.invoicing.documents.rows import (
    INVOICE_COLUMNS,
    LINE_COLUMNS,
    TAX_COLUMNS,
    InvoiceParts,
    invoice_row,
    line_rows,
    new_invoice,
    tax_row,
    tax_rows,
)
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.models import BillRunItem, Invoice, InvoiceLine, InvoiceTax, InvoiceVoid
from billing.invoicing.operations.invoices import (
    Booking,
    is_same,
    issue_all,
    issue_locked,
    issue_statements,
)
from core.db.bulk_rows import copy_rows, copy_text, reserve_ids
from core.db.history import record_created
from core.db.transactions import transaction_required
from core.ids import new_id
from core.periods import Period


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the invoice, whether it was written, whether it is issued."""

    invoice_id: int
    changed: bool
    issued: bool


@transaction_required()
def save_drafts(
    *, drafts: Sequence[InvoiceDraft], at: datetime, issues: bool = False
) -> list[Saved]:
    """Write drafts of locked accounts, in their order, and issue them all where `issues` says so.

    A draft with the inputs digest of the stored one changes nothing; an issued invoice is left
    alone. A new invoice that is issued at once is written as issued: one row, one history row.
    """
    _drop_superseded(drafts)
    stored = _stored(drafts)
    new = [draft for draft in drafts if _key(draft) not in stored]
    saved: dict[tuple[int, datetime], Saved] = {}
    waiting = []
    for draft in drafts:
        invoice = stored.get(_key(draft))
        if invoice is None:
            continue
        changed = invoice.is_draft and not is_same(invoice, draft)
        if changed:
            _rebuild(invoice, draft, at=at)
        if issues and invoice.is_draft:
            waiting.append(invoice.pk)
        saved[_key(draft)] = Saved(invoice.pk, changed=changed, issued=not invoice.is_draft)
    # Where drafts wait as well, all are numbered together, in the order of (period, account).
    at_once = issues and not waiting
    created = _create(new, at=at, issues=at_once)
    for draft, pk in zip(new, created, strict=True):
        saved[_key(draft)] = Saved(pk, changed=True, issued=False)
    if waiting:
        issue_all(invoice_ids=[*waiting, *created], at=at)
    return [saved[_key(draft)] for draft in drafts]


@transaction_required()
def withdraw_drafts(scopes: Iterable[AccountPeriod]) -> None:
    """Take back what was drafted of periods of locked accounts that come to nothing now."""
    periods: dict[int, list[Period]] = defaultdict(list)
    for scope in scopes:
        periods[scope.account_id].append(scope.period)
    if not periods:
        return
    stored = _drafts_of_periods(periods)
    for invoice in stored:
        if any(invoice.period.overlaps(period) for period in periods[invoice.account_id]):
            _withdraw(invoice)


def _drafts_of_periods(account_ids: Iterable[int]) -> QuerySet[Invoice]:
    return Invoice.objects.filter(
        account_id__one_of=list(account_ids), state=Invoice.State.DRAFT, kind=Invoice.Kind.PERIOD
    )


def _withdraw(invoice: Invoice) -> None:
    BillRunItem.objects.filter(invoice=invoice).update(invoice=None)
    invoice.lines.all().delete()
    invoice.taxes.all().delete()
    invoice.delete()


def _stored(drafts: Sequence[InvoiceDraft]) -> dict[tuple[int, datetime], Invoice]:
    invoices = Invoice.objects.filter(
        kind=Invoice.Kind.PERIOD,
        account_id__one_of=[draft.account_id for draft in drafts],
        period_from__in={draft.period.start for draft in drafts},
    )
    return {(invoice.account_id, invoice.period_from): invoice for invoice in invoices}


def _drop_superseded(drafts: Sequence[InvoiceDraft]) -> None:
    """Delete stored drafts whose period begins at another instant by now: a zone has changed."""
    periods: dict[int, list[Period]] = defaultdict(list)
    for draft in drafts:
        periods[draft.account_id].append(draft.period)
    stored = _drafts_of_periods(periods)
    for invoice in stored:
        if any(
            invoice.period.overlaps(period) and invoice.period_from != period.start
            for period in periods[invoice.account_id]
        ):
            _withdraw(invoice)


def _key(draft: InvoiceDraft) -> tuple[int, datetime]:
    return draft.account_id, draft.period.start


@transaction_required()
def issue_instead(*, void: InvoiceVoid, draft: InvoiceDraft, at: datetime) -> Invoice:
    """Issue a draft in the place of a void invoice of its account, which is locked, and period."""
    (pk,) = _create([draft], at=at, issues=True, reissues=[void])
    return Invoice.objects.get(pk=pk)


@transaction_required()
def draft_instead(
    *, voids: Sequence[InvoiceVoid], drafts: Sequence[InvoiceDraft], at: datetime
) -> list[Invoice]:
    """Write drafts in the place of void statements of locked accounts, in their order."""
    ids = _create(drafts, at=at, issues=False, reissues=voids)
    found = Invoice.objects.in_bulk(ids)
    return [found[pk] for pk in ids]


@transaction_required()
def draft_now(*, draft: InvoiceDraft, at: datetime) -> Invoice:
    """Write a draft of a locked account that is not of a billing period."""
    (pk,) = _create([draft], at=at, issues=False)
    return Invoice.objects.get(pk=pk)


@transaction_required()
def discard_draft(*, invoice: Invoice) -> None:
    """Take a draft of a locked account back."""
    _withdraw(invoice)


@transaction_required()
def issue_with_statements(
    *,
    draft: InvoiceDraft,
    statements: Sequence[Invoice],
    at: datetime,
    reissues: InvoiceVoid | None = None,
) -> Invoice:
    """Issue an invoice and the statements it is made of, drafts of locked accounts: all or none.

    The number and the journal are the invoice's; each statement closes its own period.
    `reissues` is the void of the invoice that it stands in for.
    """
    carried = {each.account_id: each.carried_minor for each in statements}
    book = partial(bookings.issued_together, carried=carried)
    (pk,) = _create([draft], at=at, issues=True, reissues=[reissues], book=book)
    invoice = Invoice.objects.get(pk=pk)
    issue_statements(invoice, statements, at=at)
    return invoice


@transaction_required()
def issue_now(*, draft: InvoiceDraft, at: datetime) -> Invoice:
    """Issue a draft of a locked account that nobody looks at before; not of a billing period."""
    (pk,) = _create([draft], at=at, issues=True)
    return Invoice.objects.get(pk=pk)


def _create(
    drafts: Sequence[InvoiceDraft],
    *,
    at: datetime,
    issues: bool,
    reissues: Sequence[InvoiceVoid | None] = (),
    book: Booking = bookings.issued,
) -> list[int]:
    """Write new invoices, lines first: what is issued accepts no more lines.

    `reissues` are the voids they stand in for, one for each; none named is none.
    """
    ids = reserve_ids(Invoice, len(drafts))
    parts: dict[int, InvoiceParts] = {}
    copy_text(InvoiceLine, LINE_COLUMNS, _line_blocks(ids, drafts, parts))
    _write_taxes([tax for part in parts.values() for tax in part.taxes])
    invoices = [
        new_invoice(pk, new_id("inv"), draft, at) for pk, draft in zip(ids, drafts, strict=True)
    ]
    for invoice, void in zip(invoices, reissues, strict=bool(reissues)):
        invoice.reissues = void
    if issues and invoices:
        in_order = sorted(invoices, key=lambda each: (each.period_from, each.account_id))
        issue_locked(in_order, parts, _insert, at=at, book=book)
    else:
        _insert(invoices)
    return ids


def _line_blocks(
    ids: Sequence[int], drafts: Sequence[InvoiceDraft], parts: dict[int, InvoiceParts]
) -> Iterator[str]:
    """The rows of the lines; their digests and taxes are put into `parts` on the way."""
    for pk, draft in zip(ids, drafts, strict=True):
        rows = line_rows(pk, draft.lines)
        parts[pk] = InvoiceParts(rows.sha256, tax_rows(pk, draft), len(draft.lines))
        yield rows.text


def _insert(invoices: Sequence[Invoice]) -> None:
    copy_text(Invoice, INVOICE_COLUMNS, map(invoice_row, invoices))
    record_created(Invoice, [invoice.pk for invoice in invoices])


def _write_taxes(taxes: Sequence[InvoiceTax]) -> None:
    if taxes:
        copy_rows(InvoiceTax, TAX_COLUMNS, map(tax_row, taxes))


def _rebuild(invoice: Invoice, draft: InvoiceDraft, *, at: datetime) -> None:
    invoice.lines.all().delete()
    invoice.taxes.all().delete()
    copy_text(InvoiceLine, LINE_COLUMNS, [line_rows(invoice.pk, draft.lines).text])
    _write_taxes(tax_rows(invoice.pk, draft))
    invoice.payer_id = draft.payer_id
    invoice.subtotal_minor, invoice.carried_minor = draft.subtotal_minor, draft.carried_minor
    invoice.tax_minor, invoice.total_minor = draft.tax_minor, draft.total_minor
    invoice.inputs_digest = draft.inputs_digest
    invoice.billed_to = dict(draft.billed_to)
    invoice.terms_days = draft.terms_days
    invoice.purchase_order, invoice.note = draft.purchase_order, draft.note
    # A zone that changed since may have moved the end.
    invoice.period_until = draft.period.end
    invoice.zone = draft.zone
    invoice.rated_at = at
    invoice.save()
