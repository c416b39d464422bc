"""An invoice told apart from the one before it, kept once it was worked out for a long one.

Issued invoices never change, so what was said of two of them stays true. It is kept under the
digests of their contents; where the cache is away, it is worked out again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.core.cache import cache

from billing.invoicing.bill_change.grouping import ToldBy
from billing.invoicing.models import Invoice
from billing.invoicing.queries.bill_change import bill_change
from console.invoices.wording.change import ToldChange, tell_change
from console.invoices.wording.change_lines import OpenedPart, open_part
from core.canonical_json import digest_of_plain

KEPT_FOR: Final = 86_400
"""Seconds; words that a later release says otherwise are heard by then."""
FORM: Final = 1
"""Raised where the shape of what is kept changes."""

ToldPair = tuple[ToldChange, OpenedPart | None]


def compared(found: Invoice, earlier: Invoice, *, by: ToldBy, part: str, is_long: bool) -> ToldPair:
    """The change in words, and the part that is opened, if one is. Raises: PartNotFound."""
    digests = [earlier.content_sha256, found.content_sha256]
    if not is_long or not all(digests):
        return _compared(found, earlier, by, part)
    key = f"compared:{digest_of_plain([FORM, *digests, by.value, part])}"
    kept: ToldPair | None = cache.get(key)
    if kept is None:
        told, opened = _compared(found, earlier, by, part)
        kept = replace(told, change=replace(told.change, parts=())), opened
        cache.set(key, kept, KEPT_FOR)
    return kept


def _compared(found: Invoice, earlier: Invoice, by: ToldBy, part: str) -> ToldPair:
    change = bill_change(found, earlier, by=by)
    return tell_change(change), open_part(change, part) if part else None
