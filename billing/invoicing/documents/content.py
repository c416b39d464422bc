"""The canonical content of an invoice, and its SHA-256.

One writer for issuing, verifying and publishing: what is hashed is what the columns hold, as JSON
with sorted keys, no spaces, decimals as plain strings and instants in UTC. Anyone with the
document can repeat the hash with a standard library.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Raw, Struct

from billing.invoicing.models import Invoice, InvoiceLine, InvoiceTax
from core.decimals import decimal_text
from core.periods import Period


class LineContent(Struct):
    """What a line says; the order of its fields is that of the canonical form."""

    amount_minor: int
    description: str
    dimensions: Raw
    explanation: Raw
    group_label: str
    key: str
    kind: str
    period_from: str
    period_until: str
    position: int
    quantity: str
    tax_group: str
    unit: str
    unit_price: str | None


LINE_FIELDS = LineContent.__struct_fields__
TAX_FIELDS = (
    "group", "jurisdiction", "treatment", "name", "rate", "base_minor", "tax_minor", "evidence",
    "product_class", "rounding", "is_included",
)  # fmt: skip
HEADER_FIELDS = (
    "public_id",
    "kind",
    "period_from",
    "period_until",
    "zone",
    "currency",
    "subtotal_minor",
    "tax_minor",
    "carried_minor",
    "total_minor",
    "inputs_digest",
    "billed_to",
    "purchase_order",
    "note",
    "number",
    "issued_at",
    "issued_on",
    "due_on",
)


def line_content(line: InvoiceLine) -> dict[str, Any]:
    """The printed and explained facts of one line."""
    return {name: getattr(line, name) for name in LINE_FIELDS}


def lines_digest(lines: Iterable[InvoiceLine]) -> str:
    """SHA-256 over the lines, in the order of their positions."""
    return digest([line_content(line) for line in lines])


def content_digest(invoice: Invoice, *, lines_sha256: str, taxes: Iterable[InvoiceTax] = ()) -> str:
    """SHA-256 over the header, the taxes in order of their groups, and the digest of the lines."""
    header: dict[str, Any] = {name: getattr(invoice, name) for name in HEADER_FIELDS}
    header["taxes"] = [{name: getattr(tax, name) for name in TAX_FIELDS} for tax in taxes]
    return digest(header | {"lines_sha256": lines_sha256})


def stored_taxes(invoice_ids: Iterable[int]) -> dict[int, list[InvoiceTax]]:
    """The taxes of invoices, in order of their groups; one query."""
    found: dict[int, list[InvoiceTax]] = {}
    rows = InvoiceTax.objects.filter(invoice_id__one_of=list(invoice_ids))
    for tax in rows.order_by("invoice_id", "group"):
        found.setdefault(tax.invoice_id, []).append(tax)
    return found


def digest(value: Any) -> str:
    """SHA-256, in hexadecimal, of a value in the canonical form.

    core.canonical_json has it sooner for plain values.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain
    )
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=4_096)
def instants(period: Period) -> tuple[str, str]:
    """Where a period starts and ends, as the canonical form writes it."""
    return plain(period.start), plain(period.end)


def plain(value: object) -> str:
    """A decimal, an instant or a day as the canonical form writes it."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form.")
