"""The hold of a contested line: its part of what is open waits, and nothing else of the invoice.

Placing is bound by what is open and not held; where less is there, less is held, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing.disputes.models import DisputeLine
from billing.invoicing.models import Invoice
from billing.receivables.models import Hold
from billing.receivables.operations import holds
from billing.receivables.operations.holds import HoldTerms
from billing.receivables.operations.settling import Recorded, lock_payer
from billing.receivables.queries.open_items import held_of, left_of, open_item
from core.actor import Actor
from core.db.transactions import transaction_required


def owed_on(invoice: Invoice) -> Invoice:
    """The invoice that a charge is paid with: its own, or the one its statement is part of."""
    return invoice.consolidated_on or invoice


@transaction_required()
def lock_payers(invoices: Sequence[Invoice]) -> None:
    """Lock the payers of invoices, before their cases."""
    lock_payer(*{owed_on(invoice).payer_id for invoice in invoices})


@transaction_required()
def hold_anew(line: DisputeLine, gross_minor: int, *, at: datetime, by: Actor) -> None:
    """Hold so much of the line's invoice, instead of what was held; the line is saved by others."""
    let_go(line, at=at, by=by, reason="The claim comes to something else")
    line.hold = None
    if line.invoice_line is None:
        return  # Nobody is reminded of what is not billed.
    invoice = owed_on(line.invoice_line.invoice)
    held = held_of([invoice.pk], at=at).get(invoice.pk, 0)
    minor = min(gross_minor, open_item(invoice, at=at).open_minor - held)
    if minor > 0:
        line.hold = holds.place(
            invoice=invoice,
            amount_minor=minor,
            terms=HoldTerms([Hold.Process.DUNNING], source=line.public_id),
            recorded=Recorded(at, by, f"Contested in {line.case}"),
        )


@transaction_required()
def let_go(line: DisputeLine, *, at: datetime, by: Actor, reason: str) -> None:
    """Release what is left of the hold of a line; nothing where nothing is."""
    if line.hold is not None and left_of(line.hold) > 0:
        holds.release(hold=line.hold, recorded=Recorded(at, by, reason))


@transaction_required()
def use(line: DisputeLine, minor: int, source: str, *, at: datetime, by: Actor) -> None:
    """What was credited uses the hold, and the rest of it is released."""
    if line.hold is None:
        return
    left = left_of(line.hold)
    if left > 0:
        holds.post(
            hold=line.hold,
            amount_minor=min(left, minor),
            source=source,
            recorded=Recorded(at, by, f"Credited for {line.case}"),
        )
