"""What an account was billed in another system, and the day it came over from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from billing.legacy.models import CutOver, LegacyInvoice
from billing.overview.queries.history import Entry, Opened
from billing.overview.queries.timeline.sources import TimelineKind, TimelineSource, plain


def _invoices(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = LegacyInvoice.objects.filter(pk__in=refs).select_related("brought_by")
    return {
        each.pk: Entry(
            each.period_until,
            each.system,
            f"Invoice {each} of {each.system}",
            each.brought_by.reason,
            opens=Opened("legacy-invoice", each.public_id),
            amount=each.charged,
        )
        for each in rows
    }


def _cut_overs(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        each.pk: Entry(
            each.switch_at,
            each.made_by,
            f"Billed here, no longer by {each.system}",
            each.reason,
            amount=each.opening,
        )
        for each in CutOver.objects.filter(pk__in=refs)
    }


MOVED: Final = (
    TimelineSource(
        "legacy",
        TimelineKind.INVOICES,
        plain(
            "legacy_legacyinvoice",
            "period_until",
            known="(SELECT imported_at FROM legacy_legacyimport AS brought"
            " WHERE brought.id = brought_by_id)",
        ),
        _invoices,
    ),
    TimelineSource(
        "cutover",
        TimelineKind.INVOICES,
        plain("legacy_cutover", "switch_at", known="made_at"),
        _cut_overs,
    ),
)
