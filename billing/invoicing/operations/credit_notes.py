"""Issue credit notes of issued invoices: the document, its journal and its number.

What the money of a note is used for is settled by receivables, in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from billing.invoicing import bookings
from billing.invoicing.crediting import (
    CreditedCharge,
    CreditedTax,
    CreditRequest,
    NothingToCredit,
    credited_charges,
    credited_taxes,
)
from billing.invoicing.documents.content import digest
from billing.invoicing.models import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    Invoice,
    InvoiceVoid,
)
from billing.invoicing.models.credit_notes import CORRECTING
from billing.invoicing.number_series import CREDIT_NOTE_PREFIX, number_of, take_numbers
from billing.invoicing.operations.grant_movements import Moved, undo_credited
from billing.invoicing.queries.creditable import creditable
from billing.ledger import operations as ledger
from core.actor import Actor
from core.db.transactions import transaction_required
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.money import Money
from eventing.publish import publish


class InvoiceIsDraft(Conflict):
    """A draft is corrected by drafting it again."""

    code = "invoice_not_issued"
    title = "The invoice is a draft"


class InvoiceIsVoid(Conflict):
    """A void invoice takes nothing more."""

    code = "invoice_void"
    title = "The invoice is void"


class InvoiceIsStatement(Conflict):
    """A statement is owed, paid and credited with the invoice it is part of."""

    code = "invoice_is_statement"
    title = "The invoice is a statement of another"


class ReasonDoesNotFit(Invalid):
    """The reason code says something else than the note does."""

    code = "credit_reason_does_not_fit"
    title = "The reason does not fit"


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """What is to be credited of an invoice, and why.

    Charges, or the tax alone (`tax_minor` by group), or neither where only the name, address or tax
    id of `billed_to` is put right.
    """

    charges: Sequence[CreditRequest] = ()
    tax_minor: Mapping[str, int] = field(default_factory=dict)
    reason_code: CreditNote.Reason = CreditNote.Reason.BILLING_ERROR
    ticket: str = ""
    billed_to: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Amounts:
    charges: Sequence[CreditedCharge]
    taxes: Sequence[CreditedTax]


@transaction_required()
def issue(
    *, invoice: Invoice, terms: CreditTerms, at: datetime, by: Actor, reason: str
) -> CreditNote:
    """Issue a note of an invoice whose payer is locked.

    Raises: InvoiceIsDraft, InvoiceIsVoid, ReasonDoesNotFit, NothingToCredit, NoSuchCharge,
    CreditUnclear, CreditExceeds.
    """
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    require_live(invoice)
    amounts = _amounts(invoice, terms)
    subtotal = sum(each.amount_minor for each in amounts.charges)
    tax = sum(each.tax_minor for each in amounts.taxes)
    note = CreditNote(
        public_id=new_id("crn"),
        invoice=invoice,
        currency=invoice.currency,
        subtotal_minor=subtotal,
        tax_minor=tax,
        total_minor=subtotal + tax,
        reason_code=terms.reason_code,
        ticket=terms.ticket,
        reason=reason,
        billed_to=dict(terms.billed_to) or invoice.billed_to,
        issued_by=by.name,
    )
    where = dict(invoice.taxes.values_list("group", "jurisdiction"))
    taxes = [(where[each.group], each.tax_minor) for each in amounts.taxes]
    ledger.post(postings=[bookings.credited(note, taxes)], at=at)
    _number(note, amounts, at=at)
    if terms.reason_code in CORRECTING:
        whole = [each.charge.key for each in amounts.charges if _is_all(each)]
        undo_credited(invoice, whole, Moved(at, by.name, reason, note.public_id))
    publish(
        "credit_note.issued",
        subject=note.public_id,
        payload={
            "number": note.number,
            "invoice": invoice.public_id,
            "total": Money.from_minor(note.total_minor, note.currency).as_fact,
            "reason": terms.reason_code,
        },
        at=note.issued_at,
        account=invoice.account.public_id,
    )
    return note


def _is_all(credited: CreditedCharge) -> bool:
    """Whether nothing is left of a charge: what grants covered of it comes back to them."""
    return credited.amount_minor == credited.charge.left_minor


def require_live(invoice: Invoice) -> None:
    """Refuse drafts, statements and void invoices.

    Raises: InvoiceIsDraft, InvoiceIsStatement, InvoiceIsVoid.
    """
    if invoice.is_draft:
        raise InvoiceIsDraft(f"{invoice} is not issued.", invoice=invoice.public_id)
    if invoice.is_statement:
        raise InvoiceIsStatement(
            f"It is a statement of {invoice.consolidated_on}: what is done, is done there.",
            invoice=invoice.public_id,
        )
    if InvoiceVoid.objects.filter(invoice=invoice).exists():
        raise InvoiceIsVoid(f"{invoice} is void.", invoice=invoice.public_id)


def _amounts(invoice: Invoice, terms: CreditTerms) -> _Amounts:
    reason = CreditNote.Reason
    only_address = terms.reason_code == reason.ADDRESS
    only_tax = terms.reason_code == reason.TAX
    if only_address and (terms.charges or terms.tax_minor or not terms.billed_to):
        raise ReasonDoesNotFit(
            "A note of name or address says the right ones, and credits nothing.",
            field="reason_code",
        )
    if only_tax != bool(terms.tax_minor) or (only_tax and terms.charges):
        raise ReasonDoesNotFit(
            "A note of tax alone names the tax, and no charges.", field="reason_code"
        )
    if only_address:
        return _Amounts((), ())
    left = creditable(invoice)
    if only_tax:
        return _Amounts((), _tax_alone(terms.tax_minor, left.taxes))
    charges = credited_charges(terms.charges, left)
    return _Amounts(charges, credited_taxes(charges, left.taxes))


def _tax_alone(wanted: Mapping[str, int], taxes: Sequence[Any]) -> list[CreditedTax]:
    left = {tax.group: tax.left_minor for tax in taxes}
    for group, minor in wanted.items():
        if not 0 < minor <= left.get(group, 0):
            raise NothingToCredit(f"That much tax of {group!r} is not left.", field="tax")
    return [CreditedTax(group, 0, minor) for group, minor in sorted(wanted.items())]


def _number(note: CreditNote, amounts: _Amounts, *, at: datetime) -> None:
    """Number the note and write it: the series is locked from here to the commit."""
    series, sequence, issued_at = take_numbers(CREDIT_NOTE_PREFIX, 1, at=at)
    note.series, note.sequence, note.issued_at = series, sequence, issued_at
    note.number = number_of(series, sequence)
    note.content_sha256 = note_digest(note, amounts.charges, amounts.taxes)
    note.save(force_insert=True)
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            note=note,
            charge_key=each.charge.key,
            description=each.charge.description,
            quantity=each.quantity,  # type: ignore[misc]  # null has no generic
            unit=each.charge.unit,
            tax_group=each.charge.tax_group,
            amount_minor=each.amount_minor,
            gross_minor=each.gross_minor,
        )
        for each in amounts.charges
    )
    CreditNoteTax.objects.bulk_create(
        CreditNoteTax(
            note=note, group=each.group, base_minor=each.base_minor, tax_minor=each.tax_minor
        )
        for each in amounts.taxes
    )


def note_digest(
    note: CreditNote, charges: Sequence[CreditedCharge], taxes: Sequence[CreditedTax]
) -> str:
    """SHA-256 of what the note says, in the canonical form of documents."""
    return digest(
        {
            "public_id": note.public_id,
            "number": note.number,
            "issued_at": note.issued_at,
            "invoice": note.invoice.number,
            "currency": note.currency,
            "billed_to": note.billed_to,
            "reason_code": str(note.reason_code),
            "subtotal_minor": note.subtotal_minor,
            "tax_minor": note.tax_minor,
            "total_minor": note.total_minor,
            "lines": [
                [each.charge.key, each.charge.description, each.amount_minor] for each in charges
            ],
            "taxes": [[each.group, each.base_minor, each.tax_minor] for each in taxes],
        }
    )
