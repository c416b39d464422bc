"""Setting and ending a limit on spending, as a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from accounts.models import Account, Resource
from approvals.kinds import Acting, PreparedEffect, ProposedEffect, canonical_digest
from approvals.payloads import PayloadReader
from billing.spending.models import SpendingLimit, SpendingMark
from billing.spending.operations import limits
from billing.spending.operations.limits import LimitTerms
from billing.spending.queries.limits import find_limit
from core.decimals import decimal_text
from core.money import Money
from usage.operations.event_corrections import only_supposed


class SpendingLimitProposal:
    """Let an account, or one of its apps, spend so much of a billing period, or end that.

    Payload: `account`, `amount`, `stops`, `resource` (an app), `marks` (per cent, as texts),
    `pace_percent`; or `end` (a limit).
    """

    name: ClassVar[str] = "spending_limit"
    title: ClassVar[str] = "Limit on spending"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "customer_asked": "The customer asked for it",
        "risk": "So that no more is owed than can be paid",
        "agreed": "As agreed in the contract",
        "incident": "Something runs away",
        "by_mistake": "It was a mistake",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        if reader.has("end"):
            limit = reader.named("end", _found, "limit")
            reader.end()
            return {"end": limit.public_id}
        account = reader.named("account", _account, "account")
        minor = reader.required_amount("amount", account.currency)
        said: dict[str, Any] = {
            "account": account.public_id,
            "amount": decimal_text(Money.from_minor(minor, account.currency).amount),
            "stops": reader.flag("stops"),
            "marks": _marks(reader),
        }
        if reader.has("resource"):
            said["resource"] = reader.named("resource", _resource, "resource").public_id
        if reader.has("pace_percent"):
            said["pace_percent"] = reader.whole("pace_percent", least=101, most=limits.MARK_MAX)
        reader.end()
        return said

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """What was spent is looked at by itself."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """What setting or ending it would do."""
        return _Limiting(payload, acting)


def _marks(reader: PayloadReader) -> list[str]:
    """Shares in per cent, canonical; 80 and 100 where none is said."""
    found = reader.texts("marks") or ["80", "100"]
    if not all(each.isascii() and each.isdecimal() and len(each) <= 4 for each in found):
        raise reader.wrong("marks", "Say whole per cents, such as 80 and 100.")
    return [str(each) for each in sorted({int(each) for each in found})]


def _account(ref: str) -> Account | None:
    return Account.objects.filter(public_id=ref).first()


def _resource(ref: str) -> Resource | None:
    return Resource.objects.filter(public_id=ref).first()


def _found(ref: str) -> SpendingLimit | None:
    return SpendingLimit.objects.filter(public_id=ref).first()


@dataclass(frozen=True, slots=True)
class _Limiting:
    payload: Mapping[str, Any]
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose limit it is."""
        if "end" in self.payload:
            return find_limit(self.payload["end"]).account
        return Account.objects.get(public_id=self.payload["account"])

    def preview(self) -> ProposedEffect:
        """What would hold, and what would go on or stand still. Raises: as setting it."""
        with only_supposed():
            return self._told(self._do())

    def carry_out(self, *, seen: str) -> str:
        """Do it. Raises: ChangedSince, and as preview."""
        made = self._do()
        self._told(made).require_seen(seen)
        return made.public_id

    def _do(self) -> SpendingLimit:
        acting, said = self.acting, self.payload
        by: dict[str, Any] = {"at": acting.at, "by": acting.by, "reason": acting.reason}
        if "end" in said:
            limit = find_limit(said["end"])
            limits.end_limit(limit=limit, **by)
            return find_limit(said["end"])
        account = self.account
        assert account is not None  # it was read
        terms = LimitTerms(
            amount_minor=Money(Decimal(said["amount"]), account.currency).minor,
            stops=said["stops"],
            marks=[int(each) for each in said["marks"]],
            pace_percent=said.get("pace_percent"),
            resource=_resource(said["resource"]) if "resource" in said else None,
        )
        return limits.set_limit(account=account, terms=terms, **by)

    def _told(self, made: SpendingLimit) -> ProposedEffect:
        whose = made.resource.name if made.resource else made.account.name
        if "end" in self.payload:
            notes = [f"{made} of {whose} holds no more."]
        else:
            marks = ", ".join(f"{mark} %" for mark in made.marks)
            does = "stops the platform at its amount" if made.stops else "tells people only"
            notes = [f"{made} for {whose} in each billing period; it {does}. Told at {marks}."]
            if made.pace_percent:
                notes.append(f"Told too at {made.pace_percent} % of an even pace.")
        notes += _goes_on(made)
        return ProposedEffect(
            amount=None,
            digest=canonical_digest(notes),
            notes=notes,
            subjects=[made.public_id] if "end" in self.payload else [],
        )


def _goes_on(made: SpendingLimit) -> list[str]:
    """What becomes of what stands stopped, of this limit or of the one before."""
    if limits.open_stop(made) is not None:
        return ["It stands stopped: as much was spent already."]
    at = made.valid_until or made.valid_from
    resumed = SpendingMark.objects.filter(
        limit__account=made.account, limit__resource=made.resource, resume__resumed_at=at
    )
    return ["What was stopped goes on at once."] if resumed.exists() else []
