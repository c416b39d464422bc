"""Place, release and post holds: what is held waits, and ends by itself at its instant.

Placing is bound by what is open; a payment or credit never is: a hold that is more than what is
left shrinks, by an entry of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.invoicing.models import Invoice
from billing.invoicing.operations.credit_notes import require_live
from billing.receivables.models import Hold, HoldEntry
from billing.receivables.operations.settling import Recorded, lock_payer
from billing.receivables.queries.open_items import held_of, left_of, open_item
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from core.money import Money
from eventing.publish import publish

EntryKind = HoldEntry.Kind


class MoreThanCanBeHeld(Invalid):
    """Less is open and not held already."""

    code = "more_than_can_be_held"
    title = "That is more than can be held"


class HoldOver(Conflict):
    """The hold is over, or nothing is left of it."""

    code = "hold_over"
    title = "The hold is over"


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """What is held, from which processes, and until when (half-open; None has no end)."""

    processes: Sequence[Hold.Process]
    until: datetime | None = None
    source: str = ""


def place_on_account(*, account: Account, terms: HoldTerms, recorded: Recorded) -> Hold:
    """Hold an account as a whole."""
    with transaction():
        lock_payer(account.pk)
        return _place(account, None, terms, recorded)


def place(*, invoice: Invoice, amount_minor: int, terms: HoldTerms, recorded: Recorded) -> Hold:
    """Hold an amount of an invoice. Σ held ≤ open binds here.

    Raises: MoreThanCanBeHeld, InvoiceIsDraft, InvoiceIsVoid.
    """
    with transaction():
        lock_payer(invoice.payer_id)
        require_live(invoice)
        held = held_of([invoice.pk], at=recorded.at).get(invoice.pk, 0)
        room = open_item(invoice, at=recorded.at).open_minor - held
        if not 0 < amount_minor <= room:
            raise MoreThanCanBeHeld(
                f"{Money.from_minor(max(room, 0), invoice.currency)} of {invoice} is open and "
                "not held.",
                field="amount",
            )
        hold = _place(invoice.account, invoice, terms, recorded)
        _enter(hold, EntryKind.PLACED, amount_minor, recorded)
    return hold


def _place(account: Account, invoice: Invoice | None, terms: HoldTerms, recorded: Recorded) -> Hold:
    hold = Hold.objects.create(
        account=account,
        invoice=invoice,
        processes=list(terms.processes),
        held_from=recorded.effective,
        held_until=terms.until,
        source=terms.source,
        placed_at=recorded.at,
        placed_by=recorded.by.name,
        reason=recorded.reason,
    )
    publish(
        "hold.placed",
        subject=hold.public_id,
        payload={
            "account": account.public_id,
            "invoice": invoice.public_id if invoice else None,
            "processes": list(terms.processes),
        },
        at=recorded.at,
        account=account.public_id,
    )
    return hold


def release(*, hold: Hold, recorded: Recorded) -> HoldEntry:
    """Let go of all that is held. Raises: HoldOver."""
    with transaction():
        lock_payer(_payer(hold))
        left = require_holding(hold, at=recorded.at)
        entry = _enter(hold, EntryKind.RELEASED, -left, recorded)
        publish(
            "hold.released",
            subject=hold.public_id,
            payload={},
            at=recorded.at,
            account=hold.account.public_id,
        )
    return entry


@transaction_required()
def post(*, hold: Hold, amount_minor: int, source: str, recorded: Recorded) -> list[HoldEntry]:
    """Use some of a hold for a credit, and release the rest; the payer is locked.

    Raises: HoldOver, MoreThanCanBeHeld; then nothing is kept.
    """
    left = require_holding(hold, at=recorded.at)
    if not 0 < amount_minor <= left:
        raise MoreThanCanBeHeld("The hold holds less than that.", field="amount")
    entries = [_enter(hold, EntryKind.POSTED, -amount_minor, recorded, source)]
    if left > amount_minor:
        entries.append(_enter(hold, EntryKind.RELEASED, amount_minor - left, recorded, source))
    return entries


def require_holding(hold: Hold, *, at: datetime) -> int:
    """What is left of a hold that is not over. Raises: HoldOver."""
    left = left_of(hold)
    if left <= 0 or (hold.held_until is not None and at >= hold.held_until):
        raise HoldOver(f"{hold} holds nothing any more.", hold=hold.public_id)
    return left


def _payer(hold: Hold) -> int:
    return hold.invoice.payer_id if hold.invoice else hold.account_id


def _enter(
    hold: Hold, kind: HoldEntry.Kind, minor: int, recorded: Recorded, source: str = ""
) -> HoldEntry:
    return HoldEntry.objects.create(
        hold=hold,
        kind=kind,
        amount_minor=minor,
        source=source,
        effective_at=recorded.at,
        recorded_by=recorded.by.name,
        reason=recorded.reason,
    )
