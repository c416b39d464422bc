"""The ends of windows: what is left over rolls on or expires, or is made good.

Dated when the window ended, whenever it is done, and only when everybody who may draw from it is
billed through it. Doing it again changes nothing.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from billing.licences.models import License, Movement, PoolBucket, PoolCommitment
from billing.licences.operations.buckets import (
    Written,
    carried_bucket,
    left_of,
    lock_buckets,
    write,
)
from billing.licences.queries.scopes import is_billed_through
from billing.licences.windows import ZERO, ClosedWindow, close_window
from core.actor import Actor, acting_as
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict
from core.isolating import isolated
from core.money import to_minor
from core.periods import Period
from eventing.publish import publish

logger = logging.getLogger(__name__)

REASON = "The window has ended"


class NothingShort(Conflict):
    """The window is not short of anything, or is not over for everybody who draws from it."""

    code = "pool_nothing_short"
    title = "There is nothing to make good"


def close_ended(*, at: datetime, by: Actor) -> int:
    """Close the windows that ended, commitment by commitment; one that fails stops no other.

    Returns how many commitments were looked at.
    """

    def work(commitments: Sequence[PoolCommitment]) -> None:
        for commitment in commitments:
            with acting_as(by, reason=REASON), transaction():
                close_windows([commitment], Written(at, by, REASON))

    waiting = PoolCommitment.objects.filter(
        buckets__window_from__lt=at, buckets__balance__gt=0, is_counted=False
    )
    found = list(waiting.distinct().select_related("license").order_by("pk"))
    return isolated(found, work, set_aside=_not_closed)


def _not_closed(commitment: PoolCommitment, problem: Exception) -> None:
    logger.error("pool_not_closed", exc_info=problem, extra={"commitment": commitment.public_id})


@transaction_required()
def close_windows(commitments: Sequence[PoolCommitment], written: Written) -> None:
    """Close the windows of commitments that ended and are billed through, oldest first."""
    for commitment in commitments:
        if commitment.is_counted:
            continue
        buckets = lock_buckets(list(commitment.buckets.values_list("pk", flat=True)))
        own = sorted((each for each in buckets if not each.is_carried), key=_number)
        for position, bucket in enumerate(own):
            span = _span(bucket, commitment.license)
            if span is None or span.end > written.at:
                break
            after = own[position + 1] if position + 1 < len(own) else None
            if not _close(bucket, span, after, written):
                break


def _number(bucket: PoolBucket) -> int:
    return bucket.number


def _span(bucket: PoolBucket, license: License) -> Period | None:
    """When a window was really open: not beyond the end of its licence."""
    end = min(bucket.window_until, license.ends_at)
    return Period(bucket.window_from, end) if bucket.window_from < end else None


def _close(bucket: PoolBucket, span: Period, after: PoolBucket | None, written: Written) -> bool:
    """Whether the next window may be looked at: this one holds nothing any more."""
    commitment = bucket.commitment
    carried = commitment.buckets.filter(number=bucket.number, is_carried=True).first()
    own_left = left_of(PoolBucket.objects.get(pk=bucket.pk))
    carried_left = left_of(carried) if carried else ZERO
    if not own_left and not carried_left:
        return True
    if not is_billed_through(commitment.license, commitment, span):
        return False
    follows = after is not None and after.window_from < commitment.license.ends_at
    closed = close_window(
        commitment.pace,
        own=own_left,
        carried=carried_left,
        next_granted=after.granted if follows and after is not None else None,
    )
    found = _left_over(bucket, carried, closed, span.end)
    if after is not None and closed.own_rolls + closed.carried_rolls:
        into = carried_bucket(after)
        found += _rolled(bucket, into, closed.own_rolls, span.end)
        if carried is not None:
            found += _rolled(carried, into, closed.carried_rolls, span.end)
    write(found, written)
    publish(
        "pool.window_closed",
        subject=bucket.public_id,
        payload={
            "licence": commitment.license.public_id,
            "expired": str(closed.own_expires + closed.carried_expires),
            "rolled": str(closed.own_rolls + closed.carried_rolls),
        },
        at=written.at,
    )
    return True


def _left_over(
    bucket: PoolBucket, carried: PoolBucket | None, closed: ClosedWindow, ended_at: datetime
) -> list[Movement]:
    parts = [(bucket, closed.own_expires), (carried, closed.carried_expires)]
    return [
        Movement(bucket=each, kind=Movement.Kind.EXPIRY, units=-units, effective_at=ended_at)
        for each, units in parts
        if each is not None and units
    ]


def _rolled(
    source: PoolBucket, into: PoolBucket, units: Decimal, ended_at: datetime
) -> list[Movement]:
    """The two movements of a roll, each naming the bucket on its other side."""
    if not units:
        return []
    return [
        Movement(
            bucket=source,
            kind=Movement.Kind.ROLL_OUT,
            units=-units,
            effective_at=ended_at,
            counterpart=into,
        ),
        Movement(
            bucket=into,
            kind=Movement.Kind.ROLL_IN,
            units=units,
            effective_at=ended_at,
            counterpart=source,
        ),
    ]


@transaction_required()
def make_good(bucket: PoolBucket, written: Written) -> Movement:
    """Empty a counted window that ended short, and say what the rest comes to.

    Raises: NothingShort.
    """
    commitment = PoolCommitment.objects.select_related("license", "product").get(
        pk=bucket.commitment_id
    )
    (locked,) = lock_buckets([bucket.pk])
    span = _span(locked, commitment.license)
    if (
        not commitment.is_counted
        or span is None
        or span.end > written.at
        or left_of(locked) <= 0
        or not is_billed_through(commitment.license, commitment, span)
    ):
        raise NothingShort(
            f"{locked} has nothing to make good: it is not over, not billed through for everybody "
            "who draws from it, or not short.",
            bucket=locked.public_id,
        )
    movement = Movement(
        bucket=locked,
        kind=Movement.Kind.TRUE_UP,
        units=-left_of(locked),
        effective_at=span.end,
        amount_minor=shortfall_minor(commitment, left_of(locked)),
    )
    (made,) = write([movement], written)
    return made


def shortfall_minor(commitment: PoolCommitment, units: Decimal) -> int:
    """What units that were agreed and not used cost, in minor units of the licence's currency."""
    price = Decimal(1) if not commitment.unit else commitment.product.unit_price
    return to_minor(Fraction(units) * Fraction(price), commitment.license.currency)
