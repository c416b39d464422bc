"""What documents draw from pools: written down when they are issued, undone when they are void.

How much is drawn is decided where the document is drafted; here it is booked, under the locks of
the buckets. The database refuses what is not there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q

from billing.licences.drawing import OpenBucket, UnitDraw, UsageDemand, drawn_again
from billing.licences.models import Movement, PoolBucket
from billing.licences.operations.buckets import Written, left_of, lock_buckets, write
from billing.licences.queries.pools import StandingDraw, open_bucket, standing_draws
from billing.licences.queries.scopes import named_accounts
from core.db.integrity import constraint_errors
from core.db.transactions import transaction_required
from core.errors import Conflict
from core.money import round_half_up
from eventing.publish import publish


class PoolDrawnMeanwhile(Conflict):
    """Somebody else drew what this would draw."""

    code = "pool_drawn_meanwhile"
    title = "The pool was drawn from meanwhile"


@dataclass(frozen=True, slots=True)
class DocumentDraw:
    """Units of a bucket that a charge of a document draws, and the money they cover.

    Below 0 they are given back, of the draw that `reverses` is the movement of.
    """

    document: str
    account_id: int
    bucket_id: int
    charge: str
    units: Decimal
    amount_minor: int
    used_from: datetime
    draw_key: str
    product: str = ""
    resource_id: int | None = None
    reverses: int | None = None


@transaction_required()
def record(draws: Sequence[DocumentDraw], written: Written) -> None:
    """Book draws of documents that are issued now; locks their buckets.

    What lapsed of a bucket comes back for use of its own window. Raises: PoolDrawnMeanwhile.
    """
    buckets = {each.pk: each for each in lock_buckets({draw.bucket_id for draw in draws})}
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for draw in draws:
        wanted[draw.bucket_id] += draw.units
    back = [
        movement
        for pk, units in sorted(wanted.items())
        if (movement := _come_back(buckets[pk], units)) is not None
    ]
    given_back = [_movement(draw) for draw in draws if draw.units < 0]
    drawn = [_movement(draw) for draw in draws if draw.units > 0]
    with constraint_errors({"bucket_never_below_nothing": PoolDrawnMeanwhile}):
        write([*back, *given_back, *drawn], written)
    if given_back:
        _draw_again({buckets[draw.bucket_id].commitment.license_id for draw in draws}, written)


def _movement(draw: DocumentDraw) -> Movement:
    is_back = draw.units < 0
    return Movement(
        bucket_id=draw.bucket_id,
        kind=Movement.Kind.DRAW_REVERSAL if is_back else Movement.Kind.DRAW,
        units=-draw.units,
        effective_at=draw.used_from,
        reverses_id=draw.reverses,
        account_id=draw.account_id,
        resource_id=draw.resource_id,
        document=draw.document,
        charge=draw.charge,
        used_from=draw.used_from,
        product=draw.product,
        amount_minor=draw.amount_minor,
        draw_key=draw.draw_key,
    )


def _come_back(bucket: PoolBucket, units: Decimal) -> Movement | None:
    """What lapsed too early, because use of the window came late."""
    missing = min(units - left_of(bucket), bucket.lapsed)
    if missing <= 0:
        return None
    lapse = bucket.movements.filter(kind=Movement.Kind.EXPIRY, units__lt=0).order_by("-pk").first()
    assert lapse is not None  # lapsed > 0
    return Movement(
        bucket=bucket,
        kind=Movement.Kind.EXPIRY,
        units=missing,
        effective_at=lapse.effective_at,
        reverses=lapse,
        reason="Use of the window was reported late",
    )


@transaction_required()
def undo_documents(documents: Sequence[str], written: Written) -> None:
    """Undo all that these documents drew, last first; locks the buckets."""
    standing = standing_draws(Q(document__in=list(documents)))
    if not standing:
        return
    buckets = {each.pk: each for each in lock_buckets({draw.bucket_id for draw in standing})}
    write([_undone(draw, draw.units, "") for draw in reversed(standing)], written)
    publish(
        "licence.draws_undone",
        subject=documents[0],
        payload={"documents": list(documents), "draws": len(standing)},
        at=written.at,
    )
    _draw_again({each.commitment.license_id for each in buckets.values()}, written)


def _undone(draw: StandingDraw, units: Decimal, reason: str) -> Movement:
    first = Movement.objects.get(pk=draw.movement_id)
    share = Fraction(units) / Fraction(draw.units)
    return Movement(
        bucket_id=draw.bucket_id,
        kind=Movement.Kind.DRAW_REVERSAL,
        units=units,
        effective_at=first.effective_at,
        reverses=first,
        account_id=first.account_id,
        resource_id=first.resource_id,
        document=first.document,
        charge=first.charge,
        used_from=first.used_from,
        product=first.product,
        amount_minor=-round_half_up(draw.amount_minor * share),
        draw_key=first.draw_key,
        reason=reason,
    )


_REDRAWN = "Drawn again, as if all had been known in time"


def _draw_again(license_ids: set[int], written: Written) -> None:
    """Move draws of these licences to where they would lie had all been known in time.

    What an issued document was covered by stays covered, whichever bucket gives it.
    """
    found = PoolBucket.objects.filter(commitment__license_id__in=license_ids)
    buckets = lock_buckets(list(found.values_list("pk", flat=True)))
    standing = standing_draws(Q(bucket__commitment__license_id__in=license_ids))
    by_place: dict[tuple[str, int], list[StandingDraw]] = defaultdict(list)
    for draw in standing:
        by_place[_name(draw), draw.bucket_id].append(draw)
    posted = [
        UnitDraw(name, bucket_id, sum((each.units for each in draws), Decimal(0)))
        for (name, bucket_id), draws in by_place.items()
    ]
    changes = drawn_again(_demands(standing, buckets), _as_if_undrawn(buckets), posted)
    if changes:
        _book(changes, by_place, {each.pk: each for each in buckets}, written)


def _name(draw: StandingDraw) -> str:
    return f"{draw.document}/{draw.charge}"


def _demands(standing: Sequence[StandingDraw], buckets: Sequence[PoolBucket]) -> list[UsageDemand]:
    """What draws took together, by document and charge."""
    units = {each.pk: each.commitment.unit for each in buckets}
    found: dict[str, UsageDemand] = {}
    for draw in standing:
        name = _name(draw)
        before = found[name].units if name in found else Decimal(0)
        found[name] = UsageDemand(
            name,
            draw.used_from,
            units[draw.bucket_id],
            before + draw.units,
            draw.account_id,
            draw.product,
        )
    return list(found.values())


def _as_if_undrawn(buckets: Sequence[PoolBucket]) -> list[OpenBucket]:
    named = named_accounts({each.commitment_id: each.commitment for each in buckets}.values())
    return [
        replace(open_bucket(each, accounts), left=each.granted - each.trued_up)
        for each in buckets
        for accounts in [named[each.commitment_id]]
    ]


def _book(
    changes: Sequence[UnitDraw],
    by_place: Mapping[tuple[str, int], Sequence[StandingDraw]],
    buckets: Mapping[int, PoolBucket],
    written: Written,
) -> None:
    """Undo draws where they lie no more, last first, and draw them where they lie now.

    The money that a draw covers goes with it.
    """
    undone: list[Movement] = []
    for change in changes:
        wanted = -change.units
        for draw in reversed(by_place.get((change.demand, change.bucket_id), ())):
            if wanted > 0:
                undone.append(_undone(draw, min(wanted, draw.units), _REDRAWN))
                wanted -= undone[-1].units
    write(undone, written)
    moving: dict[str, list[Movement]] = defaultdict(list)
    for each in undone:
        moving[f"{each.document}/{each.charge}"].append(each)
    now = {each.pk: each for each in lock_buckets(list(buckets))}
    taken: dict[str, Decimal] = defaultdict(Decimal)
    drawn = []
    for change in changes:
        if change.units > 0:
            bucket, before = now[change.bucket_id], taken[change.demand]
            taken[change.demand] += change.units
            back = _come_back(bucket, change.units)
            drawn += [back] if back is not None else []
            drawn.append(_moved(bucket, moving[change.demand], before, taken[change.demand]))
    write(drawn, written)


def _moved(
    bucket: PoolBucket, undone: Sequence[Movement], before: Decimal, after: Decimal
) -> Movement:
    """A part of what was undone, drawn from another bucket, with its part of the money."""
    first = undone[0]
    units = Fraction(sum((each.units for each in undone), Decimal(0)))
    minor = -sum(each.amount_minor for each in undone)
    covered = [round_half_up(minor * Fraction(each) / units) for each in (before, after)]
    return Movement(
        bucket=bucket,
        kind=Movement.Kind.DRAW,
        units=before - after,
        effective_at=first.effective_at,
        account_id=first.account_id,
        resource_id=first.resource_id,
        document=first.document,
        charge=first.charge,
        used_from=first.used_from,
        product=first.product,
        amount_minor=covered[1] - covered[0],
        draw_key=open_bucket(bucket, frozenset()).key.text,
        reason=_REDRAWN,
    )
