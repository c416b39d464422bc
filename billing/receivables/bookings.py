"""What the facts of receivables book: how each payment, settlement and refund moves the books."""

from billing.ledger.chart_of_accounts import (
    BAD_DEBT,
    CASH,
    CUSTOMER_BALANCE,
    PAYMENT_LOSSES,
    PAYMENTS_CLEARING,
    RECEIVABLES,
    REFUNDS_CLEARING,
    UNAPPLIED_CASH,
)
from billing.ledger.templates import DocumentKind, Posting, Template, credit, debit, declare
from billing.receivables.models import (
    ExcessCleared,
    Payment,
    PaymentReversal,
    Refund,
    RefundAttempt,
    Settlement,
)

PAYMENT_RECEIVED = declare(
    "payment_received",
    "Payment received",
    "Money came in; it is the payer's until it is on an invoice.",
    debit(CASH, "amount"),
    credit(UNAPPLIED_CASH, "amount", "payer"),
    document=DocumentKind.PAYMENT,
    arrives=True,
)
PAYMENT_APPLIED = declare(
    "payment_applied",
    "Payment applied",
    "Unapplied cash settles some of an invoice.",
    debit(UNAPPLIED_CASH, "amount", "payer"),
    credit(RECEIVABLES, "amount", "payer"),
    document=DocumentKind.PAYMENT,
)
PAYMENT_TAKEN_BACK = declare(
    "payment_taken_back",
    "Payment taken back",
    "The bank or a card network took money back; what exceeds the payment waits to be cleared.",
    debit(UNAPPLIED_CASH, "amount", "payer"),
    debit(PAYMENTS_CLEARING, "excess"),
    credit(CASH, "taken"),
    document=DocumentKind.PAYMENT,
    arrives=True,
)
CREDIT_APPLIED = declare(
    "credit_applied",
    "Credit applied",
    "A credit note settles some of an invoice.",
    debit(CUSTOMER_BALANCE, "amount", "payer"),
    credit(RECEIVABLES, "amount", "payer"),
    document=DocumentKind.CREDIT_NOTE,
)
WRITTEN_OFF = declare(
    "written_off",
    "Written off",
    "What will not be paid is a loss.",
    debit(BAD_DEBT, "amount"),
    credit(RECEIVABLES, "amount", "payer"),
    document=DocumentKind.PAYMENT,
)
BANK_CHARGE_BORNE = declare(
    "bank_charge_borne",
    "Bank charge borne",
    "What a bank kept of a payment is ours to bear.",
    debit(PAYMENT_LOSSES, "amount"),
    credit(RECEIVABLES, "amount", "payer"),
    document=DocumentKind.PAYMENT,
)
EXCESS_LOST = declare(
    "excess_lost",
    "Excess taken as a loss",
    "What was taken beyond a payment will not come back.",
    debit(PAYMENT_LOSSES, "amount"),
    credit(PAYMENTS_CLEARING, "amount"),
    document=DocumentKind.PAYMENT,
)
EXCESS_RECOVERED = declare(
    "excess_recovered",
    "Excess given back",
    "What was taken beyond a payment came back.",
    debit(CASH, "amount"),
    credit(PAYMENTS_CLEARING, "amount"),
    document=DocumentKind.PAYMENT,
)
CASH_REFUND_REQUESTED = declare(
    "cash_refund_requested",
    "Refund of unapplied cash requested",
    "Cash that was never used is on its way back.",
    debit(UNAPPLIED_CASH, "amount", "payer"),
    credit(REFUNDS_CLEARING, "amount", "payer"),
    document=DocumentKind.PAYMENT,
)
CREDIT_REFUND_REQUESTED = declare(
    "credit_refund_requested",
    "Refund of a credit note requested",
    "What a credit note left over is on its way back.",
    debit(CUSTOMER_BALANCE, "amount", "payer"),
    credit(REFUNDS_CLEARING, "amount", "payer"),
    document=DocumentKind.PAYMENT,
)
REFUND_PAID = declare(
    "refund_paid",
    "Refund paid out",
    "The gateway says that the refund went out.",
    debit(REFUNDS_CLEARING, "amount", "payer"),
    credit(CASH, "amount"),
    document=DocumentKind.PAYMENT,
)

_OF_KIND: dict[str, Template] = {
    Settlement.Kind.PAYMENT: PAYMENT_APPLIED,
    Settlement.Kind.CREDIT_NOTE: CREDIT_APPLIED,
    Settlement.Kind.WRITE_OFF: WRITTEN_OFF,
    Settlement.Kind.BANK_CHARGE: BANK_CHARGE_BORNE,
}


def received(payment: Payment) -> Posting:
    """The posting of a payment."""
    return PAYMENT_RECEIVED.posting(
        source=payment.public_id,
        currency=payment.currency,
        amounts={"amount": payment.amount_minor},
        owners={"payer": payment.account_id},
        effective_at=payment.received_at,
    )


def settled(settlement: Settlement) -> Posting:
    """The posting of a settlement that takes nothing back."""
    return template_of(settlement).posting(
        source=settlement.public_id,
        currency=settlement.invoice.currency,
        amounts={"amount": settlement.amount_minor},
        owners={"payer": settlement.invoice.payer_id},
        effective_at=settlement.effective_at,
    )


def template_of(settlement: Settlement) -> Template:
    """How a settlement of its kind is booked."""
    return _OF_KIND[settlement.kind]


def taken_back(reversal: PaymentReversal) -> Posting:
    """The posting of what was taken back."""
    return PAYMENT_TAKEN_BACK.posting(
        source=reversal.public_id,
        currency=reversal.payment.currency,
        amounts={
            "amount": reversal.amount_minor,
            "excess": reversal.excess_minor,
            "taken": reversal.amount_minor + reversal.excess_minor,
        },
        owners={"payer": reversal.payment.account_id},
        effective_at=reversal.effective_at,
    )


def excess_cleared(cleared: ExcessCleared) -> Posting:
    """The posting of an excess that is settled."""
    template = EXCESS_LOST if cleared.kind == ExcessCleared.Kind.LOSS else EXCESS_RECOVERED
    return template.posting(
        source=cleared.public_id,
        currency=cleared.reversal.payment.currency,
        amounts={"amount": cleared.amount_minor},
        owners={},
    )


def refund_requested(refund: Refund) -> Posting:
    """The posting of a request."""
    return _requested(refund).posting(
        source=refund.public_id,
        currency=refund.payment.currency,
        amounts={"amount": refund.amount_minor},
        owners={"payer": refund.payment.account_id},
    )


def _requested(refund: Refund) -> Template:
    return CASH_REFUND_REQUESTED if refund.credit_note_id is None else CREDIT_REFUND_REQUESTED


def requested_kind(refund: Refund) -> str:
    """The kind of the journal that its request made."""
    return _requested(refund).kind


def refund_paid(attempt: RefundAttempt) -> Posting:
    """The posting of a refund that went out."""
    refund = attempt.refund
    return REFUND_PAID.posting(
        source=refund.public_id,
        currency=refund.payment.currency,
        amounts={"amount": refund.amount_minor},
        owners={"payer": refund.payment.account_id},
    )
