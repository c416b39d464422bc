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

from msgspec import Raw, Struct
from msgspec.json import Encoder

from billing.invoicing.documents.content import instants
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.models import Invoice, InvoiceTax
from core.db.bulk_rows import column_text, row_text
from core.decimals import decimal_text

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
    "carried_minor",
    "total_minor",
    "inputs_digest",
    "billed_to",
    "terms_days",
    "rated_at",
    "series_id",
    "sequence",
    "number",
    "issued_at",
    "due_on",
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
    "tax_group",
    "dimensions",
    "explanation",
    "period_from",
    "period_until",
)

TAX_COLUMNS = (
    "invoice_id", "group", "jurisdiction", "treatment", "name", "rate", "base_minor", "tax_minor",
    "evidence",
)  # fmt: skip


class _Content(Struct):
    """The content of a line; the order of its fields is that of the canonical form."""

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


# The scales of the columns, beyond which PostgreSQL rounds half away from zero.
_QUANTITY_PLACES, _PRICE_PLACES = 18, 12
_WIDE = Context(prec=120)
_sorted_json = Encoder(order="sorted").encode
_content = Encoder().encode


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
        quantity = _as_stored(line.quantity, _QUANTITY_PLACES)
        unit_price = None
        if line.unit_price is not None:
            unit_price = _as_stored(line.unit_price, _PRICE_PLACES)
        contents.append(
            _content(
                _Content(
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
                    quantity,
                    line.tax_group,
                    line.unit,
                    unit_price,
                )
            )
        )
        texts = _columns(
            line.key,
            line.group_label,
            line.description,
            line.unit,
            dimensions.decode(),
            explanation.decode(),
        )
        rows.append(
            f"{invoice_id}\t{position}\t{texts[0]}\t{line.kind}"
            f"\t{_or_null(line.subscription_id)}\t{_or_null(line.price_id)}"
            f"\t{_or_null(line.price_override_id)}"
            f"\t{_or_null(line.resource_id)}\t{_or_null(line.corrects_id)}"
            f"\t{texts[1]}\t{texts[2]}\t{quantity}"
            f"\t{texts[3]}\t{_or_null(unit_price)}\t{line.amount_minor}\t{line.tax_group}"
            f"\t{texts[4]}\t{texts[5]}"
            f"\t{start}\t{end}\n"
        )
    content = b"[" + b",".join(contents) + b"]"
    return LineRows("".join(rows), hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class InvoiceParts:
    """What of an invoice is in other tables: the digest of its lines, and its taxes by group."""

    lines_sha256: str
    taxes: Sequence[InvoiceTax]


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
        )
        for each in draft.taxes
    ]


def tax_row(tax: InvoiceTax) -> tuple[object, ...]:
    """The row of a tax for COPY, in the order of TAX_COLUMNS."""
    return (
        tax.invoice_id, tax.group, tax.jurisdiction, tax.treatment, tax.name, tax.rate,
        tax.base_minor, tax.tax_minor, tax.evidence,
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
