"""Write draft invoices and issue them.

Both work on many invoices at once, because a bill run does; one invoice is a list of one. A draft
whose inputs did not change is not touched at all: no row, no history, no event. Lock order:
accounts, then invoices, then the number series, which is locked last and briefly.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from billing.books import SERIES_PREFIX
from billing.bulk import copy_rows, jsonb, reserve_ids
from billing.content import content_digest, lines_digest
from billing.drafts import Draft
from billing.models import Invoice, InvoiceLine, NumberSeries
from billing.operations import late, ledger
from core.actor import Actor, acting_as, current_actor, current_reason
from core.db.history import record_changed, record_created
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict
from core.ids import new_id
from eventing.publish import Fact, publish_all

INVOICE_COLUMNS = (
    "id",
    "public_id",
    "account_id",
    "payer_id",
    "period_from",
    "period_until",
    "zone",
    "state",
    "currency",
    "subtotal_minor",
    "tax_minor",
    "total_minor",
    "inputs_digest",
    "billed_to",
    "terms_days",
    "rated_at",
    "content_sha256",
    "created_at",
)
LINE_COLUMNS = (
    "invoice_id",
    "position",
    "key",
    "kind",
    "subscription_id",
    "price_id",
    "price_override_id",
    "resource_id",
    "corrects_id",
    "group_label",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "amount_minor",
    "dimensions",
    "explanation",
    "period_from",
    "period_until",
)


class NotADraft(Conflict):
    """The invoice was issued already."""

    code = "invoice_not_a_draft"
    title = "The invoice is issued"


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the invoice, whether it was written, whether it is issued."""

    invoice_id: int
    changed: bool
    issued: bool


@transaction_required()
def save_drafts(*, drafts: Sequence[Draft], at: datetime) -> list[Saved]:
    """Write drafts of locked accounts, in their order.

    A draft with the inputs digest of the stored one changes nothing; an issued invoice is left
    alone.
    """
    stored = _stored(drafts)
    new = [draft for draft in drafts if _key(draft) not in stored]
    created = dict(zip(map(_key, new), _create(new, at=at), strict=True))
    saved = []
    for draft in drafts:
        if _key(draft) in created:
            saved.append(Saved(created[_key(draft)], changed=True, issued=False))
            continue
        invoice = stored[_key(draft)]
        changed = invoice.is_draft and invoice.inputs_digest != draft.inputs_digest
        if changed:
            _rebuild(invoice, draft, at=at)
        saved.append(Saved(invoice.pk, changed=changed, issued=not invoice.is_draft))
    return saved


def issue(*, invoice_ids: Iterable[int], at: datetime, by: Actor, reason: str) -> list[Invoice]:
    """Issue drafts in one transaction: journal, content hash, outbox event, number.

    Numbers follow the order of (period, account). Raises: NotADraft, and then nothing is issued.
    """
    with acting_as(by, reason=reason), transaction():
        return issue_all(invoice_ids=invoice_ids, at=at)


@transaction_required()
def issue_all(*, invoice_ids: Iterable[int], at: datetime) -> list[Invoice]:
    """Issue drafts inside the caller's transaction and actor; see `issue`."""
    invoices = list(
        Invoice.objects.select_for_update(no_key=True)
        .filter(pk__in=list(invoice_ids))
        .order_by("period_from", "account_id")
    )
    for invoice in invoices:
        if not invoice.is_draft:
            raise NotADraft(f"{invoice} is issued already.", invoice=invoice.public_id)
    if invoices:
        _issue_locked(invoices, at=at)
    return invoices


def _issue_locked(invoices: Sequence[Invoice], *, at: datetime) -> None:
    hashes = _lines_hashes(invoices)
    for invoice in invoices:
        invoice.state = Invoice.State.ISSUED
        invoice.issued_at = at
        day = at.astimezone(ZoneInfo(invoice.zone)).date()
        invoice.due_on = day + timedelta(days=invoice.terms_days)
    ledger.post_issued_invoices(invoices=invoices, at=at)
    late.record_billed(invoices=invoices, at=at, by=current_actor(), reason=current_reason())
    # Everything slow is done; from here on the series is locked until the commit.
    series = NumberSeries.objects.select_for_update(no_key=True).get(prefix=SERIES_PREFIX)
    for sequence, invoice in enumerate(invoices, start=series.next_value):
        invoice.series, invoice.sequence = series, sequence
        invoice.number = f"{series.prefix}{sequence:08d}"
        invoice.content_sha256 = content_digest(invoice, lines_sha256=hashes[invoice.pk])
    _mark_issued(invoices)
    publish_all([_issued_fact(invoice) for invoice in invoices], at=at)
    series.next_value += len(invoices)
    series.save(update_fields=["next_value"])


def _lines_hashes(invoices: Sequence[Invoice]) -> dict[int, str]:
    lines = InvoiceLine.objects.filter(invoice__in=invoices).order_by("invoice_id", "position")
    return {
        invoice_id: lines_digest(group)
        for invoice_id, group in groupby(lines, key=lambda line: line.invoice_id)
    }


def _mark_issued(invoices: Sequence[Invoice]) -> None:
    columns = ("series_id", "sequence", "number", "issued_at", "due_on", "content_sha256")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE billing_invoice AS invoice
            SET state = 'issued', series_id = new.series_id, sequence = new.sequence,
                number = new.number, issued_at = new.issued_at, due_on = new.due_on,
                content_sha256 = new.content_sha256
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[],
                        %s::date[], %s::text[])
                AS new (id, series_id, sequence, number, issued_at, due_on, content_sha256)
            WHERE invoice.id = new.id AND invoice.state = 'draft'
            """,
            [[invoice.pk for invoice in invoices]]
            + [[getattr(invoice, column) for invoice in invoices] for column in columns],
        )
    record_changed(Invoice, [invoice.pk for invoice in invoices])


def _issued_fact(invoice: Invoice) -> Fact:
    return Fact(
        "invoice.issued",
        subject=invoice.public_id,
        payload={
            "number": invoice.number,
            "total": {"currency": invoice.currency, "decimal": str(invoice.total.amount)},
            "period": {
                "start": invoice.period_from.isoformat(),
                "end": invoice.period_until.isoformat(),
            },
            "content_sha256": invoice.content_sha256,
        },
    )


def _stored(drafts: Sequence[Draft]) -> dict[tuple[int, datetime], Invoice]:
    invoices = Invoice.objects.filter(
        account_id__in=[draft.account_id for draft in drafts],
        period_from__in={draft.period.start for draft in drafts},
    )
    return {(invoice.account_id, invoice.period_from): invoice for invoice in invoices}


def _key(draft: Draft) -> tuple[int, datetime]:
    return draft.account_id, draft.period.start


def _create(drafts: Sequence[Draft], *, at: datetime) -> list[int]:
    ids = reserve_ids(Invoice, len(drafts))
    numbered = list(zip(ids, drafts, strict=True))
    copy_rows(Invoice, INVOICE_COLUMNS, (_invoice_row(pk, draft, at) for pk, draft in numbered))
    copy_rows(InvoiceLine, LINE_COLUMNS, _line_rows(numbered))
    record_created(Invoice, ids)
    return ids


def _invoice_row(pk: int, draft: Draft, at: datetime) -> tuple[Any, ...]:
    subtotal = draft.subtotal_minor
    return (
        pk,
        new_id("inv"),
        draft.account_id,
        draft.payer_id,
        draft.period.start,
        draft.period.end,
        draft.zone,
        Invoice.State.DRAFT.value,
        draft.currency,
        subtotal,
        0,
        subtotal,
        draft.inputs_digest,
        jsonb(draft.billed_to),
        draft.terms_days,
        at,
        "",
        at,
    )


def _line_rows(drafts: Iterable[tuple[int, Draft]]) -> Iterator[tuple[Any, ...]]:
    for invoice_id, draft in drafts:
        for position, line in enumerate(draft.lines, start=1):
            yield (
                invoice_id,
                position,
                line.key,
                line.kind,
                line.subscription_id,
                line.price_id,
                line.price_override_id,
                line.resource_id,
                line.corrects_id,
                line.group_label,
                line.description,
                line.quantity,
                line.unit,
                line.unit_price,
                line.amount_minor,
                jsonb(line.dimensions),
                jsonb(line.explanation),
                line.period.start,
                line.period.end,
            )


def _rebuild(invoice: Invoice, draft: Draft, *, at: datetime) -> None:
    invoice.lines.all().delete()
    copy_rows(InvoiceLine, LINE_COLUMNS, _line_rows([(invoice.pk, draft)]))
    invoice.payer_id = draft.payer_id
    invoice.subtotal_minor = invoice.total_minor = draft.subtotal_minor
    invoice.inputs_digest = draft.inputs_digest
    invoice.billed_to = dict(draft.billed_to)
    invoice.terms_days = draft.terms_days
    invoice.rated_at = at
    invoice.save()
