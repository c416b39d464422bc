"""What may be done with an invoice now, and why not what may not: one list for every door.

Collecting, ready or kept back while it is a draft; then open, part-paid, overdue, paid, credited,
uncollectible or void, from what settled it: nothing of it is stored on the invoice. Who may do it
is asked by the door.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Sum

from billing.invoicing.models import BillRunItem, Invoice, InvoiceTerms, InvoiceVoid
from billing.receivables.queries.open_items import OpenItem, open_item
from billing.receivables.voidable import REISSUABLE, require_alone
from core.errors import DomainError


class DraftState(StrEnum):
    """How it stands with a draft."""

    COLLECTING = "collecting"
    READY = "ready"
    KEPT_BACK = "kept_back"


@dataclass(frozen=True, slots=True)
class NextAction:
    """One thing to do with an invoice; `why_not` is a sentence, empty where it may be done."""

    code: str
    label: str
    why_not: str = ""

    @property
    def is_possible(self) -> bool:
        """Whether it may be done now."""
        return not self.why_not


@dataclass(frozen=True, slots=True)
class InvoiceLife:
    """Where an invoice stands, and its legal next actions, each possible or not."""

    state: str
    actions: tuple[NextAction, ...]

    @property
    def label(self) -> str:
        """The state in words."""
        return self.state.replace("_", "-" if self.state == "part_paid" else " ").capitalize()


def invoice_life(invoice: Invoice, *, at: datetime, item: OpenItem | None = None) -> InvoiceLife:
    """Where an invoice, its account loaded, stands at an instant; `item` where it is known.

    Seven queries of an issued one, four more where the item is not known.
    """
    if invoice.is_draft:
        return _draft(invoice, at)
    if invoice.is_statement:
        whole = invoice.consolidated_on
        why = f"It is a statement of {whole}: what is done, is done there."
        state = open_item(whole, at=at).state.value if whole else "open"
        return InvoiceLife(state, tuple(NextAction(code, _LABELS[code], why) for code in _OWED))
    item = item or open_item(invoice, at=at)
    return InvoiceLife(item.state.value, tuple(_issued(invoice, item)))


_LABELS = {
    "issue": "Issue",
    "draft_again": "Draft again",
    "discard": "Discard",
    "pay": "Put money on it",
    "credit": "Credit",
    "hold": "Hold",
    "void": "Void",
    "reissue": "Issue instead",
    "write_off": "Write off",
    "recover": "Recover",
}
_OWED = ("pay", "credit", "hold", "void", "reissue", "write_off", "recover")


def _draft(invoice: Invoice, at: datetime) -> InvoiceLife:
    if invoice.kind == Invoice.Kind.ONE_OFF:
        by = invoice.one_off.prepared_by
        label = f"Issue, by somebody other than {by}"
        actions = (NextAction("issue", label), NextAction("discard", _LABELS["discard"]))
        return InvoiceLife(DraftState.READY, actions)
    parked = BillRunItem.objects.filter(
        account=invoice.account_id,
        period_from=invoice.period_from,
        state=BillRunItem.State.PARKED,
    ).first()
    earlier = Invoice.objects.filter(
        account=invoice.account_id,
        kind=Invoice.Kind.PERIOD,
        state=Invoice.State.DRAFT,
        period_from__lt=invoice.period_from,
    ).first()
    why, state = "", DraftState.READY
    if invoice.period_until > at:
        state = DraftState.COLLECTING
        why = f"Its period ends at {invoice.period_until:%Y-%m-%d %H:%M} UTC."
    elif parked is not None:
        why, state = parked.parked_reason, DraftState.KEPT_BACK
    elif earlier is not None:
        why = f"{earlier} is of an earlier period of the account and comes first."
    elif InvoiceTerms.objects.filter(account=invoice.payer_id, consolidates=True).exists():
        why = "Its payer has one invoice for all; it is issued with the others."
    issue = NextAction("issue", _LABELS["issue"], why)
    return InvoiceLife(state, (issue, NextAction("draft_again", _LABELS["draft_again"])))


def _issued(invoice: Invoice, item: OpenItem) -> Iterator[NextAction]:
    void = InvoiceVoid.objects.filter(invoice=invoice).first()
    is_void = "It is void." if void else ""
    nothing_open = is_void or ("" if item.open_minor else "Nothing of it is open.")
    credited = invoice.credit_notes.aggregate(minor=Sum("subtotal_minor"))["minor"] or 0
    left = invoice.subtotal_minor - credited
    lost = item.written_off_minor
    reasons = {
        "pay": nothing_open,
        "credit": is_void or ("" if left else "Nothing is left to credit."),
        "hold": nothing_open,
        "void": is_void or _why_not_void(invoice),
        "reissue": _why_not_reissue(invoice, void),
        "write_off": nothing_open,
        "recover": is_void or ("" if lost else "Nothing of it was written off."),
    }
    for code in _OWED:
        yield NextAction(code, _LABELS[code], reasons[code])


def _why_not_void(invoice: Invoice) -> str:
    if invoice.credit_notes.filter(total_minor__gt=0).exists():
        return "It has credit notes. Credit the rest of it instead."
    try:
        require_alone(invoice)
    except DomainError as rests_on_it:
        return rests_on_it.message
    return ""


def _why_not_reissue(invoice: Invoice, void: InvoiceVoid | None) -> str:
    if void is None:
        return "It stands; void it first."
    if invoice.kind not in REISSUABLE:
        return "It is no invoice of a period; what it billed is billed with its months."
    if Invoice.objects.filter(reissues=void).exists():
        return "It was issued instead already."
    return ""
