"""Set tax rates, exemptions and policies: proposed by one person, approved by another.

What was issued keeps its tax; a rate that was wrong is corrected there by a credit note.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import QuerySet

from accounts.models import Account
from billing.invoicing.models import JurisdictionPolicy, TaxExemption, TaxRate
from billing.invoicing.tax import DatePolicy, TaxRounding
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden, Invalid
from core.periods import UnknownZone, local_midnight
from eventing.publish import publish

Proposed = TypeVar("Proposed", TaxRate, TaxExemption, JurisdictionPolicy)


class TaxRateInvalid(Invalid):
    """The rate or certificate breaks a rule."""

    code = "tax_rate_invalid"
    title = "The tax rate is not valid"


class OwnTaxProposal(Forbidden):
    """Nobody approves what they proposed."""

    code = "tax_own_proposal"
    title = "Somebody else approves this"


class TaxDecided(Conflict):
    """It is approved already."""

    code = "tax_decided"
    title = "It is approved already"


class TaxRateOverlaps(Conflict):
    """Another rate begins later, or at the same instant."""

    code = "tax_rate_overlaps"
    title = "Another rate is in force then"


@dataclass(frozen=True, slots=True)
class RateTerms:
    """A rate of a jurisdiction from an instant on; `rate` is a share, 0.19 is 19 %."""

    jurisdiction: str
    name: str
    rate: Decimal
    valid_from: datetime
    product_class: str = ""

    def check(self) -> None:
        """Raises: TaxRateInvalid."""
        if not self.jurisdiction.strip() or not self.name.strip():
            raise TaxRateInvalid("Name the jurisdiction and the tax.", field="jurisdiction")
        if not self.rate.is_finite() or not 0 <= self.rate < 1:
            raise TaxRateInvalid("A rate is from 0 to less than 1: 0.19 is 19 %.", field="rate")


def propose_rate(*, terms: RateTerms, by: Actor, reason: str) -> TaxRate:
    """Put a rate forward. It counts once somebody else approves it. Raises: TaxRateInvalid."""
    terms.check()
    with acting_as(by, reason=reason), transaction():
        return TaxRate.objects.create(
            jurisdiction=terms.jurisdiction,
            product_class=terms.product_class,
            name=terms.name,
            rate=terms.rate,
            valid_from=terms.valid_from,
            proposed_by=by.name,
            proposer_ref=by.id,
        )


def approve_rate(*, rate: TaxRate, at: datetime, by: Actor, reason: str) -> TaxRate:
    """Put a proposed rate in force; the one before ends where it begins.

    Raises: OwnTaxProposal, TaxDecided, TaxRateOverlaps.
    """
    with acting_as(by, reason=reason), transaction():
        rate = _decided(TaxRate, rate, by)
        same = (
            TaxRate.objects.select_for_update()
            .exclude(approved_by="")
            .filter(jurisdiction=rate.jurisdiction, product_class=rate.product_class)
        )
        _end_before(same, rate.valid_from, f"A rate of {rate.jurisdiction}")
        rate.save(update_fields=["approved_by", "approver_ref"])
        publish(
            "tax_rate.approved",
            subject=rate.public_id,
            payload={"jurisdiction": rate.jurisdiction, "rate": str(rate.rate)},
            at=at,
        )
    return rate


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """How a jurisdiction decides and rounds from an instant on; as on `JurisdictionPolicy`."""

    jurisdiction: str
    valid_from: datetime
    decided_by: DatePolicy = DatePolicy.SERVICE_END
    rounding: TaxRounding = TaxRounding.HALF_UP
    zone: str = "UTC"
    waits_for_register: bool = False

    def check(self) -> None:
        """Raises: TaxRateInvalid."""
        if not self.jurisdiction.strip():
            raise TaxRateInvalid("Name the jurisdiction.", field="jurisdiction")
        try:
            local_midnight(self.valid_from.date(), self.zone)
        except UnknownZone as unknown:
            raise TaxRateInvalid(unknown.message, field="zone") from unknown


def propose_policy(*, terms: PolicyTerms, by: Actor, reason: str) -> JurisdictionPolicy:
    """Put a policy forward. It counts once somebody else approves it. Raises: TaxRateInvalid."""
    terms.check()
    with acting_as(by, reason=reason), transaction():
        return JurisdictionPolicy.objects.create(
            jurisdiction=terms.jurisdiction,
            decided_by=terms.decided_by.value,
            rounding=terms.rounding.value,
            zone=terms.zone,
            waits_for_register=terms.waits_for_register,
            valid_from=terms.valid_from,
            proposed_by=by.name,
            proposer_ref=by.id,
        )


def approve_policy(
    *, policy: JurisdictionPolicy, at: datetime, by: Actor, reason: str
) -> JurisdictionPolicy:
    """Put a proposed policy in force; the one before ends where it begins.

    Raises: OwnTaxProposal, TaxDecided, TaxRateOverlaps.
    """
    with acting_as(by, reason=reason), transaction():
        policy = _decided(JurisdictionPolicy, policy, by)
        same = (
            JurisdictionPolicy.objects.select_for_update()
            .exclude(approved_by="")
            .filter(jurisdiction=policy.jurisdiction)
        )
        _end_before(same, policy.valid_from, f"A policy of {policy.jurisdiction}")
        policy.save(update_fields=["approved_by", "approver_ref"])
        publish(
            "tax_policy.approved",
            subject=policy.public_id,
            payload={
                "jurisdiction": policy.jurisdiction,
                "decided_by": policy.decided_by,
                "rounding": policy.rounding,
            },
            at=at,
        )
    return policy


def _end_before(same: QuerySet[Any], at: datetime, what: str) -> None:
    """End what is in force where the next begins. Raises: TaxRateOverlaps."""
    if same.filter(valid_from__gte=at).exists():
        raise TaxRateOverlaps(f"{what} begins on or after that day already.", field="valid_from")
    for before in same.filter(valid_until__isnull=True):
        before.valid_until = at
        before.save(update_fields=["valid_until"])


@dataclass(frozen=True, slots=True)
class ExemptionTerms:
    """A certificate for a time, half-open; an empty jurisdiction is all of them."""

    certificate: str
    valid_from: datetime
    valid_until: datetime | None = None
    jurisdiction: str = ""


def propose_exemption(
    *, account: Account, terms: ExemptionTerms, by: Actor, reason: str
) -> TaxExemption:
    """Put an exemption of a payer forward, with its evidence. Raises: TaxRateInvalid."""
    if not terms.certificate.strip():
        raise TaxRateInvalid("Name the certificate: it is the evidence.", field="certificate")
    if terms.valid_until is not None and terms.valid_until <= terms.valid_from:
        raise TaxRateInvalid("It ends after it begins.", field="valid_until")
    with acting_as(by, reason=reason), transaction():
        return TaxExemption.objects.create(
            account=account,
            jurisdiction=terms.jurisdiction,
            certificate=terms.certificate,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            proposed_by=by.name,
            proposer_ref=by.id,
        )


def approve_exemption(
    *, exemption: TaxExemption, at: datetime, by: Actor, reason: str
) -> TaxExemption:
    """Let an exemption count. Raises: OwnTaxProposal, TaxDecided."""
    with acting_as(by, reason=reason), transaction():
        exemption = _decided(TaxExemption, exemption, by)
        exemption.save(update_fields=["approved_by", "approver_ref"])
        publish(
            "tax_exemption.approved",
            subject=exemption.public_id,
            payload={"account": exemption.account.public_id, "evidence": exemption.certificate},
            at=at,
        )
    return exemption


def _decided(model: type[Proposed], proposed: Proposed, by: Actor) -> Proposed:
    """The row, locked, with who approves it. Raises: OwnTaxProposal, TaxDecided."""
    row = model.objects.select_for_update(of=("self",)).get(pk=proposed.pk)
    if row.approved_by:
        raise TaxDecided(f"{row.approved_by} approved it.")
    if row.proposer_ref == by.id:
        raise OwnTaxProposal(f"{by} put it forward; somebody else approves it.")
    row.approved_by, row.approver_ref = by.name, by.id
    return row
