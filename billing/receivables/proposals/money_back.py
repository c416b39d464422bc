"""Proposals over payments: give money back, take a loss back, undo a settlement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from approvals.kinds import Acting, EffectChange, PreparedEffect
from billing.invoicing.models import CreditNote
from billing.invoicing.queries.invoices import find as find_invoice
from billing.receivables.models import Payment, Refund, Settlement
from billing.receivables.operations import corrections, refunds, settling
from billing.receivables.operations.settling import free_of
from billing.receivables.proposals.payloads import BooksReader, amount_text, minor_of
from billing.receivables.proposals.prepared import PreparedMoney, ToldEffect, recorded_of
from core.money import Money

_REASONS: Final = {
    "overpaid": "Paid too much",
    "paid_twice": "Paid twice",
    "credit_note": "What a credit note left over",
    "goodwill": "Goodwill",
    "other": "Another reason",
}


class RefundProposal:
    """Give free money back: of a credit note, or unapplied cash of a payment.

    Payload: `amount`, and `credit_note` or `payment`, or both: what it is of, and the way it goes.
    """

    name: ClassVar[str] = "refund"
    title: ClassVar[str] = "Refund"
    reason_codes: ClassVar[Mapping[str, str]] = _REASONS

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = BooksReader(payload)
        document: dict[str, Any] = {}
        currency = ""
        if reader.has("credit_note"):
            note = reader.credit_note()
            document["credit_note"], currency = note.public_id, note.currency
        if reader.has("payment") or not document:
            payment = reader.payment()
            document["payment"], currency = payment.public_id, currency or payment.currency
        document["amount"] = amount_text(reader.required_amount("amount", currency), currency)
        reader.end()
        return document

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The request it would make; the gateway is asked afterwards."""
        note = _note(payload.get("credit_note"))
        payment = _payment(payload.get("payment"))
        source = note or payment
        assert source is not None  # `read` asks for one
        account = source.invoice.payer if isinstance(source, CreditNote) else source.account
        return PreparedMoney(
            account=account,
            invoices=[] if note is None else [note.invoice],
            at=acting.at,
            operation=partial(
                refunds.request,
                note=note,
                amount_minor=minor_of(payload["amount"], source.currency),
                to=payment,
                recorded=recorded_of(acting),
            ),
            told=partial(_asked_back, source, free_of(source)),
        )


class RecoveryProposal:
    """Put a payment on an invoice that was written off. Payload: `payment`, `invoice`, `amount`."""

    name: ClassVar[str] = "recovery"
    title: ClassVar[str] = "Recovery"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "paid_after_all": "Paid after all",
        "other": "Another reason",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = BooksReader(payload)
        invoice, payment = reader.invoice(), reader.payment()
        minor = reader.required_amount("amount", invoice.currency)
        reader.end()
        return {
            "invoice": invoice.public_id,
            "payment": payment.public_id,
            "amount": amount_text(minor, invoice.currency),
        }

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The settlements it would write."""
        invoice = find_invoice(payload["invoice"])
        payment = _payment(payload["payment"])
        assert payment is not None  # `read` asks for it
        minor = minor_of(payload["amount"], invoice.currency)
        return PreparedMoney(
            account=invoice.account,
            invoices=[invoice],
            at=acting.at,
            operation=partial(
                corrections.recover,
                payment=payment,
                invoice=invoice,
                amount_minor=minor,
                recorded=recorded_of(acting),
            ),
            told=_recovered,
        )


class SettlementReversalProposal:
    """Take one settlement back, such as a write-off: its invoice is open again.

    Payload: `settlement`.
    """

    name: ClassVar[str] = "settlement_reversal"
    title: ClassVar[str] = "Settlement taken back"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "by_mistake": "Made by mistake",
        "other": "Another reason",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = BooksReader(payload)
        settlement = reader.settlement()
        reader.end()
        return {"settlement": settlement.public_id}

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The settlement that takes the other back."""
        settlement = Settlement.objects.select_related("invoice__account").get(
            public_id=payload["settlement"]
        )
        return PreparedMoney(
            account=settlement.invoice.account,
            invoices=[settlement.invoice],
            at=acting.at,
            operation=partial(
                settling.unapply,
                settlement=settlement,
                recorded=recorded_of(acting),
                is_approved=True,
            ),
            told=_taken_back,
        )


def _note(public_id: str | None) -> CreditNote | None:
    if public_id is None:
        return None
    return CreditNote.objects.select_related("invoice__payer").get(public_id=public_id)


def _payment(public_id: str | None) -> Payment | None:
    if public_id is None:
        return None
    return Payment.objects.select_related("account").get(public_id=public_id)


def _asked_back(source: CreditNote | Payment, free_minor: int, made: Refund) -> ToldEffect:
    amount = Money.from_minor(made.amount_minor, source.currency)
    free = Money.from_minor(free_minor, source.currency)
    return ToldEffect(
        made.public_id,
        amount,
        [EffectChange(str(source), "Free", free, free - amount)],
        [f"It goes back to {made.payment}. The gateway is asked once this is approved."],
    )


def _recovered(made: list[Settlement]) -> ToldEffect:
    paid = next(each for each in made if each.kind == Settlement.Kind.PAYMENT)
    return ToldEffect(paid.public_id, Money.from_minor(paid.amount_minor, paid.invoice.currency))


def _taken_back(made: Settlement) -> ToldEffect:
    return ToldEffect(made.public_id, Money.from_minor(-made.amount_minor, made.invoice.currency))
