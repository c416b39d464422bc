"""Amending a licence as a proposal: a quantity, an end, units back or away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from accounts.models import Account
from accounts.queries.profiles import zones_of
from approvals.kinds import Acting, PreparedEffect, ProposedEffect, canonical_digest
from approvals.payloads import PayloadReader
from billing.licences.models import License, LicenseAmendment, PoolBucket
from billing.licences.operations import amendments
from billing.licences.queries.finding import find_bucket, find_commitment, find_license
from core.decimals import decimal_text, read_decimal
from core.money import Money, to_minor
from core.periods import local_midnight
from usage.days import zone_at
from usage.operations.event_corrections import only_supposed


class LicenseAmendmentProposal:
    """Change what a licence agrees.

    Payload: `commitment`, `quantity` and `effective_on`; or `bucket` and `units` (below 0 takes
    some away); or `license` and `ends_on`, the first day without it.
    """

    name: ClassVar[str] = "license_amendment"
    title: ClassVar[str] = "Amendment of a licence"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "agreed": "Agreed with the customer",
        "goodwill": "Goodwill",
        "correction": "It was written down wrongly",
        "terminated": "The contract ends early",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        if reader.has("commitment"):
            commitment = reader.named("commitment", find_commitment, "pool")
            quantity = reader.decimal("quantity")
            if quantity is None:
                raise reader.wrong("quantity", "Say the quantity of a whole window.")
            found = {"commitment": commitment.public_id, "quantity": decimal_text(quantity)}
            found["effective_on"] = _day(reader, "effective_on")
        elif reader.has("bucket"):
            bucket = reader.named("bucket", find_bucket, "window of a pool")
            units = read_decimal(reader.text("units"), max_digits=30, scale=12, field="units")
            if not units:
                raise reader.wrong("units", "Say how many units, below 0 to take some away.")
            found = {"bucket": bucket.public_id, "units": decimal_text(units)}
        else:
            license = reader.named("license", find_license, "licence")
            found = {"license": license.public_id, "ends_on": _day(reader, "ends_on")}
        reader.end()
        return found

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The amendment."""
        if "commitment" in payload:
            license = find_commitment(payload["commitment"]).license
        elif "bucket" in payload:
            license = find_bucket(payload["bucket"]).commitment.license
        else:
            license = find_license(payload["license"])
        return _Amending(license, payload, acting)


def _day(reader: PayloadReader, name: str) -> str:
    try:
        return date.fromisoformat(reader.text(name)).isoformat()
    except ValueError:
        raise reader.wrong(name, "Say a day such as 2026-07-16.") from None


@dataclass(frozen=True, slots=True)
class _Amending:
    license: License
    payload: Mapping[str, Any]
    acting: Acting

    @property
    def account(self) -> Account | None:
        """Whose licence it is."""
        return self.license.account

    def preview(self) -> ProposedEffect:
        """What each window would hold. Raises: what amending raises."""
        before = self._granted()
        with only_supposed():
            made = self._amend()
            after = self._granted()
        changed = [key for key in after if after[key][1] != before[key][1]]
        price = {key: after[key][2] for key in changed}
        worth = sum(
            (Fraction(after[key][1] - before[key][1]) * Fraction(price[key]) for key in changed),
            Fraction(0),
        )
        notes = [
            f"{after[key][0]}: {decimal_text(before[key][1])} → {decimal_text(after[key][1])}"
            for key in changed
        ]
        return ProposedEffect(
            amount=Money.from_minor(
                abs(to_minor(worth, self.license.currency)), self.license.currency
            ),
            digest=canonical_digest(
                [made.kind, made.was, made.became, made.effective_at.isoformat(), notes]
            ),
            notes=[f"{self.license}: {made.get_kind_display().lower()}.", *notes],
            subjects=[self.license.public_id],
        )

    def carry_out(self, *, seen: str) -> str:
        """Amend it. Raises: ChangedSince, and as preview."""
        self.preview().require_seen(seen)
        return self._amend().public_id

    def _granted(self) -> dict[int, tuple[str, Decimal, Decimal]]:
        """What each window holds: how it is called, its units, and what one costs."""
        rows = PoolBucket.objects.filter(commitment__license=self.license)
        return {
            each.pk: (
                f"{each.commitment.name}, window from {each.window_from:%Y-%m-%d}",
                each.granted,
                each.commitment.product.unit_price if each.commitment.unit else Decimal(1),
            )
            for each in rows.select_related("commitment__product").order_by("pk")
        }

    def _amend(self) -> LicenseAmendment:
        acting, payload = self.acting, self.payload
        at, by, reason = acting.at, acting.by, acting.reason
        if "commitment" in payload:
            return amendments.amend_quantity(
                commitment=find_commitment(payload["commitment"]),
                quantity=Decimal(payload["quantity"]),
                effective_at=self._midnight(payload["effective_on"]),
                at=at,
                by=by,
                reason=reason,
            )
        if "bucket" in payload:
            return amendments.give_or_take(
                bucket=find_bucket(payload["bucket"]),
                units=Decimal(payload["units"]),
                at=at,
                by=by,
                reason=reason,
            )
        return amendments.end_early(
            license=self.license,
            ends_at=self._midnight(payload["ends_on"]),
            at=at,
            by=by,
            reason=reason,
        )

    def _midnight(self, day: str) -> datetime:
        spans = zones_of([self.license.account_id])[self.license.account_id]
        return local_midnight(date.fromisoformat(day), zone_at(spans, self.license.starts_at))
