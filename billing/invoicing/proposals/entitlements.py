"""Entitling a plan, or one account by a word of its own, as proposals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction as django_transaction

from accounts.models import Account
from approvals.kinds import Acting, PreparedEffect, ProposedEffect, canonical_digest
from approvals.payloads import PayloadReader
from billing.catalogue.models import Plan
from billing.contracts.models import Entitlement, Subscription
from billing.contracts.operations import entitlements
from billing.contracts.operations.entitlements import Entitled, EntitlementTerms
from billing.invoicing.proposals.grants import read_instant
from usage.models import Meter


@dataclass(frozen=True, slots=True)
class EntitlementProposal:
    """Entitle whoever is on a plan, one account or one of its subscriptions, or end that (`end`).

    Payload: `plan`, or `account` or `subscription`; `feature`, `value`, `from`, `until`, and
    `meter` (its code) where so much of it is allowed in a billing period; or `end` (what was made
    before) and `until`.
    """

    name: str
    title: str
    whose: str

    @property
    def reason_codes(self) -> Mapping[str, str]:
        """What may be the reason."""
        return {
            "agreed": "As agreed in a contract",
            "plan": "Part of the plan",
            "trial": "To try it out",
            "goodwill": "Goodwill",
            "by_mistake": "It was a mistake",
        }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        said: dict[str, Any] = {}
        if reader.has("end"):
            said["end"] = reader.named("end", self._standing, "entitlement").public_id
            said["until"] = read_instant(reader, "until").isoformat()
            reader.end()
            return said
        key = self.whose
        if key == "account" and reader.has("subscription"):
            key = "subscription"
        whose = reader.named(key, _FIND[key], key)
        assert isinstance(whose, (Account, Plan, Subscription))
        said[key] = whose.public_id
        for name in ("feature", "value"):
            said[name] = reader.text(name)
            if not said[name]:
                raise reader.wrong(name, "Say it.")
        if reader.has("meter"):
            said["meter"] = reader.named("meter", _meter, "meter").code
        said["from"] = read_instant(reader, "from").isoformat()
        if reader.has("until"):
            said["until"] = read_instant(reader, "until").isoformat()
        reader.end()
        return said

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """What it would entitle to."""
        return _Entitling(self, payload, acting)

    def _standing(self, ref: str) -> Entitlement | None:
        rows = Entitlement.objects.filter(public_id=ref, plan__isnull=self.whose != "plan")
        return rows.first()

    def whose_of(self, payload: Mapping[str, Any]) -> Entitled:
        """Who is entitled."""
        key = "subscription" if "subscription" in payload else self.whose
        found = _FIND[key](payload[key])
        assert found is not None  # it was read
        return found


def _plan(ref: str) -> Plan | None:
    return Plan.objects.filter(public_id=ref).first()


def _account(ref: str) -> Account | None:
    return Account.objects.filter(public_id=ref).first()


def _subscription(ref: str) -> Subscription | None:
    return Subscription.objects.filter(public_id=ref).first()


def _meter(ref: str) -> Meter | None:
    return Meter.objects.filter(code=ref).first()


_FIND: Final[Mapping[str, Callable[[str], Entitled | None]]] = {
    "plan": _plan,
    "account": _account,
    "subscription": _subscription,
}


ENTITLEMENTS = (
    EntitlementProposal("entitlement", "Entitlement of a plan", "plan"),
    EntitlementProposal("entitlement_override", "Entitlement of an account", "account"),
)


@dataclass(frozen=True, slots=True)
class _Entitling:
    kind: EntitlementProposal
    payload: Mapping[str, Any]
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose it is; None of a plan's."""
        if "end" in self.payload:
            ended = Entitlement.objects.get(public_id=self.payload["end"])
            return ended.subscription.account if ended.subscription else ended.account
        whose = self.kind.whose_of(self.payload)
        if isinstance(whose, Subscription):
            return whose.account
        return whose if isinstance(whose, Account) else None

    def preview(self) -> ProposedEffect:
        """What it would do. Raises what carrying it out raises."""
        with django_transaction.atomic():
            made = self._do()
            django_transaction.set_rollback(True)
        return self._told(made)

    def carry_out(self, *, seen: str) -> str:
        """Do it. Raises: ChangedSince, and as preview."""
        made = self._do()
        self._told(made).require_seen(seen)
        return made.public_id

    def _do(self) -> Entitlement:
        said, acting = self.payload, self.acting
        by: dict[str, Any] = {"at": acting.at, "by": acting.by, "reason": acting.reason}
        until = datetime.fromisoformat(said["until"]) if "until" in said else None
        if "end" in said:
            rows = Entitlement.objects.select_related("account", "plan", "subscription__account")
            ended = rows.get(public_id=said["end"])
            assert until is not None  # it was read
            entitlements.end(entitlement=ended, until=until, **by)
            return rows.get(pk=ended.pk)
        terms = EntitlementTerms(
            said["feature"],
            said["value"],
            datetime.fromisoformat(said["from"]),
            until,
            _meter(said["meter"]) if "meter" in said else None,
        )
        return entitlements.entitle(whose=self.kind.whose_of(said), terms=terms, **by)

    def _told(self, made: Entitlement) -> ProposedEffect:
        ends = made.valid_until
        until = f"until {ends:%Y-%m-%d %H:%M} UTC" if ends else "without an end"
        note = (
            f"{made.account or made.plan or made.subscription}: {made.feature} is {made.value}"
            f"{f' {made.meter.unit} of a billing period' if made.meter else ''} from "
            f"{made.valid_from:%Y-%m-%d %H:%M} UTC {until}."
        )
        return ProposedEffect(amount=None, digest=canonical_digest([note]), notes=[note])
