"""Amend a licence: another quantity, another end, another purchase order, units back or away.

What was drawn stays drawn. Each change is a linked fact and movements of the same buckets; what
reaches into billed time is refused with the first instant that is possible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.billed_time import require_unbilled
from accounts.models import Account
from billing.licences.models import License, LicenseAmendment, Movement, PoolBucket, PoolCommitment
from billing.licences.operations.buckets import Written, left_of, lock_buckets, write
from billing.licences.queries.scopes import accounts_of
from billing.licences.windows import ZERO, GrantedWindow, amended
from core.actor import Actor, acting_as
from core.db.transactions import transaction, transaction_required
from core.decimals import decimal_text
from core.errors import Conflict, Invalid
from core.periods import Period
from eventing.publish import publish


class AmendmentInvalid(Invalid):
    """The change says nothing, or lies outside the term; the field is named."""

    code = "license_amendment_invalid"
    title = "The licence cannot be amended so"


class AmendedBelowUse(Conflict):
    """More was drawn already than would be left."""

    code = "license_amended_below_use"
    title = "More is drawn already"


@dataclass(frozen=True, slots=True)
class PoolChange:
    """What an amendment does to one bucket: its window, what it is granted before and after."""

    bucket: PoolBucket
    units: Decimal

    @property
    def granted(self) -> Decimal:
        """What it would be granted."""
        return self.bucket.granted + self.units


@transaction_required()
def quantity_changes(
    commitment: PoolCommitment, quantity: Decimal, effective_at: datetime
) -> list[PoolChange]:
    """What another quantity from an instant on does to the windows of a commitment, locked.

    Raises: AmendmentInvalid, AmendedBelowUse, TimeBilled.
    """
    license = commitment.license
    if quantity < 0 or not license.starts_at <= effective_at < license.ends_at:
        raise AmendmentInvalid(
            "A quantity is 0 or more, from an instant of the term on: "
            f"{license.starts_at:%Y-%m-%d} to {license.ends_at:%Y-%m-%d}. Nothing was saved.",
            field="effective_at" if quantity >= 0 else "quantity",
        )
    last = commitment.amendments.filter(kind=LicenseAmendment.Kind.QUANTITY).order_by("pk").last()
    if last is not None and effective_at < last.effective_at:
        raise AmendmentInvalid(
            f"It was amended from {last.effective_at:%Y-%m-%d} on; a later amendment begins no "
            "earlier. Nothing was saved.",
            field="effective_at",
        )
    own = [each.account_id for each in accounts_of(license.account_id)]
    require_unbilled(own, since=effective_at, field="effective_at")
    buckets = lock_buckets(
        list(commitment.buckets.filter(is_carried=False).values_list("pk", flat=True))
    )
    found = []
    for bucket in sorted(buckets, key=lambda each: each.number):
        window = GrantedWindow(bucket.number, bucket.span, _whole(bucket), bucket.granted)
        was = Decimal(last.became) if last else commitment.pace.quantity_of(bucket.number)
        units = amended(commitment.pace, was, quantity, window, effective_at)
        if units:
            found.append(PoolChange(bucket, units))
    _require_left(found)
    if not found:
        raise AmendmentInvalid("That changes nothing. Nothing was saved.", field="quantity")
    return found


def _whole(bucket: PoolBucket) -> Period:
    return Period(bucket.whole_from, bucket.whole_until)


def _require_left(changes: Sequence[PoolChange]) -> None:
    for change in changes:
        if left_of(change.bucket) + change.units < 0:
            raise AmendedBelowUse(
                f"Of the window from {change.bucket.window_from:%Y-%m-%d} "
                f"{decimal_text(change.bucket.granted - left_of(change.bucket))} are gone already; "
                f"{decimal_text(change.granted)} would be left in all. Nothing was saved.",
                bucket=change.bucket.public_id,
            )


def amend_quantity(
    *,
    commitment: PoolCommitment,
    quantity: Decimal,
    effective_at: datetime,
    at: datetime,
    by: Actor,
    reason: str,
) -> LicenseAmendment:
    """Agree on another quantity of a whole window from an instant on.

    Raises: AmendmentInvalid, AmendedBelowUse, TimeBilled.
    """
    with acting_as(by, reason=reason), transaction():
        commitment = _locked(commitment)
        changes = quantity_changes(commitment, quantity, effective_at)
        before = commitment.amendments.filter(kind=LicenseAmendment.Kind.QUANTITY)
        last = before.order_by("pk").last()
        movements = [
            Movement(
                bucket=change.bucket,
                kind=Movement.Kind.AMEND,
                units=change.units,
                effective_at=max(effective_at, change.bucket.window_from),
            )
            for change in changes
        ]
        write(movements, Written(at, by, reason))
        return _recorded(
            commitment,
            LicenseAmendment.Kind.QUANTITY,
            effective_at=effective_at,
            was=last.became if last else decimal_text(commitment.quantity),
            became=decimal_text(quantity),
            written=Written(at, by, reason),
        )


def give_or_take(
    *, bucket: PoolBucket, units: Decimal, at: datetime, by: Actor, reason: str
) -> LicenseAmendment:
    """Give units of a window back to the customer (above 0), or take some away.

    Raises: AmendmentInvalid, AmendedBelowUse.
    """
    if not units:
        raise AmendmentInvalid("Say how many units. Nothing was saved.", field="units")
    with acting_as(by, reason=reason), transaction():
        commitment = _locked(bucket.commitment)
        (locked,) = lock_buckets([bucket.pk])
        _require_left([PoolChange(locked, units)])
        kind = Movement.Kind.CREDIT_BACK if units > 0 else Movement.Kind.REVOKE
        written = Written(at, by, reason)
        movement = Movement(
            bucket=locked, kind=kind, units=units, effective_at=max(at, locked.window_from)
        )
        write([movement], written)
        return _recorded(
            commitment,
            LicenseAmendment.Kind(kind.value),
            effective_at=movement.effective_at,
            was=decimal_text(locked.granted),
            became=decimal_text(locked.granted + units),
            written=written,
        )


def end_early(
    *, license: License, ends_at: datetime, at: datetime, by: Actor, reason: str
) -> LicenseAmendment:
    """End a licence before its term: what is granted for the time after it is taken away.

    A window that the end cuts keeps its part, or all where whole windows are agreed, and never less
    than was drawn. Raises: AmendmentInvalid, TimeBilled.
    """
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update(of=("self",)).get(pk=license.account_id)
        locked = License.objects.select_for_update(of=("self",)).get(pk=license.pk)
        if not locked.starts_at < ends_at < locked.ends_at:
            raise AmendmentInvalid(
                f"It ends within its term, before {locked.ends_at:%Y-%m-%d}. Nothing was saved.",
                field="ends_at",
            )
        own = [each.account_id for each in accounts_of(locked.account_id)]
        require_unbilled(own, since=ends_at, field="ends_at")
        written = Written(at, by, reason)
        for commitment in locked.commitments.order_by("pk"):
            _cut_off(commitment, ends_at, written)
        made = LicenseAmendment.objects.create(
            license=locked,
            kind=LicenseAmendment.Kind.END,
            effective_at=ends_at,
            was=locked.ends_at.isoformat(),
            became=ends_at.isoformat(),
            made_at=at,
            made_by=by.name,
            reason=reason,
        )
        locked.ends_at = ends_at
        locked.save()
        _told(made, at)
    return made


def _cut_off(commitment: PoolCommitment, ends_at: datetime, written: Written) -> None:
    found = []
    rows = commitment.buckets.filter(window_until__gt=ends_at, is_carried=False).values_list(
        "pk", flat=True
    )
    for bucket in lock_buckets(list(rows)):
        window = GrantedWindow(bucket.number, bucket.span, _whole(bucket), bucket.granted)
        was = bucket.granted if bucket.window_from >= ends_at else _per_whole(bucket)
        gone = -amended(commitment.pace, was, ZERO, window, ends_at)
        if bucket.window_from >= ends_at:
            gone = bucket.granted
        gone = min(gone, left_of(bucket))
        if gone > 0:
            found.append(
                Movement(
                    bucket=bucket, kind=Movement.Kind.REVOKE, units=-gone, effective_at=ends_at
                )
            )
    write(found, written)


def _per_whole(bucket: PoolBucket) -> Decimal:
    """What a whole window like it holds."""
    share = bucket.span.microseconds / Decimal(_whole(bucket).microseconds)
    return bucket.granted / share


def note_purchase_order(
    *, license: License, purchase_order: str, at: datetime, by: Actor, reason: str
) -> LicenseAmendment:
    """Print another purchase order from now on. Raises: AmendmentInvalid."""
    wanted = purchase_order.strip()
    with acting_as(by, reason=reason), transaction():
        locked = License.objects.select_for_update(of=("self",)).get(pk=license.pk)
        if len(wanted) > 100 or wanted == locked.purchase_order:
            raise AmendmentInvalid(
                "Say another purchase order, of 100 characters at most. Nothing was saved.",
                field="purchase_order",
            )
        made = LicenseAmendment.objects.create(
            license=locked,
            kind=LicenseAmendment.Kind.PURCHASE_ORDER,
            effective_at=at,
            was=locked.purchase_order,
            became=wanted,
            made_at=at,
            made_by=by.name,
            reason=reason,
        )
        locked.purchase_order = wanted
        locked.save()
        _told(made, at)
    return made


def _locked(commitment: PoolCommitment) -> PoolCommitment:
    """The commitment, its account and licence locked."""
    found = PoolCommitment.objects.select_related("license").get(pk=commitment.pk)
    Account.objects.select_for_update(of=("self",)).get(pk=found.license.account_id)
    License.objects.select_for_update(of=("self",)).get(pk=found.license_id)
    return PoolCommitment.objects.select_related("license", "product").get(pk=commitment.pk)


def _recorded(
    commitment: PoolCommitment,
    kind: LicenseAmendment.Kind,
    *,
    effective_at: datetime,
    was: str,
    became: str,
    written: Written,
) -> LicenseAmendment:
    made = LicenseAmendment.objects.create(
        license=commitment.license,
        commitment=commitment,
        kind=kind,
        effective_at=effective_at,
        was=was,
        became=became,
        made_at=written.at,
        made_by=written.by.name,
        reason=written.reason,
    )
    _told(made, written.at)
    return made


def _told(made: LicenseAmendment, at: datetime) -> None:
    publish(
        "licence.amended",
        subject=made.license.public_id,
        payload={"amendment": made.public_id, "kind": str(made.kind), "became": made.became},
        at=at,
    )
