"""A credit note as it is read: what it takes off which charges, and where its money went."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.invoicing.documents.content import stored_taxes
from billing.invoicing.models import CreditNote, CreditNoteLine, InvoiceTax
from billing.receivables.models import Refund
from billing.receivables.queries.free_money import free_of_notes, live_refunds
from billing.receivables.queries.payment_list import SettledPart
from core.errors import NotFound
from core.money import Money


class CreditNoteNotFound(NotFound):
    """No credit note has this number or id."""

    code = "credit_note_not_found"
    title = "No such credit note"


@dataclass(frozen=True, slots=True)
class NoteCharge:
    """What is taken off one charge before tax; `position` is that of its line on the invoice."""

    description: str
    quantity: Decimal | None
    unit: str
    amount: Money
    position: int | None
    billed: Money | None


@dataclass(frozen=True, slots=True)
class NoteTax:
    """What is taken off one tax group; `tax_of` is the tax of the invoice it mirrors."""

    tax_of: InvoiceTax | None
    group: str
    base: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class NoteDetail:
    """One note: lines and taxes sum to its total, which is settled, refunded or free."""

    note: CreditNote
    lines: Sequence[NoteCharge]
    taxes: Sequence[NoteTax]
    settled: Sequence[SettledPart]
    refunds: Sequence[tuple[Refund, Money]]
    free: Money

    @property
    def subtotal(self) -> Money:
        """Before tax."""
        return self._money(self.note.subtotal_minor)

    @property
    def tax(self) -> Money:
        """Tax in the total."""
        return self._money(self.note.tax_minor)

    @property
    def total(self) -> Money:
        """What is not owed after all, or given back."""
        return self._money(self.note.total_minor)

    @property
    def on_invoices(self) -> Money:
        """What stands on invoices."""
        standing = (each.amount.minor for each in self.settled if each.taken_back is None)
        return self._money(sum(standing))

    @property
    def refunded(self) -> Money:
        """What is paid back, or is to be."""
        return self.total - self.on_invoices - self.free

    def _money(self, minor: int) -> Money:
        return Money.from_minor(minor, self.note.currency)


def find_note(ref: str) -> CreditNote:
    """The note with this number or id, its invoice and accounts loaded.

    Raises: CreditNoteNotFound.
    """
    name = "public_id" if ref.startswith("crn_") else "number"
    rows = CreditNote.objects.select_related("invoice__account", "invoice__payer")
    found = rows.filter(**{name: ref[:64]}).first()
    if found is None:
        raise CreditNoteNotFound(f"There is no credit note {ref[:64]}.", wanted=ref[:64])
    return found


def note_detail(note: CreditNote) -> NoteDetail:
    """All of a note; eight queries."""

    def money(minor: int) -> Money:
        return Money.from_minor(minor, note.currency)

    made = note.settlements.filter(reverses__isnull=True).select_related("invoice", "reversal")
    refunds = live_refunds().filter(credit_note=note).prefetch_related("attempts")
    taxes = {each.group: each for each in stored_taxes([note.invoice_id]).get(note.invoice_id, [])}
    return NoteDetail(
        note=note,
        lines=_lines(note),
        taxes=[
            NoteTax(
                taxes.get(each.group), each.group, money(each.base_minor), money(each.tax_minor)
            )
            for each in note.taxes.order_by("group")
        ],
        settled=[
            SettledPart(each, money(each.amount_minor), getattr(each, "reversal", None))
            for each in made.order_by("effective_at", "pk")
        ],
        refunds=[
            (each, money(each.amount_minor)) for each in refunds.order_by("requested_at", "pk")
        ],
        free=money(free_of_notes([note])[note.pk]),
    )


def _lines(note: CreditNote) -> list[NoteCharge]:
    """Each with the line it credits; two queries."""
    lines: list[CreditNoteLine] = list(note.lines.order_by("pk"))
    keys = [each.charge_key for each in lines]
    rows = note.invoice.lines.filter(key__in=keys).values_list("key", "position", "amount_minor")
    own = {key: (position, minor) for key, position, minor in rows}
    found = []
    for each in lines:
        position, billed = own.get(each.charge_key, (None, None))
        found.append(
            NoteCharge(
                description=each.description,
                quantity=each.quantity,
                unit=each.unit,
                amount=Money.from_minor(each.amount_minor, note.currency),
                position=position,
                billed=None if billed is None else Money.from_minor(billed, note.currency),
            )
        )
    return found
