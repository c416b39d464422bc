"""Published plan versions, ready to rate: read once, kept in memory, because they never change."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from billing.models import PlanVersion, Price
from billing.rating import CompiledPrice, Terms, compile_price, parse_price
from billing.rating import Price as RatingPrice
from core.periods import Period


@dataclass(frozen=True, slots=True, eq=False)
class BookPrice:
    """One price of a version: the row's facts and the parsed document."""

    id: int
    code: str
    name: str
    meter_id: int | None
    match: Mapping[str, str]
    group_by: Sequence[str]
    price: RatingPrice


Prices = Mapping[tuple[str, ...], Mapping[tuple[str | None, ...], tuple[int, BookPrice]]]
"""Prices of one meter by the names of what they match, then by its values, with their place."""


@dataclass(frozen=True, slots=True, eq=False)
class BookVersion:
    """The terms of a published plan version; prices in the order of the invoice.

    Compared and hashed by identity: the book hands out one object per version.
    """

    public_id: str
    currency: str
    prices: Sequence[BookPrice]
    by_meter: Mapping[int, Prices]

    def price_of(self, meter_id: int, dimensions: Mapping[str, str]) -> BookPrice | None:
        """The price of this usage: the first, in order, whose dimensions it has.

        Looked up by the values it matches, so a thousand prices cost no more than one.
        """
        found = [
            prices[values]
            for names, prices in self.by_meter.get(meter_id, {}).items()
            if (values := tuple(map(dimensions.get, names))) in prices
        ]
        return min(found)[1] if found else None


_versions: dict[str, BookVersion] = {}
"""By public id, which is never given twice; published versions only, so nothing goes stale."""


def versions(version_ids: Collection[int]) -> dict[int, BookVersion]:
    """The published versions with these primary keys; one query, and one more for those not kept.

    Raises: KeyError for a version that is not published.
    """
    rows = PlanVersion.objects.filter(
        pk__in=set(version_ids), state=PlanVersion.State.PUBLISHED
    ).values_list("pk", "public_id", "plan__currency")
    wanted = {pk: (public_id, currency) for pk, public_id, currency in rows}
    missing = {pk: named for pk, named in wanted.items() if named[0] not in _versions}
    if missing:
        _read(missing)
    return {pk: _versions[wanted[pk][0]] for pk in set(version_ids)}


def _read(missing: Mapping[int, tuple[str, str]]) -> None:
    prices: dict[int, list[BookPrice]] = {pk: [] for pk in missing}
    for row in Price.objects.filter(plan_version__in=missing).order_by("position", "pk"):
        prices[row.plan_version_id].append(
            BookPrice(
                id=row.pk,
                code=row.code,
                name=row.name,
                meter_id=row.meter_id,
                match=row.match,
                group_by=tuple(row.group_by),
                price=parse_price(row.definition),
            )
        )
    for pk, (public_id, currency) in missing.items():
        _versions[public_id] = BookVersion(
            public_id, currency, tuple(prices[pk]), _by_meter(prices[pk])
        )


def _by_meter(prices: Sequence[BookPrice]) -> dict[int, Prices]:
    found: dict[int, dict[tuple[str, ...], dict[tuple[str | None, ...], tuple[int, BookPrice]]]]
    found = defaultdict(lambda: defaultdict(dict))
    for place, price in enumerate(prices):
        if price.meter_id is not None:
            names = tuple(sorted(price.match))
            values = tuple(price.match[name] for name in names)
            found[price.meter_id][names].setdefault(values, (place, price))
    return dict(found)


@lru_cache(maxsize=4_096)
def compiled(price: BookPrice, currency: str, period: Period, zone: str) -> CompiledPrice:
    """The price ready to rate in one period; accounts with the same calendar share it."""
    return compile_price(price.price, Terms.of(currency, period=period, zone=zone))
