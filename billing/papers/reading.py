"""From rows to the content of papers: the one place that decides what a paper says.

Reads what was frozen at issue and nothing that changes later: names, addresses and lines as copied,
the seller in force at the instant of issue, and the money that was on an invoice by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import F, Sum

from billing.invoicing.documents.content import stored_taxes
from billing.invoicing.issuing_entity import day_of_issue
from billing.invoicing.models import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    Invoice,
    InvoiceLine,
    InvoiceTax,
)
from billing.invoicing.models.invoice_lines import TAX_INCLUDED
from billing.invoicing.tax import TaxRounding
from billing.papers.content import (
    PaperContent,
    PaperLine,
    PaperParty,
    PaperTax,
    PayTo,
    RefersTo,
)
from billing.papers.models import Paper, Seller
from billing.receivables.models import Settlement
from core.errors import Conflict
from core.isolating import made_or_wrong
from core.periods import Period, local_day


class NoSeller(Conflict):
    """Nobody is named as the seller at the instant of issue."""

    code = "paper_without_seller"
    title = "Nobody is named as the seller"


@dataclass(frozen=True, slots=True)
class _Rows:
    """What several papers need of other tables, by invoice or note."""

    sellers: Sequence[Seller]
    lines: Mapping[int, Sequence[InvoiceLine]]
    taxes: Mapping[int, Sequence[InvoiceTax]]
    paid: Mapping[int, int]
    note_lines: Mapping[int, Sequence[CreditNoteLine]] = field(default_factory=dict)
    note_taxes: Mapping[int, Sequence[CreditNoteTax]] = field(default_factory=dict)

    def seller_at(self, at: datetime) -> Seller:
        """The seller in force at an instant. Raises: NoSeller."""
        for seller in self.sellers:
            if seller.valid_from <= at:
                return seller
        raise NoSeller(
            f"Nobody is named as the seller on {at:%Y-%m-%d %H:%M} UTC. "
            "Name one under Sellers, from that day on."
        )


def contents(papers: Sequence[Paper]) -> dict[int, PaperContent | Exception]:
    """What each paper says, or what went wrong; seven queries for any number of papers.

    One paper that cannot be read does not keep the others from being read.

    The papers come with their invoice, note or void; see `with_subjects`.
    """
    invoices = {subject.pk: subject for subject in map(_invoice_of, papers)}
    notes = [paper.credit_note_id for paper in papers if paper.credit_note_id is not None]
    printed = [paper.invoice_id for paper in papers if paper.invoice_id is not None]
    rows = _Rows(
        sellers=list(Seller.objects.order_by("-valid_from")),
        lines=_by(InvoiceLine.objects.filter(invoice_id__one_of=printed), "invoice_id", "position"),
        taxes=stored_taxes(invoices),
        paid=_paid_at_issue(printed),
        note_lines=_by(CreditNoteLine.objects.filter(note_id__one_of=notes), "note_id", "pk"),
        note_taxes=_by(CreditNoteTax.objects.filter(note_id__one_of=notes), "note_id", "group"),
    )
    return {paper.pk: made_or_wrong(partial(_content, paper, rows)) for paper in papers}


def content_of(paper: Paper) -> PaperContent:
    """What one paper says. Raises: NoSeller."""
    said = contents([paper])[paper.pk]
    if isinstance(said, Exception):
        raise said
    return said


WITH_SUBJECTS = (
    "invoice__payer",
    "invoice__reissues__invoice",
    "credit_note__invoice__payer",
    "void__invoice__payer",
)
"""What `contents` reads of a paper; for select_related."""


def _content(paper: Paper, rows: _Rows) -> PaperContent:
    if paper.credit_note is not None:
        return _note(paper, rows)
    if paper.void is not None:
        return _void(paper, rows)
    return _invoice(paper, rows)


def _invoice(paper: Paper, rows: _Rows) -> PaperContent:
    invoice = _invoice_of(paper)
    assert invoice.issued_at is not None  # a paper is of an issued invoice
    seller = rows.seller_at(invoice.issued_at)
    reissued = invoice.reissues.invoice if invoice.reissues is not None else None
    return PaperContent(
        lines=[_line(line, invoice.zone) for line in rows.lines.get(invoice.pk, ())],
        taxes=[_tax(tax) for tax in rows.taxes.get(invoice.pk, ())],
        issued_at=invoice.issued_at,
        due_on=invoice.due_on,
        refers_to=_refers_to(reissued) if reissued is not None else None,
        paid_minor=rows.paid.get(invoice.pk, 0),
        carried_minor=invoice.carried_minor,
        **_sums(invoice),
        **_shared(paper, invoice, seller, invoice.billed_to, invoice.issued_at),
    )


def _note(paper: Paper, rows: _Rows) -> PaperContent:
    note = paper.credit_note
    assert note is not None
    invoice = note.invoice
    groups = {tax.group: tax for tax in rows.taxes.get(invoice.pk, ())}
    shared = _shared(paper, invoice, rows.seller_at(note.issued_at), note.billed_to, note.issued_at)
    return PaperContent(
        **shared
        | {
            "public_id": note.public_id,
            "number": note.number,
            "content_sha256": note.content_sha256,
        },
        lines=[
            PaperLine(
                position=position,
                group="",
                description=line.description,
                quantity=line.quantity,
                unit="" if line.quantity is None else line.unit,  # type: ignore[redundant-expr]  # null
                unit_price=None,
                amount_minor=line.amount_minor,
                tax_group=line.tax_group,
            )
            for position, line in enumerate(rows.note_lines.get(note.pk, ()), start=1)
        ],
        taxes=[
            _tax(groups[tax.group], base_minor=tax.base_minor, tax_minor=tax.tax_minor)
            for tax in rows.note_taxes.get(note.pk, ())
        ],
        issued_at=note.issued_at,
        due_on=None,
        reason=note.reason_code,
        refers_to=_refers_to(invoice),
        **_sums(note),
    )


def _void(paper: Paper, rows: _Rows) -> PaperContent:
    void = paper.void
    assert void is not None
    invoice = void.invoice
    seller = rows.seller_at(void.voided_at)
    return PaperContent(
        **_shared(paper, invoice, seller, invoice.billed_to, void.voided_at)
        | {"public_id": void.public_id},
        issued_at=void.voided_at,
        due_on=None,
        voided_on=day_of_issue(void.effective_at),
        refers_to=_refers_to(invoice),
        carried_minor=invoice.carried_minor,
        **_sums(invoice),
    )


def _shared(
    paper: Paper, invoice: Invoice, seller: Seller, billed_to: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """What every kind of paper says; days are those of the issuing entity's clock."""
    first_on, last_on = _local_days(invoice.period, invoice.zone)
    return {
        "kind": paper.kind,
        "code": paper.code,
        "language": language_of(billed_to),
        "public_id": invoice.public_id,
        "number": invoice.number,
        "content_sha256": invoice.content_sha256,
        "issued_on": day_of_issue(at),
        "first_on": first_on,
        "last_on": last_on,
        "currency": invoice.currency,
        "seller": PaperParty(
            legal_name=seller.legal_name,
            address=seller.address,
            country=seller.country,
            tax_id=seller.tax_id,
            registration=seller.registration,
            email=seller.email,
        ),
        "customer": PaperParty(
            legal_name=billed_to.get("legal_name", ""),
            address=billed_to.get("address", ""),
            country=billed_to.get("country", ""),
            tax_id=billed_to.get("tax_id", ""),
            reference=invoice.payer.public_id,
        ),
        "pay_to": PayTo(seller.bank_name, seller.iban, seller.bic),
        "purchase_order": invoice.purchase_order,
        "note": invoice.note if paper.kind == Paper.Kind.INVOICE else "",
    }


def language_of(billed_to: Mapping[str, Any]) -> str:
    """The language a paper is written in, as copied at issue."""
    return str(billed_to.get("language") or "en")


def _sums(row: Invoice | CreditNote) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("subtotal_minor", "tax_minor", "total_minor")}


def _refers_to(invoice: Invoice) -> RefersTo:
    assert invoice.number is not None
    assert invoice.issued_on is not None
    return RefersTo(invoice.number, invoice.issued_on)


def _line(line: InvoiceLine, zone: str) -> PaperLine:
    first_on, last_on = _local_days(Period(line.period_from, line.period_until), zone)
    return PaperLine(
        position=line.position,
        group=line.group_label,
        description=line.description,
        quantity=line.rated_quantity,
        unit=line.rated_unit,
        unit_price=line.unit_price,
        amount_minor=line.amount_minor,
        tax_group=line.tax_group,
        first_on=first_on,
        last_on=last_on,
        takes_tax_out=line.kind == TAX_INCLUDED,
    )


def _tax(tax: InvoiceTax, **of_note: int) -> PaperTax:
    amounts = {"base_minor": tax.base_minor, "tax_minor": tax.tax_minor} | of_note
    return PaperTax(
        group=tax.group,
        jurisdiction=tax.jurisdiction,
        treatment=tax.treatment,
        name=tax.name,
        rate=tax.rate,
        evidence=tax.evidence,
        rounding=TaxRounding(tax.rounding),
        is_included=tax.is_included,
        **amounts,
    )


def _paid_at_issue(invoice_ids: Sequence[int]) -> dict[int, int]:
    """What had settled each invoice by the instant of its issue, in minor units.

    What is recorded later, and what takes it back later, is on no paper.
    """
    rows = Settlement.objects.filter(
        invoice_id__one_of=list(invoice_ids), recorded_at__lte=F("invoice__issued_at")
    )
    sums = rows.order_by().values_list("invoice_id").annotate(minor=Sum("amount_minor"))
    return dict(sums)


def _invoice_of(paper: Paper) -> Invoice:
    if paper.credit_note is not None:
        return paper.credit_note.invoice
    if paper.void is not None:
        return paper.void.invoice
    assert paper.invoice is not None
    return paper.invoice


def _by(rows: Any, owner: str, *order: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.order_by(owner, *order):
        found[getattr(row, owner)].append(row)
    return found


def _local_days(period: Period, zone: str) -> tuple[date, date]:
    """The first and the last day of a half-open period, both included, on the clock of `zone`."""
    first = local_day(period.start, zone)
    return first, max(first, local_day(period.end - timedelta(microseconds=1), zone))
