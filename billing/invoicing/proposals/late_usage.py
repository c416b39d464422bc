"""Letting go of late usage as a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from accounts.models import Account
from approvals.drawing import MandateNotFor
from approvals.kinds import (
    Acting,
    EffectChange,
    NothingLeft,
    PreparedEffect,
    ProposedEffect,
    canonical_digest,
)
from approvals.payloads import PayloadReader
from billing.invoicing.drafting.late_usage import LateUsage, late_usage
from billing.invoicing.models import Invoice
from billing.invoicing.operations import late_usage as operations
from billing.invoicing.operations.late_usage import NothingLate
from billing.invoicing.queries.invoices import find
from core.money import Money
from usage.derivation.refresh import refresh


class LateWaiverProposal:
    """Never bill, or never give back, what late usage of an issued invoice comes to now.

    Payload: `invoice`.
    """

    name: ClassVar[str] = "late_waiver"
    title: ClassVar[str] = "Waiver of late usage"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "our_fault": "It came late through us",
        "too_late": "Too late to be charged",
        "too_small": "Too small to be billed",
        "goodwill": "Goodwill",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        invoice = reader.named("invoice", find, "invoice")
        reader.end()
        return {"invoice": invoice.public_id}

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Have the usage of its account added up."""
        refresh([find(payload["invoice"]).account_id])

    def drawn_for(
        self, payload: Mapping[str, Any], prepared: PreparedEffect, effect: ProposedEffect
    ) -> Account:
        """Whose late usage it is. Raises: MandateNotFor where it would be given back instead."""
        if prepared.account is None or sum(each.change.minor for each in effect.changes) > 0:
            raise MandateNotFor("Under a mandate nothing is kept from a customer.", field="invoice")
        return prepared.account

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The difference that would be let go of."""
        return _Waiver(find(payload["invoice"]), acting)


@dataclass(frozen=True, slots=True)
class _Waiver:
    invoice: Invoice
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose invoice it is."""
        return self.invoice.account

    def preview(self) -> ProposedEffect:
        """Each line of the difference. Raises: NothingLate, NotIssued, or what rating refuses."""
        late = self._late()
        return ProposedEffect(
            amount=abs(self._money(late.amount_minor)),
            digest=canonical_digest([late.stamp]),
            changes=[
                EffectChange(
                    str(self.invoice),
                    line.description,
                    self._money(line.amount_minor),
                    self._money(0),
                )
                for line in late.lines
            ],
            notes=[_said(late)],
            subjects=[self.invoice.public_id],
        )

    def carry_out(self, *, seen: str) -> str:
        """Let go of it. Raises: ChangedSince, NothingLeft, and as preview."""
        try:
            self.preview().require_seen(seen)
            made = operations.waive(
                invoice=self.invoice,
                at=self.acting.at,
                by=self.acting.by,
                reason=self.acting.reason,
            )
        except NothingLate as nothing:
            raise NothingLeft(nothing.message) from nothing
        return made.public_id

    def _late(self) -> LateUsage:
        operations.require_issued(self.invoice)
        (late,) = late_usage([self.invoice])
        if late.problem is not None:
            raise late.problem
        if not late.lines:
            raise NothingLate(f"Nothing of {self.invoice} is open.", invoice=self.invoice.public_id)
        return late

    def _money(self, minor: int) -> Money:
        return Money.from_minor(minor, self.invoice.currency)


def _said(late: LateUsage) -> str:
    if late.amount_minor < 0:
        return "The customer was charged this too much, and it will not be given back."
    return "It will never be billed. Usage that arrives from now on is open again."
