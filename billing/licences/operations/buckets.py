"""The buckets of a commitment and their movements: filled, drawn from, emptied.

Every movement is written here. Whoever writes one holds the bucket's row lock, taken in the order
of the keys after those of accounts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.licences.models import License, Movement, PoolBucket, PoolCommitment
from billing.licences.queries.scopes import may_draw
from billing.licences.windows import windows
from core.actor import Actor
from core.db.transactions import transaction_required


@dataclass(frozen=True, slots=True)
class Written:
    """When movements are written down, by whom and why."""

    at: datetime
    by: Actor
    reason: str


@transaction_required()
def hold_pools(account_ids: Collection[int]) -> bool:
    """Lock the buckets that these accounts, which are locked, may draw from; whether there are any.

    Nobody else draws from them until the transaction ends.
    """
    if not account_ids:
        return False
    buckets = PoolBucket.objects.filter(may_draw(account_ids))
    return bool(lock_buckets(list(buckets.values_list("pk", flat=True))))


@transaction_required()
def lock_buckets(bucket_ids: Collection[int]) -> list[PoolBucket]:
    """Lock buckets in the order of their keys, and read them then."""
    if not bucket_ids:
        return []
    rows = PoolBucket.objects.select_for_update(of=("self",)).filter(pk__in=list(bucket_ids))
    return list(rows.select_related("commitment__license").order_by("pk"))


@transaction_required()
def open_buckets(license: License, commitment: PoolCommitment, zone: str, written: Written) -> None:
    """Make a bucket for each window of the term, and grant what it holds from its first instant."""
    found = windows(commitment.pace, license.term, zone)
    buckets = PoolBucket.objects.bulk_create(
        PoolBucket(
            commitment=commitment,
            number=each.number,
            window_from=each.span.start,
            window_until=each.span.end,
            whole_from=each.whole.start,
            whole_until=each.whole.end,
        )
        for each in found
    )
    grants = [
        Movement(
            bucket=bucket,
            kind=Movement.Kind.GRANT,
            units=each.granted,
            effective_at=each.span.start,
        )
        for bucket, each in zip(buckets, found, strict=True)
        if each.granted
    ]
    write(grants, written)


@transaction_required()
def write(movements: Iterable[Movement], written: Written) -> list[Movement]:
    """Write movements of locked buckets; one that says why itself keeps that."""
    found = list(movements)
    for each in found:
        each.recorded_at, each.recorded_by = written.at, written.by.name
        each.reason = each.reason or written.reason
    return Movement.objects.bulk_create(found)


@transaction_required()
def carried_bucket(after: PoolBucket) -> PoolBucket:
    """The bucket of what is carried into a window, made the first time something is."""
    carried, _ = PoolBucket.objects.get_or_create(
        commitment_id=after.commitment_id,
        number=after.number,
        is_carried=True,
        defaults={
            "window_from": after.window_from,
            "window_until": after.window_until,
            "whole_from": after.whole_from,
            "whole_until": after.whole_until,
        },
    )
    return carried


def left_of(bucket: PoolBucket) -> Decimal:
    """What is left of a bucket as it was read."""
    return bucket.granted - bucket.drawn - bucket.lapsed - bucket.trued_up
