"""Record payments, and what takes one back; a report that comes again changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.ledger import operations as ledger
from billing.ledger.period_locks import dated_open
from billing.receivables import bookings
from billing.receivables.models import Payment, PaymentReversal, Settlement
from billing.receivables.operations.settling import (
    Recorded,
    free_of,
    live_settlements,
    lock_payer,
    settle,
    take_back,
)
from billing.receivables.queries.free_money import refundable_of
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from core.money import Money
from eventing.publish import publish


class ReportedOtherwise(Conflict):
    """The same report came before and said something else."""

    code = "payment_reported_otherwise"
    title = "The payment was reported differently before"


class NotReceivedYet(Invalid):
    """Money is recorded when it is there."""

    code = "payment_in_the_future"
    title = "The payment lies in the future"


@dataclass(frozen=True, slots=True)
class Report:
    """Money as a bank, a gateway or a person reports it.

    `external_key` is its name at the source; the same key of a source is the same money.
    """

    source: str
    external_key: str
    currency: str
    amount_minor: int
    received_at: datetime
    method: Payment.Method = Payment.Method.BANK
    reference: str = ""


class NoMoney(Invalid):
    """A payment is of more than nothing."""

    code = "payment_of_nothing"
    title = "A payment is of more than nothing"


def record(*, payer: Account, report: Report, recorded: Recorded) -> Payment:
    """Record money received from a payer; it is on no invoice yet.

    Again the same report gives the payment that exists.

    Raises: ReportedOtherwise, NotReceivedYet, NoMoney.
    """
    if report.amount_minor <= 0:
        raise NoMoney(field="amount")
    if report.received_at > recorded.at:
        raise NotReceivedYet("Record it when it is there.", field="received_at")
    with transaction():
        lock_payer(payer.pk)
        known = Payment.objects.filter(
            source=report.source, external_key=report.external_key
        ).first()
        if known is not None:
            _require_same(known, payer, report)
            return known
        payment = Payment.objects.create(
            account=payer,
            currency=report.currency,
            amount_minor=report.amount_minor,
            method=report.method,
            source=report.source,
            external_key=report.external_key,
            reference=report.reference,
            received_at=report.received_at,
            recorded_at=recorded.at,
            recorded_by=recorded.by.name,
            reason=recorded.reason,
        )
        ledger.post(postings=[bookings.received(payment)], at=recorded.at)
        publish(
            "payment.received",
            subject=payment.public_id,
            payload={"account": payer.public_id, "amount": payment.amount.as_fact},
            at=recorded.at,
            account=payer.public_id,
        )
    return payment


def _require_same(known: Payment, payer: Account, report: Report) -> None:
    before = (known.account_id, known.currency, known.amount_minor, known.received_at)
    now = (payer.pk, report.currency, report.amount_minor, report.received_at)
    if before != now:
        raise ReportedOtherwise(
            f"{report.source} reported {report.external_key!r} as {known.amount} before.",
            field="external_key",
            payment=known.public_id,
        )


@dataclass(frozen=True, slots=True)
class ReversalReport:
    """What a bank or card network took, as it reports it."""

    kind: PaymentReversal.Kind
    source: str
    external_key: str
    amount_minor: int


def reverse(*, payment: Payment, taken: ReversalReport, recorded: Recorded) -> PaymentReversal:
    """Take a payment back: what it settled is open again as far as its money is gone.

    What exceeds what is left of the payment, refunds included, waits on clearing. The latest
    settlements are undone first; where some of one is still paid for, that part is settled again.

    Raises: ReportedOtherwise, NoMoney.
    """
    if taken.amount_minor <= 0:
        raise NoMoney(field="amount")
    with transaction():
        lock_payer(payment.account_id)
        known = PaymentReversal.objects.filter(
            source=taken.source, external_key=taken.external_key
        ).first()
        if known is not None:
            if known.amount_minor + known.excess_minor != taken.amount_minor:
                raise ReportedOtherwise(field="external_key")
            return known
        own = min(taken.amount_minor, max(refundable_of(payment), 0))
        _free(payment, own, recorded)
        reversal = PaymentReversal.objects.create(
            payment=payment,
            kind=taken.kind,
            amount_minor=own,
            excess_minor=taken.amount_minor - own,
            source=taken.source,
            external_key=taken.external_key,
            effective_at=dated_open(bookings.PAYMENT_TAKEN_BACK.document, recorded.effective),
            recorded_at=recorded.at,
            recorded_by=recorded.by.name,
            reason=recorded.reason,
        )
        ledger.post(postings=[bookings.taken_back(reversal)], at=recorded.at)
        publish(
            "payment.taken_back",
            subject=payment.public_id,
            payload={
                "reversal": reversal.public_id,
                "kind": taken.kind,
                "amount": Money.from_minor(taken.amount_minor, payment.currency).as_fact,
            },
            at=recorded.at,
            account=payment.account.public_id,
        )
    return reversal


def _free(payment: Payment, wanted: int, recorded: Recorded) -> None:
    """Undo settlements until so much of the payment is free."""
    missing = wanted - free_of(payment)
    for settlement in live_settlements(payment=payment, kind=Settlement.Kind.PAYMENT):
        if missing <= 0:
            return
        take_back([settlement], recorded=recorded)
        kept = max(settlement.amount_minor - missing, 0)
        if kept:
            settle(payment, {settlement.invoice: kept}, free=free_of(payment), recorded=recorded)
        missing -= settlement.amount_minor - kept
