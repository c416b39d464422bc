"""Differences a person settles: a bank's charge, another currency, what was taken beyond a payment.

Nothing here happens by itself, and each says why.
"""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum

from billing.invoicing.models import Invoice
from billing.invoicing.operations.credit_notes import require_live
from billing.ledger import operations as ledger
from billing.receivables import bookings
from billing.receivables.models import ExcessCleared, Payment, PaymentReversal, Settlement
from billing.receivables.operations import payments
from billing.receivables.operations.payments import NoMoney, Report, ReversalReport
from billing.receivables.operations.settling import (
    MoreThanFree,
    MoreThanOpen,
    OtherCurrency,
    Recorded,
    free_of,
    lock_payer,
    settlement_of,
    write,
)
from billing.receivables.queries.open_items import open_item
from billing.receivables.queries.rule_versions import applying_rules
from core.actor import require_said
from core.db.transactions import transaction
from core.errors import Invalid
from core.ids import new_id
from core.money import Money, minor_per_unit
from eventing.publish import publish


class ChargeTooLarge(Invalid):
    """A bank's charge is small; anything larger is a write-off, which two people decide."""

    code = "bank_charge_too_large"
    title = "That is too much for a bank's charge"


class MoreThanExcess(Invalid):
    """Less was taken beyond the payment, or it is cleared already."""

    code = "more_than_excess"
    title = "That is more than waits to be cleared"


def bear_charge(*, invoice: Invoice, amount_minor: int, recorded: Recorded) -> Settlement:
    """Settle what a bank kept of a payment, up to the limit of the payer's kind of account.

    Raises: ChargeTooLarge, MoreThanOpen, NoMoney, ReasonMissing, InvoiceIsDraft, InvoiceIsVoid.
    """
    require_said(recorded.reason, "Say what the bank kept.")
    _require_money(amount_minor)
    limit = charge_limit(invoice, at=recorded.at)
    if amount_minor > limit.minor:
        raise ChargeTooLarge(f"At most {limit} is taken for a bank's charge.", field="amount")
    with transaction():
        lock_payer(invoice.payer_id)
        require_live(invoice)
        item = open_item(invoice, at=recorded.at)
        if amount_minor > item.open_minor:
            raise MoreThanOpen(
                f"{item.money(item.open_minor)} of {invoice} is open.", field="amount"
            )
        charge = settlement_of(Settlement.Kind.BANK_CHARGE, invoice, amount_minor, recorded)
        return write([charge])[0]


def charge_limit(invoice: Invoice, *, at: datetime) -> Money:
    """What a bank's charge comes to at most, in the invoice's currency."""
    limit: Decimal = applying_rules(at=at).of(invoice.payer.kind).charge_limit
    minor = int(Fraction(limit) * minor_per_unit(invoice.currency))
    return Money.from_minor(minor, invoice.currency)


def exchange(*, payment: Payment, currency: str, amount_minor: int, recorded: Recorded) -> Payment:
    """The bank made what is free of a payment into another currency: that much is there now.

    The rate is nobody's here: a person says what came of it. The payment is taken back as far as it
    was free, and another is recorded in its place. Raises: MoreThanFree, OtherCurrency, NoMoney,
    ReasonMissing.
    """
    require_said(recorded.reason, "Say what was exchanged, and at which rate.")
    _require_money(amount_minor)
    if currency == payment.currency:
        raise OtherCurrency("It is in that currency already.", field="currency")
    with transaction():
        lock_payer(payment.account_id)
        free = free_of(payment)
        if free <= 0:
            raise MoreThanFree(f"Nothing of {payment} is free.", field="payment")
        reversal = payments.reverse(
            payment=payment,
            taken=ReversalReport(PaymentReversal.Kind.EXCHANGED, "exchange", new_id("prv"), free),
            recorded=recorded,
        )
        report = Report(
            source="exchange",
            external_key=reversal.public_id,
            currency=currency,
            amount_minor=amount_minor,
            received_at=recorded.at,
            method=Payment.Method(payment.method),
            reference=payment.reference,
        )
        return payments.record(payer=payment.account, report=report, recorded=recorded)


def excess_left(reversal: PaymentReversal) -> int:
    """What of an excess waits to be cleared, in minor units."""
    cleared = reversal.clearings.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    left: int = reversal.excess_minor - cleared
    return left


def clear_excess(
    *,
    reversal: PaymentReversal,
    kind: ExcessCleared.Kind,
    amount_minor: int,
    recorded: Recorded,
) -> ExcessCleared:
    """A person decides what becomes of money that was taken beyond what a payment had left.

    Raises: MoreThanExcess, NoMoney, ReasonMissing.
    """
    require_said(recorded.reason, "Say what becomes of it.")
    _require_money(amount_minor)
    currency = reversal.payment.currency
    with transaction():
        lock_payer(reversal.payment.account_id)
        left = excess_left(reversal)
        if amount_minor > left:
            raise MoreThanExcess(
                f"{Money.from_minor(left, currency)} waits to be cleared.", field="amount"
            )
        cleared = ExcessCleared.objects.create(
            reversal=reversal,
            kind=kind,
            amount_minor=amount_minor,
            cleared_at=recorded.at,
            cleared_by=recorded.by.name,
            reason=recorded.reason,
        )
        ledger.post(postings=[bookings.excess_cleared(cleared)], at=recorded.at)
        publish(
            "payment.excess_cleared",
            subject=reversal.payment.public_id,
            payload={
                "reversal": reversal.public_id,
                "kind": kind,
                "amount": Money.from_minor(amount_minor, currency).as_fact,
            },
            at=recorded.at,
        )
    return cleared


def _require_money(amount_minor: int) -> None:
    if amount_minor <= 0:
        raise NoMoney("Say an amount above 0.", field="amount")
