"""What was billed and taken back: credit notes, voids, adjustments, bills that were parked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from billing.invoicing.models import Adjustment, BillRunItem, CreditNote, InvoiceVoid
from billing.overview.queries.history import Entry, Opened
from billing.overview.queries.timeline.sources import (
    TimelineKind,
    TimelineSource,
    of_invoices,
    plain,
)


def _notes(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = CreditNote.objects.filter(pk__in=refs).select_related("invoice")
    return {
        each.pk: Entry(
            each.issued_at,
            each.issued_by,
            f"Credit note {each.number} of {each.invoice},"
            f" {each.get_reason_code_display().lower()}",
            each.reason,
            opens=Opened("credit-note", each.number),
            amount=-each.total,
        )
        for each in rows
    }


def _voids(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = InvoiceVoid.objects.filter(pk__in=refs).select_related("invoice")
    return {
        each.pk: Entry(
            each.voided_at,
            each.voided_by,
            f"Invoice {each.invoice} void",
            each.reason,
            opens=Opened("invoice", each.invoice.public_id),
            amount=-each.invoice.total,
        )
        for each in rows
    }


def _adjustments(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        each.pk: Entry(
            each.made_at,
            each.made_by,
            f"Adjustment for the next invoice: {each.description}",
            each.reason,
            opens=Opened("adjustment", each.public_id),
            amount=each.amount,
        )
        for each in Adjustment.objects.filter(pk__in=refs)
    }


def _parked(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = BillRunItem.objects.filter(pk__in=refs).select_related("run")
    return {
        each.pk: Entry(
            each.settled_at or each.period_until,
            "bill run",
            "The bill was parked",
            each.parked_reason,
            opens=Opened("run", each.run.public_id),
        )
        for each in rows
    }


BILLS: Final = (
    TimelineSource(
        "note", TimelineKind.INVOICES, of_invoices("invoicing_creditnote", "issued_at"), _notes
    ),
    TimelineSource(
        "void",
        TimelineKind.INVOICES,
        of_invoices("invoicing_invoicevoid", "voided_at"),
        _voids,
    ),
    TimelineSource(
        "adjustment", TimelineKind.INVOICES, plain("invoicing_adjustment", "made_at"), _adjustments
    ),
    TimelineSource(
        "parked",
        TimelineKind.INVOICES,
        plain(
            "invoicing_billrunitem",
            "settled_at",
            mine="account_id = %(account)s AND state = 'parked' AND settled_at IS NOT NULL",
        ),
        _parked,
    ),
)
