"""Draft invoices as rows: the text COPY takes, and the digest of the lines it writes.

Each line is composed once, so what is stored and what is hashed cannot differ: the digest is that
of `billing.invoicing.documents.content`, and an invariant recomputes it from the rows.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from operator import attrgetter

from msgspec import Raw
from msgspec.json import Encoder

from billing.invoicing.documents.content import LINE_FIELDS, TAX_FIELDS, LineContent, instants
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.models import Invoice, InvoiceTax
from core.db.bulk_rows import column_text, row_text
from core.decimals import decimal_text

INVOICE_COLUMNS = (
    "id",
    "public_id",
    "kind",
    "account_id",
    "payer_id",
    "period_from",
    "period_until",
    "zone",
    "reissues_id",
    "consolidated_on_id",
    "state",
    "currency",
    "subtotal_minor",
    "tax_minor",
    "carried_minor",
    "total_minor",
    "inputs_digest",
    "billed_to",
    "terms_days",
    "purchase_order",
    "note",
    "rated_at",
    "series_id",
    "sequence",
    "number",
    "issued_at",
    "issued_on",
    "due_on",
    "content_sha256",
    "created_at",
)
LINE_COLUMNS = (
    "invoice_id",
    "subscription_id",
    "price_id",
    "price_override_id",
    "resource_id",
    "corrects_id",
    *LINE_FIELDS,
)
TAX_COLUMNS = ("invoice_id", *TAX_FIELDS)

# The scales of the columns, beyond which PostgreSQL rounds half away from zero.
_QUANTITY_PLACES, _PRICE_PLACES = 18, 12
_WIDE = Context(prec=120)
_sorted_json = Encoder(order="sorted").encode
_encoded = Encoder().encode


@dataclass(frozen=True, slots=True)
class LineRows:
    """The lines of one invoice: rows for COPY in the order of LINE_COLUMNS, and their digest."""

    text: str
    sha256: str


def line_rows(invoice_id: int, lines: Sequence[DraftLine]) -> LineRows:
    """Compose the lines of an invoice."""
    rows, contents = [], []
    for position, line in enumerate(lines, start=1):
        start, end = instants(line.period)
        dimensions, explanation = _sorted_json(line.dimensions), _sorted_json(line.explanation)
        content = LineContent(
            line.amount_minor,
            line.description,
            Raw(dimensions),
            Raw(explanation),
            line.group_label,
            line.key,
            line.kind,
            start,
            end,
            position,
            _as_stored(line.quantity, _QUANTITY_PLACES),
            line.tax_group,
            line.unit,
            None if line.unit_price is None else _as_stored(line.unit_price, _PRICE_PLACES),
        )
        contents.append(_encoded(content))
        rows.append(f"{invoice_id}{_references(line)}{_row(content)}")
    whole = b"[" + b",".join(contents) + b"]"
    return LineRows("".join(rows), hashlib.sha256(whole).hexdigest())


def _references(line: DraftLine) -> str:
    return (
        f"\t{_or_null(line.subscription_id)}\t{_or_null(line.price_id)}"
        f"\t{_or_null(line.price_override_id)}"
        f"\t{_or_null(line.resource_id)}\t{_or_null(line.corrects_id)}"
    )


def _row(content: LineContent) -> str:
    """The content in the order of LINE_FIELDS."""
    texts = _columns(
        content.description,
        bytes(content.dimensions).decode(),
        bytes(content.explanation).decode(),
        content.group_label,
        content.key,
        content.unit,
    )
    return (
        f"\t{content.amount_minor}\t{texts[0]}\t{texts[1]}\t{texts[2]}\t{texts[3]}\t{texts[4]}"
        f"\t{content.kind}\t{content.period_from}\t{content.period_until}\t{content.position}"
        f"\t{content.quantity}\t{content.tax_group}\t{texts[5]}\t{_or_null(content.unit_price)}\n"
    )


@dataclass(frozen=True, slots=True)
class InvoiceParts:
    """What of an invoice is in other tables: of its lines digest and count; its taxes by group."""

    lines_sha256: str
    taxes: Sequence[InvoiceTax]
    line_count: int


def tax_rows(invoice_id: int, draft: InvoiceDraft) -> list[InvoiceTax]:
    """The taxes of an invoice, in order of their groups, not yet stored."""
    return [
        InvoiceTax(
            invoice_id=invoice_id,
            group=each.group.key,
            jurisdiction=each.group.jurisdiction,
            treatment=each.group.treatment.value,
            name=each.group.name,
            rate=each.group.rate,
            base_minor=each.base_minor,
            tax_minor=each.tax_minor,
            evidence=each.group.evidence,
            product_class=each.group.product_class,
            rounding=each.group.rounding.value,
            is_included=each.group.is_included,
        )
        for each in draft.taxes
    ]


def tax_row(tax: InvoiceTax) -> tuple[object, ...]:
    """The row of a tax for COPY, in the order of TAX_COLUMNS."""
    return (
        tax.invoice_id, tax.group, tax.jurisdiction, tax.treatment, tax.name, tax.rate,
        tax.base_minor, tax.tax_minor, tax.evidence, tax.product_class, tax.rounding,
        tax.is_included,
    )  # fmt: skip


def _columns(*texts: str) -> Sequence[str]:
    """The texts as COPY has them; one look at all of them says that most need no change."""
    whole = "".join(texts)
    if whole.isprintable() and "\\" not in whole:
        return texts
    return [column_text(text) for text in texts]


def invoice_row(invoice: Invoice) -> str:
    """The row of an invoice for COPY, in the order of INVOICE_COLUMNS."""
    return row_text(_columns_of(invoice))


_columns_of = attrgetter(*INVOICE_COLUMNS)


def new_invoice(pk: int, public_id: str, draft: InvoiceDraft, at: datetime) -> Invoice:
    """A draft invoice, not yet stored."""
    return Invoice(
        id=pk,
        public_id=public_id,
        kind=draft.kind,
        account_id=draft.account_id,
        payer_id=draft.payer_id,
        period_from=draft.period.start,
        period_until=draft.period.end,
        zone=draft.zone,
        state=Invoice.State.DRAFT.value,
        currency=draft.currency,
        subtotal_minor=draft.subtotal_minor,
        tax_minor=draft.tax_minor,
        carried_minor=draft.carried_minor,
        total_minor=draft.total_minor,
        inputs_digest=draft.inputs_digest,
        billed_to=dict(draft.billed_to),
        terms_days=draft.terms_days,
        purchase_order=draft.purchase_order,
        note=draft.note,
        rated_at=at,
        created_at=at,
    )


def _as_stored(value: Decimal, places: int) -> str:
    """A decimal as its column keeps it, so that what is hashed is what is stored."""
    text = decimal_text(value)
    if len(text.partition(".")[2]) <= places:
        return text
    return decimal_text(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE))


def _or_null(value: int | str | None) -> int | str:
    return r"\N" if value is None else value
