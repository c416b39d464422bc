"""Set tax rates and exemptions: proposed by one person, approved by another.

What was issued keeps its tax; a rate that was wrong is corrected there by a credit note.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from accounts.models import Account
from billing.invoicing.models import TaxExemption, TaxRate
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden, Invalid
from eventing.publish import publish

Proposed = TypeVar("Proposed", TaxRate, TaxExemption)


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
        if same.filter(valid_from__gte=rate.valid_from).exists():
            raise TaxRateOverlaps(
                f"A rate of {rate.jurisdiction} begins on or after that day already.",
                field="valid_from",
            )
        for before in same.filter(valid_until__isnull=True):
            before.valid_until = rate.valid_from
            before.save(update_fields=["valid_until"])
        rate.save(update_fields=["approved_by"])
        publish(
            "tax_rate.approved",
            subject=rate.public_id,
            payload={"jurisdiction": rate.jurisdiction, "rate": str(rate.rate)},
            at=at,
        )
    return rate


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
        )


def approve_exemption(
    *, exemption: TaxExemption, at: datetime, by: Actor, reason: str
) -> TaxExemption:
    """Let an exemption count. Raises: OwnTaxProposal, TaxDecided."""
    with acting_as(by, reason=reason), transaction():
        exemption = _decided(TaxExemption, exemption, by)
        exemption.save(update_fields=["approved_by"])
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
    if row.proposed_by == by.name:
        raise OwnTaxProposal(f"{by} put it forward; somebody else approves it.")
    row.approved_by = by.name
    return row
