"""A price agreed with one subscription alone, and its end, as a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from accounts.models import Account
from approvals.kinds import (
    Acting,
    PreparedEffect,
    ProposedEffect,
    canonical_digest,
)
from approvals.payloads import PayloadReader
from billing.contracts.models import PriceOverride, Subscription
from billing.contracts.operations import agreed_prices
from billing.contracts.operations.agreed_prices import AgreedPrice
from billing.contracts.queries.agreed_prices import any_agreement, any_subscription
from billing.rating import parse_price
from core.instants import read_instant
from usage.operations.event_corrections import only_supposed

VERBS: Final = ("agree", "clear")
_DOCUMENT_BYTES_MAX: Final = 64_000


class AgreedPriceProposal:
    """Put a price of one subscription in the place of its plan's, or end such a price.

    Payload: `verb`; to agree `subscription`, `price` (the code), `definition` (the document),
    `from` and `until` (empty runs on); to clear `agreement` and `until`.
    """

    name: ClassVar[str] = "agreed_price"
    title: ClassVar[str] = "Agreed price"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "contract": "A contract says so",
        "retention": "To keep the customer",
        "correction": "What was agreed was wrong",
        "ended": "The agreement ended",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid, DocumentRefused."""
        reader = PayloadReader(payload)
        verb = reader.one_of("verb", VERBS)
        said: dict[str, Any] = {"verb": verb}
        if verb == "clear":
            agreement = reader.named("agreement", any_agreement, "agreed price")
            said |= {"agreement": agreement.public_id, "until": _instant(reader, "until")}
            if not said["until"]:
                raise reader.wrong("until", "Say until when it holds.")
        else:
            subscription = reader.named("subscription", any_subscription, "subscription")
            said |= {"subscription": subscription.public_id, "price": reader.text("price")}
            said["definition"] = reader.json_object("definition", max_bytes=_DOCUMENT_BYTES_MAX)
            parse_price(said["definition"])
            said |= {name: _instant(reader, name) for name in ("from", "until")}
            if not said["from"]:
                raise reader.wrong("from", "Say from when it holds.")
        reader.end()
        return said

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The agreement, or its end."""
        if payload["verb"] == "clear":
            return _Clearing(payload, any_agreement(payload["agreement"]), acting)
        return _Agreement(payload, any_subscription(payload["subscription"]), acting)


@dataclass(frozen=True, slots=True)
class _Agreement:
    payload: Mapping[str, Any]
    subscription: Subscription
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose subscription it is."""
        return self.subscription.account

    def preview(self) -> ProposedEffect:
        """What would hold instead of what. Raises: what agreeing raises."""
        said = self.payload
        with only_supposed():
            self._agree()
        until = f"until {_day(said['until'])}" if said["until"] else "until somebody ends it"
        return ProposedEffect(
            amount=None,
            digest=canonical_digest([dict(said)]),
            notes=[
                f"{said['price']} of {self.subscription.plan.name} from {_day(said['from'])} "
                f"{until}.",
                *_document_said(said["definition"]),
                f"Printed on the bill: {self.acting.reason}",
            ],
            subjects=[self.subscription.public_id],
        )

    def carry_out(self, *, seen: str) -> str:
        """Agree it. Raises: ChangedSince, and as preview."""
        self.preview().require_seen(seen)
        return self._agree().public_id

    def _agree(self) -> PriceOverride:
        said, acting = self.payload, self.acting
        price = AgreedPrice(
            said["price"],
            said["definition"],
            datetime.fromisoformat(said["from"]),
            datetime.fromisoformat(said["until"]) if said["until"] else None,
        )
        return agreed_prices.agree(
            subscription=self.subscription,
            price=price,
            at=acting.at,
            by=acting.by,
            reason=acting.reason,
        )


@dataclass(frozen=True, slots=True)
class _Clearing:
    payload: Mapping[str, Any]
    override: PriceOverride
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose subscription it is."""
        return self.override.subscription.account

    def preview(self) -> ProposedEffect:
        """What ends when. Raises: what clearing raises."""
        with only_supposed():
            self._clear()
        return ProposedEffect(
            amount=None,
            digest=canonical_digest([dict(self.payload)]),
            notes=[
                f"The agreed price {self.override.price_code} ends at "
                f"{_day(self.payload['until'])}; then the plan's own price counts again.",
                *_document_said(self.override.definition),
            ],
            subjects=[self.override.public_id],
        )

    def carry_out(self, *, seen: str) -> str:
        """End it. Raises: ChangedSince, and as preview."""
        self.preview().require_seen(seen)
        return self._clear().public_id

    def _clear(self) -> PriceOverride:
        acting = self.acting
        return agreed_prices.clear(
            override=self.override,
            valid_until=datetime.fromisoformat(self.payload["until"]),
            at=acting.at,
            by=acting.by,
            reason=acting.reason,
        )


def _instant(reader: PayloadReader, name: str) -> str:
    text = reader.text(name)
    return read_instant(text, field=name).isoformat() if text else ""


def _day(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def _document_said(document: Mapping[str, Any]) -> list[str]:
    """What a price document says, a line a field."""
    return [f"{name.replace('_', ' ')}: {_text(document[name])}" for name in sorted(document)]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_text(value[name])}" for name in value)
    if isinstance(value, list):
        return "; ".join(_text(each) for each in value)
    return "none" if value is None else str(value)
