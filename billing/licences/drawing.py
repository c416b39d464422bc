"""Which bucket gives what: the draw order, draws, what is given back, and drawing again.

Owns the arithmetic only, in exact decimals; pure. At one instant the order is: expiry, roll, grant,
draw. A bucket is drawn from in the order of `DrawKey`, and the key it had is kept on the draw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from core.periods import Period

ZERO = Decimal(0)


class DrawKey(NamedTuple):
    """The order in which buckets are drawn from: the smallest first.

    Priority, the narrowest scope, the earliest end, promotional before bought, the earliest made,
    and the number of the bucket, so that no two are alike.
    """

    priority: int
    breadth: int
    ends_at: datetime
    is_bought: bool
    made_at: datetime
    bucket_id: int

    @property
    def text(self) -> str:
        """As it is stored on a draw."""
        kind = "bought" if self.is_bought else "promotional"
        return (
            f"{self.priority}/{self.breadth}/{self.ends_at:%Y-%m-%dT%H:%M:%SZ}/{kind}/"
            f"{self.made_at:%Y-%m-%dT%H:%M:%SZ}/{self.bucket_id}"
        )


@dataclass(frozen=True, slots=True)
class PoolScope:
    """What a bucket may be used for. Empty is anything; `unit` empty is money."""

    unit: str
    products: frozenset[str] = frozenset()
    accounts: frozenset[int] = frozenset()

    @property
    def breadth(self) -> int:
        """How wide it is: 0 where products and accounts are named, 2 where neither is."""
        return (not self.products) + (not self.accounts)

    def covers(self, demand: UsageDemand) -> bool:
        """Whether use may be drawn from it."""
        return (
            self.unit == demand.unit
            and (not self.products or demand.product in self.products)
            and (not self.accounts or demand.account_id in self.accounts)
        )


@dataclass(frozen=True, slots=True)
class OpenBucket:
    """A bucket as it can be drawn from: what is left, in which span of time, for what."""

    bucket_id: int
    key: DrawKey
    span: Period
    scope: PoolScope
    left: Decimal


@dataclass(frozen=True, slots=True)
class UsageDemand:
    """Use at an instant that asks for units; below 0 it is taken back."""

    name: str
    at: datetime
    unit: str
    units: Decimal
    account_id: int = 0
    product: str = ""


class UnitDraw(NamedTuple):
    """So many units of a bucket for a demand."""

    demand: str
    bucket_id: int
    units: Decimal


def draw_all(demands: Iterable[UsageDemand], buckets: Sequence[OpenBucket]) -> list[UnitDraw]:
    """Draw for each demand what there is, in order of time; what is beyond is not drawn.

    The answer is the same in whatever order demands and buckets are given.
    """
    left = {bucket.bucket_id: bucket.left for bucket in buckets}
    in_order = sorted(buckets, key=lambda bucket: bucket.key)
    found = []
    for demand in sorted(demands, key=lambda each: (each.at, each.name)):
        wanted = demand.units
        for bucket in in_order:
            if wanted <= 0:
                break
            if not (bucket.span.contains(demand.at) and bucket.scope.covers(demand)):
                continue
            units = min(wanted, left[bucket.bucket_id])
            if units > 0:
                left[bucket.bucket_id] -= units
                wanted -= units
                found.append(UnitDraw(demand.name, bucket.bucket_id, units))
    return found


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What of earlier draws is undone, last first; `beyond` is more than was ever drawn."""

    draws: Sequence[UnitDraw]
    beyond: Decimal


def give_back(drawn: Sequence[UnitDraw], units: Decimal) -> GivenBack:
    """Undo so many units of draws, in their reverse order, and never more than they took."""
    found, wanted = [], units
    for draw in reversed(drawn):
        back = min(wanted, draw.units)
        if back > 0:
            found.append(draw._replace(units=back))
            wanted -= back
    return GivenBack(found, max(wanted, ZERO))


def drawn_again(
    demands: Iterable[UsageDemand], buckets: Sequence[OpenBucket], posted: Sequence[UnitDraw]
) -> list[UnitDraw]:
    """What must be posted so that draws lie where they would lie had all been known in time.

    `left` of the buckets is what would be left without the draws that are `posted`; the demands are
    what those drew together. Above 0 is drawn, below 0 given back; first what is given back. Where
    not all that was drawn finds a place again, everything stays as it is.
    """
    asked = list(demands)
    target = draw_all(asked, buckets)
    if sum(draw.units for draw in target) < sum(max(each.units, ZERO) for each in asked):
        return []
    moved: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for draw in target:
        moved[draw.demand, draw.bucket_id] += draw.units
    for draw in posted:
        moved[draw.demand, draw.bucket_id] -= draw.units
    changes = [UnitDraw(*place, units) for place, units in moved.items() if units]
    return sorted(changes, key=lambda change: (change.units > 0, change.demand, change.bucket_id))


def left_after(buckets: Iterable[OpenBucket], draws: Iterable[UnitDraw]) -> Mapping[int, Decimal]:
    """What is left of each bucket."""
    left = {bucket.bucket_id: bucket.left for bucket in buckets}
    for draw in draws:
        left[draw.bucket_id] -= draw.units
    return left
