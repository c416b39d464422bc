"""Publishing a version of a plan, and offering a plan no more, as proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from accounts.models import Account
from approvals.kinds import (
    Acting,
    NothingLeft,
    PreparedEffect,
    ProposedEffect,
    canonical_digest,
)
from approvals.payloads import PayloadReader
from billing.catalogue.models import Plan, PlanVersion
from billing.catalogue.operations.plans import PlanIsRetired, retire_plan
from billing.catalogue.queries.plans import find_plan, find_version
from billing.contracts.queries.subscribers import subscribers_of
from billing.publishing import operations
from billing.publishing.operations import Publication
from billing.publishing.queries.publication import case_results, present_stamp
from core.db.stamps import ChangedSince
from usage.operations.event_corrections import only_supposed


class PlanPublicationProposal:
    """Freeze a draft of a plan for good, so that subscriptions can use it.

    Payload: `version`.
    """

    name: ClassVar[str] = "plan_publication"
    title: ClassVar[str] = "Publication of prices"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "new_prices": "New prices",
        "new_product": "A new product",
        "correction": "A correction of the one before",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        version = reader.named("version", find_version, "version of a plan")
        reader.end()
        return {"version": version.public_id}

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The publication."""
        return _Publication(find_version(payload["version"]), acting)


@dataclass(frozen=True, slots=True)
class _Publication:
    version: PlanVersion
    acting: Acting

    @property
    def account(self) -> Account | None:
        """It is about all who have the plan."""
        return None

    def preview(self) -> ProposedEffect:
        """What would be frozen, and what to look at. Raises: what publishing raises."""
        with only_supposed():
            done = self._publish(made_from=None)
        self.version.refresh_from_db()
        return ProposedEffect(
            amount=None,
            digest=canonical_digest([present_stamp(self.version, at=self.acting.at)]),
            notes=[*_said(self.version), *_cautioned(done)],
            subjects=[self.version.public_id],
        )

    def carry_out(self, *, seen: str) -> str:
        """Publish it. Raises: ChangedSince where the draft or its check is another by now."""
        stamp = present_stamp(self.version, at=self.acting.at)
        if canonical_digest([stamp]) != seen:
            raise ChangedSince(stamp=stamp, differences=[])
        return self._publish(made_from=stamp).version.public_id

    def _publish(self, *, made_from: str | None) -> Publication:
        return operations.publish(
            version=self.version,
            at=self.acting.at,
            by=self.acting.by,
            reason=self.acting.reason,
            made_from=made_from,
        )


def _said(version: PlanVersion) -> list[str]:
    count, cases = version.prices.count(), len(case_results(version))
    moves = f"existing subscribers move on {version.existing_from}"
    keeps = "existing subscribers keep what they have"
    return [
        f"{version} is frozen for good: {count} prices, {cases} worked cases, which hold.",
        f"New subscribers get it from {version.effective_from:%Y-%m-%d %H:%M} UTC; "
        f"{moves if version.existing_from else keeps}.",
    ]


def _cautioned(done: Publication) -> list[str]:
    return [
        f"Caution{f', {each.price}' if each.price else ''}: {each.detail}" for each in done.cautions
    ]


class PlanRetirementProposal:
    """Offer a plan to nobody new; who has it keeps it.

    Payload: `plan`.
    """

    name: ClassVar[str] = "plan_retirement"
    title: ClassVar[str] = "Retirement of a plan"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "replaced": "Another plan takes its place",
        "not_sold": "It is not sold any more",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        plan = reader.named("plan", find_plan, "plan")
        reader.end()
        return {"plan": plan.public_id}

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The retirement."""
        return _Retirement(find_plan(payload["plan"]), acting)


@dataclass(frozen=True, slots=True)
class _Retirement:
    plan: Plan
    acting: Acting

    @property
    def account(self) -> Account | None:
        """It is about all who could have taken it."""
        return None

    def preview(self) -> ProposedEffect:
        """Who has it. Raises: PlanIsRetired."""
        with only_supposed():
            self._retire()
        held = subscribers_of(self.plan.public_id, at=self.acting.at)
        return ProposedEffect(
            amount=None,
            digest=canonical_digest([self.plan.public_id]),
            notes=[
                f"{self.plan.name} is offered to nobody new. It is not taken back.",
                f"{held.count:,} subscriptions keep it and are billed as before.",
            ],
            subjects=[self.plan.public_id],
        )

    def carry_out(self, *, seen: str) -> str:
        """Retire it. Raises: ChangedSince, NothingLeft."""
        try:
            self.preview().require_seen(seen)
            return self._retire().public_id
        except PlanIsRetired as nothing:
            raise NothingLeft(nothing.message) from nothing

    def _retire(self) -> Plan:
        acting = self.acting
        return retire_plan(plan=self.plan, at=acting.at, by=acting.by, reason=acting.reason)
