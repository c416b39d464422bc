"""How an issued invoice came from its lines to what is due: taxes, credits, payments, holds.

The steps add up: subtotal, each tax, credit carried, each settlement that stands, what is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from billing.invoicing.documents.content import stored_taxes
from billing.invoicing.models import Invoice, InvoiceTax, InvoiceVoid
from billing.receivables.models import Hold, Settlement
from billing.receivables.queries.open_items import (
    OpenItem,
    live_holds,
    open_item,
)
from core.money import Money


@dataclass(frozen=True, slots=True)
class SettledStep:
    """One settlement that stands: what it is, since when, and what it comes from."""

    kind: str
    ref: str
    effective_at: datetime
    amount: Money
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class HeldStep:
    """What is held of the invoice, and until when."""

    reason: str
    until: datetime | None
    placed_by: str


@dataclass(frozen=True, slots=True)
class InvoiceMoney:
    """All of it, at an instant."""

    item: OpenItem
    taxes: Sequence[InvoiceTax]
    settled: Sequence[SettledStep]
    holds: Sequence[HeldStep]
    void: InvoiceVoid | None

    @property
    def open(self) -> Money:
        """Still owed."""
        return self.item.money(self.item.open_minor)

    @property
    def held(self) -> Money:
        """Of it, what waits."""
        return self.item.money(self.item.held_minor)

    @property
    def due(self) -> Money:
        """Of it, what may be asked for."""
        return self.item.money(self.item.due_minor)


def settled_count(invoice: Invoice, *, at: datetime) -> int:
    """How many settlements of an invoice stand at an instant; one query."""
    return _standing(invoice, at).count()


def invoice_money(invoice: Invoice, *, at: datetime) -> InvoiceMoney:
    """How it stands with an issued invoice; seven queries."""
    standing = _standing(invoice, at).select_related("payment", "credit_note")
    holds = Hold.objects.filter(live_holds(at), invoice=invoice).order_by("placed_at", "pk")
    return InvoiceMoney(
        item=open_item(invoice, at=at),
        taxes=stored_taxes([invoice.pk]).get(invoice.pk, []),
        settled=[_step(each) for each in standing.order_by("effective_at", "pk")],
        holds=[HeldStep(each.reason, each.held_until, each.placed_by) for each in holds],
        void=InvoiceVoid.objects.filter(invoice=invoice, effective_at__lte=at).first(),
    )


def _standing(invoice: Invoice, at: datetime) -> QuerySet[Settlement]:
    return Settlement.objects.filter(
        invoice=invoice, reverses__isnull=True, reversal__isnull=True, effective_at__lte=at
    )


def _step(settlement: Settlement) -> SettledStep:
    source = settlement.payment or settlement.credit_note
    ref = ""
    if settlement.payment is not None:
        ref = settlement.payment.public_id
    elif settlement.credit_note is not None:
        ref = settlement.credit_note.number
    return SettledStep(
        kind=settlement.kind,
        ref=ref,
        effective_at=settlement.effective_at,
        amount=Money.from_minor(
            settlement.amount_minor, source.currency if source else settlement.invoice.currency
        ),
        by=settlement.recorded_by,
        reason=settlement.reason,
    )
