"""What a wrong price, meter or window of usage touched: issued invoices, line by line.

Owns how two ratings of a period, or its late usage, become the rows of a simulation. Rates with the
functions that bill; writes nothing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import Account
from billing.invoicing.documents.content import digest, plain
from billing.invoicing.drafting.assumptions import Assumption
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.late_usage import LateUsage, late_usage
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoices import of_period
from billing.whatif.comparison import BATCH, Compared, compare, lines_by_key
from billing.whatif.remeasuring import remeasure
from core.errors import DomainError
from core.periods import Period
from usage.meter_terms import MeterTerms
from usage.models import Meter

SEALED = (
    "position",
    "account_id",
    "invoice_id",
    "period_from",
    "period_until",
    "key",
    "description",
    "currency",
    "billed_minor",
    "before_minor",
    "after_minor",
    "delta_minor",
    "before_quantity",
    "after_quantity",
    "line",
    "problem_code",
    "problem",
)
"""The columns of a simulation's row that its digest is over."""


@dataclass(frozen=True, slots=True)
class LineDifference:
    """A line that differs; amounts in minor units, None where there is no such line.

    `billed_minor` is what the issued invoice charges for it. `line` is the assumed line as an
    invoice line keeps it, in plain JSON.
    """

    key: str
    description: str
    billed_minor: int | None
    before_minor: int | None
    after_minor: int | None
    before_quantity: Decimal | None
    after_quantity: Decimal | None
    line: Mapping[str, Any] | None

    @property
    def delta_minor(self) -> int:
        """What it would come to more, or less."""
        return (self.after_minor or 0) - (self.before_minor or 0)


@dataclass(frozen=True, slots=True)
class Examined:
    """An account period that was looked at, with its issued invoice, if any.

    `before_minor` and `after_minor` are the totals of its lines; `problem` says why it could not be
    compared.
    """

    scope: AccountPeriod
    invoice: Invoice | None
    currency: str
    billed_minor: int
    before_minor: int
    after_minor: int
    differences: Sequence[LineDifference]
    problem: DomainError | None = None


def under(scopes: Sequence[AccountPeriod], assuming: Assumption) -> Iterator[Examined]:
    """Compare scopes as they are with what they come to under an assumption."""
    for first in range(0, len(scopes), BATCH):
        batch = scopes[first : first + BATCH]
        issued = _issued(batch)
        ids = {scope.account_id for scope in batch}
        currencies = dict(Account.objects.filter(pk__in=ids).values_list("pk", "currency"))
        billed = _billed_lines(issued.values())
        for compared in compare(batch, assuming):
            invoice = issued.get((compared.scope.account_id, compared.scope.period.start))
            lines = billed.get(invoice.pk, {}) if invoice else {}
            yield _compared(compared, invoice, lines, currencies[compared.scope.account_id])


def under_terms(
    scopes: Sequence[AccountPeriod], meter: Meter, terms: MeterTerms
) -> Iterator[Examined]:
    """Compare scopes as they are with what they come to if the meter had had other terms.

    Raises: TermsInvalid.
    """
    for first in range(0, len(scopes), BATCH):
        batch = scopes[first : first + BATCH]
        yield from under(batch, Assumption(remeasured=remeasure(batch, meter, terms)))


def as_it_stands(invoices: Sequence[Invoice]) -> Iterator[Examined]:
    """Compare issued invoices with what their usage comes to now, beyond what was settled late."""
    for first in range(0, len(invoices), BATCH):
        batch = invoices[first : first + BATCH]
        billed = _billed_lines(batch)
        for late in late_usage(batch, settled=False):
            yield _corrected(late, billed.get(late.invoice.pk, {}))


def scope_of(invoice: Invoice) -> AccountPeriod:
    """The account period an invoice is for."""
    return AccountPeriod(invoice.account_id, invoice.period, invoice.zone)


def _compared(
    compared: Compared, invoice: Invoice | None, billed: Mapping[str, int], currency: str
) -> Examined:
    before, after = lines_by_key(compared.before), lines_by_key(compared.after)
    keys = dict.fromkeys([*before, *after])
    differences = [
        _difference(key, before.get(key), after.get(key), billed.get(key)) for key in keys
    ]
    return Examined(
        scope=compared.scope,
        invoice=invoice,
        currency=currency,
        billed_minor=sum(billed.values()),
        before_minor=_total(compared.before),
        after_minor=_total(compared.after),
        differences=[] if compared.problem else [each for each in differences if each.delta_minor],
        problem=compared.problem,
    )


def _difference(
    key: str, before: DraftLine | None, after: DraftLine | None, billed: int | None
) -> LineDifference:
    shown = after or before
    assert shown is not None
    return LineDifference(
        key=key,
        description=shown.description,
        billed_minor=billed,
        before_minor=before.amount_minor if before else None,
        after_minor=after.amount_minor if after else None,
        before_quantity=before.rated_quantity if before else None,
        after_quantity=after.rated_quantity if after else None,
        line=line_document(after) if after else None,
    )


def _corrected(late: LateUsage, billed: Mapping[str, int]) -> Examined:
    """A late line is what is missing, or too much, of one charge: its amount is the difference."""
    charges: dict[str, int] = defaultdict(int)
    for key, minor in billed.items():
        charges[key.partition("/")[0]] += minor
    total = sum(billed.values())
    differences = [
        LineDifference(
            key=line.key,
            description=line.description,
            billed_minor=charges.get(charge_key_of(line.key)),
            before_minor=None,
            after_minor=line.amount_minor,
            before_quantity=None,
            after_quantity=line.rated_quantity,
            line=line_document(line),
        )
        for line in late.lines
        if line.amount_minor
    ]
    return Examined(
        scope=scope_of(late.invoice),
        invoice=late.invoice,
        currency=late.invoice.currency,
        billed_minor=total,
        before_minor=total,
        after_minor=total + late.amount_minor,
        differences=differences,
        problem=late.problem,
    )


def sealed(seal: str, row: Mapping[str, Any]) -> str:
    """The digest of a row, by its columns, and of all rows before it."""
    return digest([seal, {name: row[name] for name in SEALED}])


def line_document(line: DraftLine) -> dict[str, Any]:
    """Everything a line says, as plain JSON: what a correction has to print."""
    values = line._asdict() | {"period": [line.period.start, line.period.end]}
    document: dict[str, Any] = json.loads(json.dumps(values, default=plain))
    return document


def _issued(scopes: Sequence[AccountPeriod]) -> dict[tuple[int, datetime], Invoice]:
    invoices = Invoice.objects.filter(
        of_period(),
        account_id__in={scope.account_id for scope in scopes},
        period_from__in={scope.period.start for scope in scopes},
    )
    return {(invoice.account_id, invoice.period_from): invoice for invoice in invoices}


def _billed_lines(invoices: Iterable[Invoice]) -> dict[int, dict[str, int]]:
    """The amounts of the lines for the invoices' own periods, by invoice and key; one query."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    lines = InvoiceLine.objects.filter(
        invoice_id__in=[invoice.pk for invoice in invoices], corrects__isnull=True
    )
    for invoice_id, key, minor in lines.values_list("invoice_id", "key", "amount_minor"):
        found[invoice_id][key] = minor
    return found


def _total(draft: InvoiceDraft | DomainError) -> int:
    return 0 if isinstance(draft, DomainError) else draft.subtotal_minor


def overlapping(span: Period) -> dict[str, datetime]:
    """The filter of rows whose period shares an instant with the span."""
    return {"period_from__lt": span.end, "period_until__gt": span.start}
