"""Making good what a window of a counted pool was short of, as a proposal."""

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
from billing.invoicing.models import Adjustment
from billing.invoicing.operations.adjustments import AdjustmentTerms, adjust
from billing.licences.models import Movement, PoolBucket
from billing.licences.operations.buckets import Written
from billing.licences.operations.window_closing import NothingShort, make_good
from billing.licences.queries.finding import find_bucket
from core.actor import acting_as
from core.db.transactions import transaction
from core.decimals import decimal_text
from core.money import Money
from usage.operations.event_corrections import only_supposed


class PoolTrueUpProposal:
    """Charge on the next invoice what was agreed of a window that ended and was not used.

    Payload: `bucket`.
    """

    name: ClassVar[str] = "pool_true_up"
    title: ClassVar[str] = "True-up of a pool"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "true_up": "Units agreed and not used",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        bucket = reader.named("bucket", find_bucket, "window of a pool")
        reader.end()
        return {"bucket": bucket.public_id}

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Only what is billed counts."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """What the window is short of."""
        return _TrueUp(find_bucket(payload["bucket"]), acting)


@dataclass(frozen=True, slots=True)
class _TrueUp:
    bucket: PoolBucket
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose licence it is."""
        return self.bucket.commitment.license.account

    def preview(self) -> ProposedEffect:
        """The shortfall in units and money. Raises: NothingShort."""
        with only_supposed():
            movement, _ = self._make_good()
        commitment = self.bucket.commitment
        short = f"{decimal_text(-movement.units)} {commitment.unit or commitment.license.currency}"
        return ProposedEffect(
            amount=Money.from_minor(movement.amount_minor, commitment.license.currency),
            digest=canonical_digest([movement.bucket_id, decimal_text(movement.units)]),
            notes=[
                f"{commitment.license}: {commitment.name} from {self.bucket.window_from:%Y-%m-%d} "
                f"to {self.bucket.window_until:%Y-%m-%d} was short of {short}.",
                "It goes on the next invoice of the account.",
            ],
            subjects=[commitment.license.public_id],
        )

    def carry_out(self, *, seen: str) -> str:
        """Book it. Raises: ChangedSince, NothingLeft."""
        try:
            self.preview().require_seen(seen)
            with transaction():
                movement, made = self._make_good()
        except NothingShort as nothing:
            raise NothingLeft(nothing.message) from nothing
        return made.public_id if made else movement.public_id

    def _make_good(self) -> tuple[Movement, Adjustment | None]:
        acting, commitment = self.acting, self.bucket.commitment
        account = commitment.license.account
        with acting_as(acting.by, reason=acting.reason), transaction():
            Account.objects.select_for_update(no_key=True).get(pk=account.pk)
            movement = make_good(self.bucket, Written(acting.at, acting.by, acting.reason))
            if not movement.amount_minor:
                return movement, None
            terms = AdjustmentTerms(
                movement.amount_minor,
                f"{commitment.license.number} · {commitment.name}, not used from "
                f"{self.bucket.window_from:%Y-%m-%d}"[:200],
                Adjustment.Reason.TRUE_UP,
                ticket=acting.ticket,
            )
            made = adjust(
                account=account, terms=terms, at=acting.at, by=acting.by, reason=acting.reason
            )
        return movement, made
