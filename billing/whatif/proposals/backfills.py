"""Closing a back-fill or taking it back as a proposal: both void and restore events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from accounts.models import Account
from approvals.kinds import (
    Acting,
    EffectChange,
    NothingLeft,
    PreparedEffect,
    ProposedEffect,
    canonical_digest,
)
from approvals.payloads import PayloadReader
from billing.whatif.operations.backfill_effects import BackfillEffect, effect
from billing.whatif.queries.backfills import BackfillDetail, detail, find
from usage.models import Backfill
from usage.operations import backfills
from usage.operations.backfills import BackfillClosed

STEPS = ("close", "take_back")


class BackfillStepProposal:
    """Close a back-fill, which voids what it replaces, or take it back as a whole.

    Payload: `backfill`, `step` (`close` or `take_back`).
    """

    name: ClassVar[str] = "backfill_step"
    title: ClassVar[str] = "Step of a back-fill"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "reported_wholly": "All of it was reported",
        "not_needed": "It is not needed",
        "by_mistake": "It was a mistake",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        step = reader.one_of("step", STEPS)
        found = reader.named("backfill", find, "back-fill")
        reader.end()
        return {"backfill": found.public_id, "step": step}

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """The effect is brought up to date where it is worked out."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """What the step would do."""
        return _BackfillStep(payload["step"], find(payload["backfill"]), acting)


@dataclass(frozen=True, slots=True)
class _BackfillStep:
    step: str
    backfill: Backfill
    acting: Acting

    @property
    def account(self) -> Account | None:
        """It may be about many."""
        return None

    def preview(self) -> ProposedEffect:
        """The bills it would change. Raises: BackfillClosed."""
        found = detail(self.backfill)
        return self._proposed(found, effect(self.backfill, found, self._take, at=self.acting.at))

    def carry_out(self, *, seen: str) -> str:
        """Take the step. Raises: ChangedSince, NothingLeft."""
        try:
            self.preview().require_seen(seen)
            self._take()
        except BackfillClosed as nothing:
            raise NothingLeft(nothing.message) from nothing
        return self.backfill.public_id

    def _take(self) -> None:
        take = backfills.close if self.step == "close" else backfills.take_back
        acting = self.acting
        take(backfill=self.backfill, at=acting.at, by=acting.by, reason=acting.reason)

    def _proposed(self, found: BackfillDetail, worked_out: BackfillEffect) -> ProposedEffect:
        moved = [each for each in worked_out.effects or () if not each.problem]
        deltas = worked_out.deltas
        return ProposedEffect(
            amount=abs(deltas[0]) if len(deltas) == 1 else None,
            digest=canonical_digest(
                [
                    self.step,
                    found.stamp,
                    [[each.account.public_id, each.delta.minor] for each in moved],
                ]
            ),
            changes=[
                EffectChange(
                    each.invoice or "the next invoice", each.account.name, each.before, each.after
                )
                for each in moved
            ],
            notes=_notes(self.step, found, worked_out),
            subjects=[self.backfill.public_id],
        )


def _notes(step: str, found: BackfillDetail, worked_out: BackfillEffect) -> list[str]:
    row = found.row
    whose = row.subject or "every resource"
    said = "is closed" if step == "close" else "is taken back"
    notes = [
        f"The back-fill of {row.source}, {row.occurred_from:%Y-%m-%d %H:%M} to "
        f"{row.occurred_until:%Y-%m-%d %H:%M} UTC, of {whose}, {said}.",
        f"{worked_out.event_count:,} events would count otherwise than now.",
    ]
    if worked_out.effects is None:
        notes.append("It changes too many bills to work each out here.")
    return notes
