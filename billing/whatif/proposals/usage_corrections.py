"""A correction of an accepted event as a proposal: amend, void, restore."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

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
from billing.whatif.operations.correction_effects import PriceEffect, price_effect
from core.decimals import decimal_text, read_decimal
from core.json_reader import read_json
from usage.envelope.fields import QUANTITY_DIGITS, QUANTITY_SCALE, ItemRefused
from usage.envelope.item import DATA_BYTES_MAX, data_text_of
from usage.operations import event_corrections
from usage.operations.event_corrections import NothingChanged, NotVoided, VoidedAlready
from usage.operations.settling import bring_up_to_date
from usage.queries.fate import Fate, fate_of
from usage.queries.freshness import owners_of

VERBS: Final = ("amend", "void", "restore")
_NOTHING_LEFT: Final = (NothingChanged, NotVoided, VoidedAlready)


class UsageCorrectionProposal:
    """Say what an accepted event should have said, or that it counts nothing, or again.

    Payload: `event` (its key), `verb`, and to amend `quantity` and `data`: the whole data without
    the quantity, as an object or as its JSON text, which is how it is kept.
    """

    name: ClassVar[str] = "usage_correction"
    title: ClassVar[str] = "Correction of usage"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "wrong_quantity": "The quantity was wrong",
        "wrong_data": "Its data were wrong",
        "duplicate": "The same as another event",
        "not_used": "It was not used",
        "by_mistake": "A correction was a mistake",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        verb = reader.one_of("verb", VERBS)
        said = {"event": reader.named("event", _known_event, "event"), "verb": verb}
        if verb == "amend":
            said |= {"quantity": _quantity_text(reader), "data": _data_text(reader)}
        reader.end()
        return said

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Have the usage of its owners added up."""
        bring_up_to_date(owners_of(UUID(payload["event"])), at=at)

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The correction it would make."""
        return _Correction(payload, fate_of(UUID(payload["event"])), acting)


@dataclass(frozen=True, slots=True)
class _Correction:
    payload: Mapping[str, Any]
    fate: Fate
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose usage it is."""
        owner_id = self.fate.owner_id
        return None if owner_id is None else Account.objects.get(pk=owner_id)

    def preview(self) -> ProposedEffect:
        """The lines of the bill of its period. Raises: what the correction raises."""
        return self._proposed(price_effect(self.fate, self._correct(), at=self.acting.at))

    def carry_out(self, *, seen: str) -> str:
        """Make it; the key of the event. Raises: ChangedSince, NothingLeft, and as preview."""
        try:
            self.preview().require_seen(seen)
            self._correct()()
        except _NOTHING_LEFT as nothing:
            raise NothingLeft(nothing.message) from nothing
        return str(self.payload["event"])

    def _correct(self) -> Callable[[], object]:
        key = UUID(self.payload["event"])
        said: dict[str, Any] = {
            "at": self.acting.at,
            "by": self.acting.by,
            "reason": self.acting.reason,
            "made_from": str(self.fate.last_revision),
        }
        if self.payload["verb"] == "void":
            return partial(event_corrections.void, key, **said)
        if self.payload["verb"] == "restore":
            return partial(event_corrections.restore, key, **said)
        quantity = self.payload["quantity"]
        return partial(
            event_corrections.amend,
            key,
            quantity=Decimal(quantity) if quantity else None,
            data=_data_of(self.payload["data"]),
            **said,
        )

    def _proposed(self, effect: PriceEffect | None) -> ProposedEffect:
        known = effect is not None and not effect.problem
        lines = effect.lines if effect is not None and known else []
        return ProposedEffect(
            amount=abs(effect.delta) if effect is not None and known else None,
            # Other usage of a running month moves both figures of a line, and not what is between.
            digest=canonical_digest(
                [
                    dict(self.payload),
                    self.fate.last_revision,
                    [[line.description, line.delta.minor] for line in lines],
                ]
            ),
            changes=[
                EffectChange(
                    effect.invoice or "the next invoice", line.description, line.before, line.after
                )
                for line in lines
                if effect is not None
            ],
            notes=_notes(self.fate, effect),
            subjects=[self.payload["event"]],
        )


def _notes(fate: Fate, effect: PriceEffect | None) -> Sequence[str]:
    what = f"Event {fate.event_id} of {fate.subject}, {fate.type}."
    if effect is None:
        return [what, "Nobody owned the resource at that instant: no bill changes."]
    if effect.problem:
        return [what, f"What it does to the bill cannot be worked out: {effect.problem}"]
    if effect.invoice:
        return [
            what,
            f"Invoice {effect.invoice} stays as it is: the difference becomes late usage.",
        ]
    return [what]


def _known_event(text: str) -> str | None:
    """The key of a known event as it is kept, None for no key. Raises: EventNotFound."""
    try:
        key = UUID(text)
    except ValueError:
        return None
    fate_of(key)
    return str(key)


def _quantity_text(reader: PayloadReader) -> str:
    text = reader.text("quantity")
    if not text:
        return ""
    digits, scale = QUANTITY_DIGITS, QUANTITY_SCALE
    return decimal_text(read_decimal(text, max_digits=digits, scale=scale, field="quantity"))


def _data_text(reader: PayloadReader) -> str:
    value = reader.json_object("data", max_bytes=DATA_BYTES_MAX)
    try:
        return data_text_of(value)
    except ItemRefused as refused:
        raise reader.wrong("data", refused.detail) from refused


def _data_of(text: str) -> Mapping[str, Any]:
    read: Mapping[str, Any] = read_json(text.encode(), max_bytes=DATA_BYTES_MAX, root=(dict,))
    return read
