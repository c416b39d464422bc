"""An operation on money as approvals looks at it: prepared once, previewed and done alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from accounts.models import Account
from approvals.kinds import Acting, EffectChange, EffectPosting, NothingLeft, ProposedEffect
from billing.invoicing.crediting import NothingToCredit
from billing.invoicing.models import Invoice
from billing.invoicing.operations.adjustments import AdjustmentReversed
from billing.invoicing.operations.credit_notes import InvoiceIsVoid
from billing.ledger.models import LedgerAccount
from billing.receivables import effects
from billing.receivables.effects import MoneyEffect
from billing.receivables.operations.corrections import NothingOpen, NothingToReissue
from billing.receivables.operations.settling import Recorded, TakenBackAlready
from core.money import Money

Made = TypeVar("Made")

_NOTHING_LEFT = (
    AdjustmentReversed,
    NothingOpen,
    NothingToCredit,
    NothingToReissue,
    TakenBackAlready,
    InvoiceIsVoid,
)


@dataclass(frozen=True, slots=True)
class ToldEffect:
    """What only the kind knows of what it made: its id, its amount, figures of its own."""

    ref: str
    amount: Money
    changes: Sequence[EffectChange] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PreparedMoney(Generic[Made]):
    """An operation that is ready. `told` is asked within its transaction, of what it made."""

    account: Account
    invoices: Sequence[Invoice]
    at: datetime
    operation: Callable[[], Made]
    told: Callable[[Made], ToldEffect]
    _kept: list[ToldEffect] = field(default_factory=list)

    def preview(self) -> ProposedEffect:
        """What it would do. Raises what carrying it out raises."""
        effect = effects.preview(self._run, of=self.invoices, at=self.at)
        return self._proposed(effect)

    def carry_out(self, *, seen: str) -> str:
        """Do it, if it comes to what was seen; the public id of what it made.

        Raises: ChangedSince, NothingLeft, and what the operation raises.
        """
        try:
            effects.carry_out(self._run, of=self.invoices, at=self.at, seen=seen)
        except _NOTHING_LEFT as nothing:
            raise NothingLeft(nothing.message) from nothing
        return self._kept[-1].ref

    def _run(self) -> Made:
        made = self.operation()
        self._kept.append(self.told(made))
        return made

    def _proposed(self, effect: MoneyEffect) -> ProposedEffect:
        told = self._kept[-1]
        names = dict(LedgerAccount.objects.values_list("code", "name"))
        return ProposedEffect(
            amount=told.amount,
            digest=effect.digest,
            changes=[*told.changes, *(_due(each) for each in effect.dues)],
            books=[EffectPosting(names[each.book], each.amount) for each in effect.books],
            notes=told.notes,
            subjects=[invoice.public_id for invoice in self.invoices],
        )


def _due(each: effects.DueChange) -> EffectChange:
    return EffectChange(
        of=str(each.before.invoice),
        name="Open",
        before=each.before.money(each.before.open_minor),
        after=each.after.money(each.after.open_minor),
    )


def recorded_of(acting: Acting) -> Recorded:
    """Who records it, when and why."""
    return Recorded(acting.at, acting.by, acting.reason)
