"""The pools that accounts may draw from, as values: what is left of which bucket, in which order.

Two queries for any number of accounts that have a licence, and one where none has.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from accounts.models import Account
from billing.licences.drawing import DrawKey, OpenBucket, PoolScope
from billing.licences.models import Movement, PoolBucket, PoolCommitment
from billing.licences.queries.scopes import may_draw, named_accounts
from billing.licences.windows import Rollover
from core.periods import Period


@dataclass(frozen=True, slots=True)
class PoolTerms:
    """What a commitment says of what is drawn from it, beside its order and scope."""

    commitment_id: int
    name: str
    unit: str
    license_number: str
    license_id: str
    places: int
    overage_price: Decimal | None
    is_counted: bool


@dataclass(frozen=True, slots=True)
class AccountPools:
    """The buckets an account may draw from, and the terms of each by bucket."""

    buckets: Sequence[OpenBucket] = ()
    terms: Mapping[int, PoolTerms] = field(default_factory=dict)

    @property
    def units(self) -> frozenset[str]:
        """The units that any of them is counted in; empty text is money."""
        return frozenset(bucket.scope.unit for bucket in self.buckets)


NO_POOLS = AccountPools()


def pools_of(account_ids: Collection[int], *, since: datetime) -> dict[int, AccountPools]:
    """The pools of each account that has any, of windows that end after an instant."""
    if not account_ids:
        return {}
    rows = list(
        PoolBucket.objects.filter(
            may_draw(account_ids),
            window_until__gt=since,
        )
        .select_related("commitment__license", "commitment__product")
        .order_by("pk")
    )
    if not rows:
        return {}
    named = named_accounts({row.commitment_id: row.commitment for row in rows}.values())
    by_holder: dict[int, list[PoolBucket]] = defaultdict(list)
    for row in rows:
        by_holder[row.commitment.license.account_id].append(row)
    parents = Account.objects.filter(pk__in=list(account_ids)).values_list("pk", "parent_id")
    found = {}
    for account_id, parent_id in parents:
        mine = [*by_holder.get(account_id, ()), *by_holder.get(parent_id, ())]
        mine = [row for row in mine if _may_draw(named[row.commitment_id], account_id)]
        if mine:
            found[account_id] = AccountPools(
                [open_bucket(row, named[row.commitment_id]) for row in mine],
                {row.pk: terms_of(row.commitment) for row in mine},
            )
    return found


def _may_draw(named: frozenset[int], account_id: int) -> bool:
    return not named or account_id in named


def terms_of(commitment: PoolCommitment) -> PoolTerms:
    """What a commitment says, read with its licence and product."""
    return PoolTerms(
        commitment_id=commitment.pk,
        name=commitment.name,
        unit=commitment.unit,
        license_number=commitment.license.number,
        license_id=commitment.license.public_id,
        places=commitment.places,
        overage_price=commitment.product.price_beyond,
        is_counted=commitment.is_counted,
    )


def open_bucket(bucket: PoolBucket, accounts: frozenset[int]) -> OpenBucket:
    """A bucket as use of its own window finds it: what lapsed of it is there for late use."""
    commitment = bucket.commitment
    scope = PoolScope(commitment.unit, frozenset(commitment.product_codes), accounts)
    ends_at = min(bucket.window_until, commitment.license.ends_at)
    # What was carried in was granted before what the window itself holds.
    made_at = bucket.window_from - (_INSTANT if bucket.is_carried else timedelta(0))
    key = DrawKey(
        commitment.priority,
        scope.breadth,
        bucket.window_until,
        not commitment.is_promotional,
        made_at,
        bucket.pk,
    )
    left = bucket.granted - bucket.drawn - bucket.trued_up
    span = Period(bucket.window_from, max(ends_at, bucket.window_from + _INSTANT))
    return OpenBucket(bucket.pk, key, span, scope, left)


_INSTANT = datetime.resolution


def rolling_commitments(account_ids: Collection[int]) -> list[PoolCommitment]:
    """The commitments of these accounts, or above them, of which units roll on; one query."""
    buckets = PoolBucket.objects.filter(may_draw(account_ids))
    rows = PoolCommitment.objects.filter(pk__in=buckets.values("commitment_id"))
    rolling = rows.exclude(rollover=Rollover.NONE)
    return list(rolling.select_related("license").order_by("pk"))


@dataclass(frozen=True, slots=True)
class StandingDraw:
    """What is still drawn of one draw: its movement, and what of its units and money stands."""

    movement_id: int
    bucket_id: int
    charge: str
    document: str
    account_id: int
    product: str
    units: Decimal
    amount_minor: int
    used_from: datetime


def standing_draws(movements: Q) -> list[StandingDraw]:
    """The draws that stand among movements, in the order they were made; two queries.

    What reversals and adjustments undid is taken off the draw they name.
    """
    draws = Movement.objects.filter(movements, kind=Movement.Kind.DRAW).order_by("pk")
    undoing = Movement.objects.filter(
        reverses__in=draws.values("pk"),
        kind__in=[Movement.Kind.DRAW_REVERSAL, Movement.Kind.DRAW_ADJUSTMENT],
    )
    undone: dict[int, tuple[Decimal, int]] = defaultdict(lambda: (Decimal(0), 0))
    for pk, units, minor in undoing.values_list("reverses_id", "units", "amount_minor"):
        assert pk is not None
        undone[pk] = (undone[pk][0] + units, undone[pk][1] + minor)
    found = []
    for draw in draws:
        units, minor = undone[draw.pk]
        if draw.units + units < 0:
            assert draw.account_id is not None
            assert draw.used_from is not None
            found.append(
                StandingDraw(
                    movement_id=draw.pk,
                    bucket_id=draw.bucket_id,
                    charge=draw.charge,
                    document=draw.document,
                    account_id=draw.account_id,
                    product=draw.product,
                    units=-(draw.units + units),
                    amount_minor=draw.amount_minor + minor,
                    used_from=draw.used_from,
                )
            )
    return found
