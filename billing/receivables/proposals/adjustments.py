"""Proposals of adjustments of the next invoice, and of undoing one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from accounts.models import Account
from approvals.drawing import MandateNotFor
from approvals.kinds import Acting, PreparedEffect, ProposedEffect
from billing.invoicing.models import Adjustment, Invoice
from billing.invoicing.operations import adjustments
from billing.invoicing.operations.adjustments import AdjustmentTerms
from billing.invoicing.queries.invoices import find as find_invoice
from billing.receivables.proposals.payloads import BooksReader, amount_text, minor_of
from billing.receivables.proposals.prepared import PreparedMoney, ToldEffect


class AdjustmentProposal:
    """Charge or give an amount before tax on the next invoice of an invoice's account.

    Payload: `invoice` (what it is about), `charge` or `give` (an amount), `description`; or `undo`,
    the adjustment to be undone.
    """

    name: ClassVar[str] = "adjustment"
    title: ClassVar[str] = "Adjustment"
    reason_codes: ClassVar[Mapping[str, str]] = dict(Adjustment.Reason.choices)

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = BooksReader(payload)
        if reader.has("undo"):
            undone = reader.text("undo")
            if not Adjustment.objects.filter(public_id=undone).exists():
                raise reader.wrong("undo", "There is no such adjustment.")
            reader.end()
            return {"undo": undone}
        invoice = reader.invoice()
        said = [way for way in ("charge", "give") if reader.has(way)]
        if len(said) != 1:
            raise reader.wrong("charge", "Say an amount to charge, or one to give.")
        minor = reader.required_amount(said[0], invoice.currency)
        description = reader.text("description")
        if not description or len(description) > 200:
            raise reader.wrong("description", "Say what to print, in up to 200 characters.")
        reader.end()
        return {
            "invoice": invoice.public_id,
            said[0]: amount_text(minor, invoice.currency),
            "description": description,
        }

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def drawn_for(
        self, payload: Mapping[str, Any], prepared: PreparedEffect, effect: ProposedEffect
    ) -> Account:
        """Who is given something. Raises: MandateNotFor."""
        if "give" not in payload or prepared.account is None:
            raise MandateNotFor("Under a mandate something is given, never charged.", field="give")
        return prepared.account

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The adjustment it would make; its invoice books it."""
        by: dict[str, Any] = {"at": acting.at, "by": acting.by, "reason": acting.reason}
        if "undo" in payload:
            rows = Adjustment.objects.select_related("account", "corrects")
            undone = rows.get(public_id=payload["undo"])
            return PreparedMoney(
                account=undone.account,
                invoices=[undone.corrects] if undone.corrects is not None else [],
                at=acting.at,
                operation=partial(adjustments.reverse, adjustment=undone, **by),
                told=_told,
            )
        invoice = find_invoice(payload["invoice"])
        terms = _terms(invoice, payload, acting)
        return PreparedMoney(
            account=invoice.account,
            invoices=[invoice],
            at=acting.at,
            operation=partial(adjustments.adjust, account=invoice.account, terms=terms, **by),
            told=_told,
        )


def _terms(invoice: Invoice, payload: Mapping[str, Any], acting: Acting) -> AdjustmentTerms:
    charged = payload.get("charge")
    minor = minor_of(charged or payload["give"], invoice.currency)
    return AdjustmentTerms(
        amount_minor=minor if charged else -minor,
        description=payload["description"],
        reason_code=Adjustment.Reason(acting.reason_code),
        corrects=invoice,
        ticket=acting.ticket,
    )


def _told(made: Adjustment) -> ToldEffect:
    verb = "charged" if made.amount_minor > 0 else "given"
    return ToldEffect(
        made.public_id,
        abs(made.amount),
        notes=[
            f"“{made.description}”: {abs(made.amount)} before tax is {verb} on the next invoice of "
            f"{made.account.name}, taxed as on the day of what it corrects.",
            "Nothing is booked until that invoice is issued.",
        ],
    )
