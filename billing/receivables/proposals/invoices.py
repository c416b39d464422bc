"""Proposals over a whole invoice: void it, issue it anew, give up what is open of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from approvals.kinds import Acting, EffectChange, PreparedEffect
from billing.invoicing.models import Invoice, InvoiceVoid
from billing.invoicing.queries.invoices import find as find_invoice
from billing.receivables.models import Settlement
from billing.receivables.operations import corrections
from billing.receivables.operations.settling import live_settlements
from billing.receivables.proposals.payloads import BooksReader, amount_text, minor_of
from billing.receivables.proposals.prepared import PreparedMoney, ToldEffect, recorded_of
from billing.receivables.voidable import accounts_on
from core.money import Money
from usage.operations.settling import bring_up_to_date

VOID_REASONS: Final = {
    "billing_error": "Billing error",
    "duplicate": "Billed twice",
    "wrong_account": "Billed to the wrong account",
    "price_not_as_agreed": "Price not as agreed",
    "other": "Another reason",
}


class VoidProposal:
    """Void an issued invoice: what settled it is free again. Payload: `invoice`."""

    name: ClassVar[str] = "void"
    title: ClassVar[str] = "Void"
    reason_codes: ClassVar[Mapping[str, str]] = VOID_REASONS

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        return _invoice_alone(payload)

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The void it would record."""
        invoice = find_invoice(payload["invoice"])
        return PreparedMoney(
            account=invoice.account,
            invoices=[invoice],
            at=acting.at,
            operation=partial(corrections.void, invoice=invoice, recorded=recorded_of(acting)),
            told=partial(_voided, invoice, _freed(invoice)),
        )


class VoidAndReissueProposal:
    """Void an issued invoice and bill its period as it is now. Payload: `invoice`."""

    name: ClassVar[str] = "void_and_reissue"
    title: ClassVar[str] = "Void and reissue"
    reason_codes: ClassVar[Mapping[str, str]] = VOID_REASONS

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        return _invoice_alone(payload)

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Usage of the accounts on it, which the period is rated from again."""
        bring_up_to_date(accounts_on(find_invoice(payload["invoice"])), at=at)

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The void and the invoice it would issue instead."""
        invoice = find_invoice(payload["invoice"])
        return PreparedMoney(
            account=invoice.account,
            invoices=[invoice],
            at=acting.at,
            operation=partial(
                corrections.void_and_reissue, invoice=invoice, recorded=recorded_of(acting)
            ),
            told=partial(_reissued, invoice, _freed(invoice)),
        )


class WriteOffProposal:
    """Give up what is open of an invoice, or some of it. Payload: `invoice`, `amount`."""

    name: ClassVar[str] = "write_off"
    title: ClassVar[str] = "Write-off"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "uncollectible": "Cannot be collected",
        "insolvent": "The customer is insolvent",
        "small_balance": "Too small to pursue",
        "other": "Another reason",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = BooksReader(payload)
        invoice = reader.invoice()
        minor = reader.amount("amount", invoice.currency)
        reader.end()
        document = {"invoice": invoice.public_id}
        if minor is not None:
            document["amount"] = amount_text(minor, invoice.currency)
        return document

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The loss it would book."""
        invoice = find_invoice(payload["invoice"])
        amount = payload.get("amount")
        return PreparedMoney(
            account=invoice.account,
            invoices=[invoice],
            at=acting.at,
            operation=partial(
                corrections.write_off,
                invoice=invoice,
                amount_minor=None if amount is None else minor_of(amount, invoice.currency),
                recorded=recorded_of(acting),
            ),
            told=_given_up,
        )


def _invoice_alone(payload: Mapping[str, Any]) -> dict[str, Any]:
    reader = BooksReader(payload)
    invoice = reader.invoice()
    reader.end()
    return {"invoice": invoice.public_id}


def _freed(invoice: Invoice) -> list[str]:
    """What settles it now and would be free again, in words."""
    return [
        f"{Money.from_minor(each.amount_minor, invoice.currency)} of "
        f"{each.payment or each.credit_note} {_BECOMES[each.kind]}."
        for each in live_settlements(invoice=invoice)
    ]


_BECOMES: Final[Mapping[str, str]] = {
    Settlement.Kind.PAYMENT: "becomes unapplied cash",
    Settlement.Kind.CREDIT_NOTE: "is the customer's balance again",
    Settlement.Kind.WRITE_OFF: "is no loss any more",
}


def _voided(invoice: Invoice, freed: list[str], made: InvoiceVoid) -> ToldEffect:
    rows = [EffectChange(str(invoice), "Owed", invoice.total, Money.zero(invoice.currency))]
    return ToldEffect(made.public_id, invoice.total, rows, freed)


def _reissued(invoice: Invoice, freed: list[str], made: Invoice) -> ToldEffect:
    currency = invoice.currency
    rows = [
        EffectChange(str(invoice), "Owed", invoice.total, Money.zero(currency)),
        EffectChange("the invoice issued instead", "Owed", Money.zero(currency), made.total),
        EffectChange("both", "Owed for the period", invoice.total, made.total),
    ]
    return ToldEffect(made.public_id, invoice.total, rows, freed)


def _given_up(made: Settlement) -> ToldEffect:
    return ToldEffect(made.public_id, Money.from_minor(made.amount_minor, made.invoice.currency))
