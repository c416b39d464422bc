"""Releasing or dropping held events as a proposal: both set a rule aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

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
from billing.contracts.billability import BillableGate
from billing.whatif.operations.held_effects import (
    EVENTS_PREVIEWED,
    HeldEffect,
    held_effect,
    only_owner,
)
from core.errors import Conflict, Invalid
from core.instants import read_instant
from core.money import Money
from core.periods import Period
from usage.models import HeldSettlement, QuarantineReason
from usage.models.quarantine import WAIVABLE
from usage.operations import held_settlements, quarantine
from usage.queries.held import HeldChoice, keys_read

VERBS = (HeldSettlement.Verb.RELEASE.value, HeldSettlement.Verb.DROP.value)


class NothingHeld(Conflict):
    """None of the events that are meant is held any more."""

    code = "nothing_held"
    title = "No event is held so any more"


class HeldSettlementProposal:
    """Release or drop many held events.

    Payload: `verb`, `reason` (what they are held for), and what narrows it: `keys`, `subject`,
    `type`, `source`, `from` and `until` (when they occurred), `through` (the last that was seen).
    """

    name: ClassVar[str] = "held_settlement"
    title: ClassVar[str] = "Settlement of held events"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "checked": "They were checked",
        "known_cause": "The cause is known",
        "test_traffic": "They are of a test",
        "sent_again": "They were sent again",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        verb, reason = reader.one_of("verb", VERBS), reader.text("reason")
        if reason not in QuarantineReason.values:
            raise reader.wrong("reason", "Say what they are held for.")
        said: dict[str, Any] = {"verb": verb, "reason": reason, "keys": _keys(reader)}
        said |= {name: reader.text(name) for name in ("subject", "type", "source")}
        said |= {name: _instant(reader, name) for name in ("from", "until")}
        if bool(said["from"]) != bool(said["until"]) or said["from"] > said["until"]:
            raise reader.wrong("until", "Say from when until when, or neither.")
        last = _choice(said).held.order_by("-pk").values_list("pk", flat=True).first() or 0
        said["through"] = reader.whole("through", least=0, most=2**62, default=last)
        reader.end()
        return said

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """The effect is brought up to date where it is worked out."""

    def drawn_for(
        self, payload: Mapping[str, Any], prepared: PreparedEffect, effect: ProposedEffect
    ) -> Account:
        """Whose events they all are. Raises: MandateNotFor."""
        account = only_owner(_choice(payload).held)
        if account is None or effect.amount is None:
            raise MandateNotFor(
                f"Under a mandate up to {EVENTS_PREVIEWED} events of one account are settled, "
                "whose bill can be told.",
                field="keys",
            )
        return account

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """What would become of them."""
        return _Settlement(payload, acting)


@dataclass(frozen=True, slots=True)
class _Settlement:
    payload: Mapping[str, Any]
    acting: Acting

    @property
    def account(self) -> Account | None:
        """They may be of many."""
        return None

    def preview(self) -> ProposedEffect:
        """The bills they would be on. Raises: NothingHeld, NotWaivable."""
        choice = _choice(self.payload)
        count = choice.held.count()
        if not count:
            raise NothingHeld("No event is held so any more.")
        if self.payload["verb"] == HeldSettlement.Verb.DROP:
            said = f"{count:,} held events would be dropped: they count nowhere, and stay visible."
            return ProposedEffect(
                amount=self._let_go(choice), digest=self._digest(count, []), notes=[said]
            )
        held_settlements.require_waivable(choice.reason)
        return self._released(self._if_released(choice))

    def _if_released(self, choice: HeldChoice) -> HeldEffect:
        acting = self.acting
        release = partial(
            quarantine.release,
            gate=BillableGate(),
            at=acting.at,
            by=acting.by,
            reason=acting.reason,
        )
        return held_effect(choice.held, release, at=acting.at)

    def _let_go(self, choice: HeldChoice) -> Money | None:
        """What they would be billed with if they counted; None where nobody may let them count."""
        if choice.reason not in WAIVABLE:
            return None
        return _amount_of(self._if_released(choice))

    def carry_out(self, *, seen: str) -> str:
        """Begin it; workers go on within seconds. Raises: ChangedSince, NothingLeft."""
        try:
            effect = self.preview()
        except NothingHeld as nothing:
            raise NothingLeft(nothing.message) from nothing
        effect.require_seen(seen)
        started = held_settlements.start(
            _choice(self.payload),
            HeldSettlement.Verb(self.payload["verb"]),
            at=self.acting.at,
            by=self.acting.by,
            reason=self.acting.reason,
        )
        return started.public_id

    def _released(self, effect: HeldEffect) -> ProposedEffect:
        moved = [each for each in effect.effects if not each.problem]
        notes = [f"{effect.passing:,} of {effect.looked_at:,} events would count."]
        if effect.is_first:
            notes.append(f"Worked out for the first of {effect.total:,}.")
        return ProposedEffect(
            amount=_amount_of(effect),
            digest=self._digest(
                effect.total, [[each.account.public_id, each.delta.minor] for each in moved]
            ),
            changes=[
                EffectChange(each.account.name, "Bill of the period", each.before, each.after)
                for each in moved
            ],
            notes=notes,
        )

    def _digest(self, count: int, bills: list[list[Any]]) -> str:
        return canonical_digest([dict(self.payload), count, bills])


def _amount_of(effect: HeldEffect) -> Money | None:
    """What the bills move by; None where they are of several currencies, or not all are known."""
    is_known = not effect.is_first and not any(each.problem for each in effect.effects)
    deltas = effect.deltas
    return abs(deltas[0]) if is_known and len(deltas) == 1 else None


def _choice(payload: Mapping[str, Any]) -> HeldChoice:
    window = None
    if payload["from"]:
        start, end = (datetime.fromisoformat(payload[name]) for name in ("from", "until"))
        window = Period(start, end)
    return HeldChoice(
        reason=payload["reason"],
        keys=keys_read(payload["keys"]),
        subjects=[payload["subject"]] if payload["subject"] else [],
        type=payload["type"],
        source=payload["source"],
        window=window,
        through=payload.get("through"),
    )


def _keys(reader: PayloadReader) -> list[str]:
    try:
        return [str(UUID(each)) for each in reader.texts("keys")]
    except ValueError as unreadable:
        raise reader.wrong("keys", "Expected keys of events.") from unreadable


def _instant(reader: PayloadReader, name: str) -> str:
    text = reader.text(name)
    if not text:
        return ""
    try:
        return read_instant(text, field=name).isoformat()
    except Invalid as unreadable:
        raise reader.wrong(name, unreadable.message) from unreadable
