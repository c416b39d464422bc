"""When one kind of change of a subscription may take effect, as a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from accounts.models import Account
from approvals.kinds import Acting, PreparedEffect, ProposedEffect, canonical_digest
from approvals.payloads import PayloadReader
from billing.catalogue.models import Product
from billing.contracts.change_policy import own_rule, policy_of
from billing.contracts.models.changes import ChangePolicy, ChangeTiming, SubscriptionVerb
from billing.contracts.operations import change_policies


class ChangePolicyProposal:
    """Say when one kind of change may take effect, for the plans of a product or of all others.

    Payload: `change` (upgrade, downgrade, cancel, pause or resume), `product` (its code; empty is
    every other product), `allows` (now, period_end, date; at least one).
    """

    name: ClassVar[str] = "change_policy"
    title: ClassVar[str] = "Policy of changes"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "new_terms": "The terms change",
        "agreed": "As agreed with sales",
        "correction": "A correction of the one before",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        change = reader.one_of("change", SubscriptionVerb.values)
        product = ""
        if reader.has("product"):
            product = reader.named("product", _product, "product").code
        allows = reader.texts("allows")
        if not allows or not set(allows) <= set(ChangeTiming.values):
            raise reader.wrong("allows", f"Name some of {', '.join(ChangeTiming.values)}.")
        reader.end()
        timings = [each for each in ChangeTiming.values if each in allows]
        return {"change": change, "product": product, "allows": timings}

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The policy."""
        return _PolicySet(payload, acting)


def _product(code: str) -> Product | None:
    return Product.objects.filter(code=code).first()


@dataclass(frozen=True, slots=True)
class _PolicySet:
    payload: Mapping[str, Any]
    acting: Acting

    @property
    def account(self) -> Account | None:
        """It is for every account."""
        return None

    def preview(self) -> ProposedEffect:
        """What may be done when, before and after."""
        product, verb, allows = self._said()
        before = own_rule(product, verb)
        held = policy_of(product.pk if product else None, verb)
        whose = f"plans of {product.name}" if product else "plans of every other product"
        return ProposedEffect(
            amount=None,
            digest=canonical_digest([dict(self.payload), [each.value for each in held.timings]]),
            notes=[
                f"{verb.label} of {whose}: {_told(allows)} instead of {_told(held.timings)} "
                f"({held.rule}).",
                "Quotes that are open already keep what they say.",
            ],
            subjects=[before.public_id] if before else [],
        )

    def carry_out(self, *, seen: str) -> str:
        """Set it. Raises: ChangedSince."""
        self.preview().require_seen(seen)
        product, verb, allows = self._said()
        made: ChangePolicy = change_policies.set_policy(
            product=product,
            verb=verb,
            allows=allows,
            by=self.acting.by,
            reason=self.acting.reason,
        )
        return made.public_id

    def _said(self) -> tuple[Product | None, SubscriptionVerb, list[ChangeTiming]]:
        said = self.payload
        product = _product(said["product"]) if said["product"] else None
        return product, SubscriptionVerb(said["change"]), [ChangeTiming(e) for e in said["allows"]]


def _told(timings: Any) -> str:
    return " or ".join(ChangeTiming(each).label.lower() for each in timings)
