"""Refund: ask for it, then carry it out through a gateway, as often as it takes to know.

A request takes its money at once; an attempt is made outside the request's transaction with the
refund's own id as the key, so a gateway that is asked twice pays once.
"""

from datetime import datetime

from billing.invoicing.models import CreditNote
from billing.ledger import operations as ledger
from billing.receivables import bookings
from billing.receivables.gateways import Answer, Gateway
from billing.receivables.models import Payment, Refund, RefundAttempt
from billing.receivables.operations.settling import (
    MoreThanFree,
    Recorded,
    free_of,
    live_settlements,
    lock_payer,
)
from billing.receivables.queries.free_money import refundable_of
from core.db.numbering import next_number
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from core.money import Money
from eventing.publish import publish


class MoreThanRefundable(Invalid):
    """More is to go back than came in and is still there."""

    code = "more_than_refundable"
    title = "That is more than can be refunded"


class RefundEnded(Conflict):
    """The refund was paid out, or given up."""

    code = "refund_ended"
    title = "The refund has ended"


def request(
    *,
    note: CreditNote | None = None,
    amount_minor: int,
    to: Payment | None = None,
    recorded: Recorded,
    gateway: str = "manual",
) -> Refund:
    """Ask for a refund: of a credit note's free money, or of unapplied cash of the payment `to`.

    A note's money goes back to a payment of its invoice; without `to`, to the latest with room.

    Raises: MoreThanRefundable, MoreThanFree.
    """
    with transaction():
        payer_id = note.invoice.payer_id if note is not None else _payer(to)
        lock_payer(payer_id)
        payment = to or _latest_with_room(note, amount_minor)
        left = free_of(note if note is not None else payment)
        if not 0 < amount_minor <= left:
            raise MoreThanFree(
                f"Only {Money.from_minor(left, payment.currency)} is left to refund.",
                field="refund",
            )
        _require_room(payment, amount_minor)
        refund = Refund.objects.create(
            payment=payment,
            credit_note=note,
            amount_minor=amount_minor,
            gateway=gateway,
            requested_at=recorded.at,
            requested_by=recorded.by.name,
            reason=recorded.reason,
        )
        ledger.post(postings=[bookings.refund_requested(refund)], at=recorded.at)
        _tell("refund.requested", refund, at=recorded.at)
    return refund


def attempt(*, refund: Refund, gateway: Gateway, at: datetime) -> RefundAttempt:
    """Ask the gateway to pay out, and write down what it says.

    Failed and cancelled give the money back to the payer's balance; an unknown outcome leaves
    everything as it is, to be asked again with the same key. Raises: RefundEnded.
    """
    require_open(refund)
    answer = gateway.refund(
        key=refund.public_id,
        payment=refund.payment.external_key,
        amount=Money.from_minor(refund.amount_minor, refund.payment.currency),
    )
    return note_answer(refund=refund, answer=answer, at=at)


def note_answer(*, refund: Refund, answer: Answer, at: datetime) -> RefundAttempt:
    """Write down what became of a refund, once. Raises: RefundEnded."""
    with transaction():
        lock_payer(refund.payment.account_id)
        require_open(refund)
        made = RefundAttempt.objects.create(
            refund=refund,
            number=next_number(refund.attempts),
            outcome=answer.outcome,
            gateway_reference=answer.reference,
            said=answer.said,
            attempted_at=at,
        )
        if answer.outcome == RefundAttempt.Outcome.SUCCEEDED:
            ledger.post(postings=[bookings.refund_paid(made)], at=at)
        elif answer.outcome != RefundAttempt.Outcome.UNKNOWN:
            posting = ledger.reversal_of(
                kind=bookings.requested_kind(refund),
                source=refund.public_id,
                by=f"{refund.public_id}/{made.number}",
            )
            assert posting is not None  # every request books
            ledger.post(postings=[posting], at=at)
        _tell(f"refund.{answer.outcome}", refund, at=at)
    return made


def require_open(refund: Refund) -> None:
    """Raises: RefundEnded."""
    ended = refund.attempts.exclude(outcome=RefundAttempt.Outcome.UNKNOWN).first()
    if ended is not None:
        raise RefundEnded(
            f"{refund} is {ended.get_outcome_display().lower()}.", refund=refund.public_id
        )


def _payer(payment: Payment | None) -> int:
    if payment is None:
        raise MoreThanRefundable("Say which payment is to go back.", field="payment")
    return payment.account_id


def _latest_with_room(note: CreditNote | None, amount_minor: int) -> Payment:
    assert note is not None  # `_payer` asks for a payment otherwise
    paid = {
        each.payment
        for each in live_settlements(invoice=note.invoice, payment__isnull=False)
        if each.payment is not None
    }
    rooms = {payment: refundable_of(payment) for payment in paid}
    fitting = [payment for payment, room in rooms.items() if room >= amount_minor]
    if not fitting:
        most = Money.from_minor(max(rooms.values(), default=0), note.currency)
        raise MoreThanRefundable(
            f"At most {most} can be refunded: that much was paid and is still there.",
            field="refund",
        )
    return max(fitting, key=lambda payment: (payment.received_at, payment.pk))


def _require_room(payment: Payment, amount_minor: int) -> None:
    room = refundable_of(payment)
    if amount_minor > room:
        raise MoreThanRefundable(
            f"Only {Money.from_minor(room, payment.currency)} of the payment can go back.",
            field="refund",
        )


def _tell(kind: str, refund: Refund, *, at: datetime) -> None:
    amount = Money.from_minor(refund.amount_minor, refund.payment.currency)
    publish(
        kind,
        subject=refund.public_id,
        payload={
            "payment": refund.payment.public_id,
            "amount": amount.as_fact,
        },
        at=at,
        account=refund.payment.account.public_id,
    )
