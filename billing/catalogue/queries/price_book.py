"""Plan versions ready to rate. Published ones are read once and kept: they never change."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from billing.catalogue.models import PlanVersion, Price
from billing.rating import (
    CompiledPrice,
    PriceRule,
    Proration,
    SeatCount,
    Terms,
    compile_price,
    parse_price,
)
from core.periods import Period
from usage.aggregate.rules import Aggregation
from usage.models import Meter

ADDING_UP = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.DURATION})
"""What these measure of two spans of time is the sum of what they measure of each."""

OF_EVENTS = frozenset({Aggregation.COUNT, Aggregation.SUM})
"""What these measure is the sum of what single events come to, unless it carries over."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """A price agreed with one subscription alone, during [valid_from, valid_until)."""

    id: int
    public_id: str
    price_code: str
    definition: Mapping[str, Any] = field(compare=False)
    valid_from: datetime
    valid_until: datetime | None
    agreed_by: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class BookPrice:
    """One price of a version: the row's facts and the parsed document.

    `agreed` is what one subscription has instead of the row's definition; then `price` is its.
    `meter_ids` are the meters a price of several looks at, by code; empty of any other. `adds_up`
    says that the meter's quantity of a period is the sum of those of its parts, `has_events` that
    it is the sum of what its single events come to.
    """

    id: int
    code: str
    name: str
    meter_id: int | None
    match: Mapping[str, str]
    group_by: Sequence[str]
    price: PriceRule
    tax_class: str = ""
    agreed: Agreed | None = None
    adds_up: bool = True
    has_events: bool = True
    meter_ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_fee(self) -> bool:
        """Whether it is due for time, not for usage."""
        return self.price.model.kind == "fee"

    @property
    def is_of_cycle(self) -> bool:
        """Whether it is due for cycles of its own, not for the billing period."""
        return self.price.cycle is not None

    @property
    def is_prorated(self) -> bool:
        """Whether it is due for the time it is had, whatever it was before."""
        return self.price.proration is not Proration.NONE

    @property
    def measured(self) -> frozenset[int]:
        """The meters whose usage it prices."""
        own = () if self.meter_id is None else (self.meter_id,)
        return frozenset((*own, *self.meter_ids.values()))

    def same_terms(self, other: "BookPrice") -> bool:
        """Whether the two bill the same usage in the same way."""
        return (
            self.price == other.price
            and self.meter_id == other.meter_id
            and self.name == other.name
            and self.tax_class == other.tax_class
            and self.match == other.match
            and tuple(self.group_by) == tuple(other.group_by)
            and (self.agreed and self.agreed.id) == (other.agreed and other.agreed.id)
        )


Prices = Mapping[tuple[str, ...], Mapping[tuple[str | None, ...], tuple[int, BookPrice]]]
"""Prices of one meter by the names of what they match, then by its values, with their place."""


@dataclass(frozen=True, slots=True, eq=False)
class BookVersion:
    """The terms of a plan version; prices in the order of the invoice.

    Compared and hashed by identity: the book hands out one object per version.
    """

    public_id: str
    currency: str
    prices: Sequence[BookPrice]
    by_meter: Mapping[int, Prices]

    @property
    def has_cycles(self) -> bool:
        """Whether a price of it is due for cycles of its own."""
        return _says(self)[0]

    @property
    def has_seats(self) -> bool:
        """Whether a price of it counts seats."""
        return _says(self)[1]

    @property
    def by_resource(self) -> frozenset[int]:
        """The meters of which some price bills every resource by itself."""
        return _told_apart(self)

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


def draft_book(version: PlanVersion) -> BookVersion:
    """A version as its rows are now, published or not; never kept. Its plan is loaded."""
    prices = _prices({version.pk})[version.pk]
    return BookVersion(version.public_id, version.plan.currency, prices, _by_meter(prices))


@lru_cache(maxsize=4_096)
def meters_of_single_events(version: BookVersion) -> frozenset[int]:
    """The meters of whose usage the version's prices look at every event by itself."""
    return frozenset(
        price.meter_id
        for price in version.prices
        if price.meter_id is not None and price.has_events and price.price.needs_single_events
    )


@lru_cache(maxsize=4_096)
def _says(version: BookVersion) -> tuple[bool, bool]:
    """Whether it has prices with a cycle, and prices of seats."""
    rules = [price.price for price in version.prices]
    return any(each.cycle for each in rules), any(each.seats for each in rules)


@lru_cache(maxsize=4_096)
def _told_apart(version: BookVersion) -> frozenset[int]:
    told = [price.measured for price in version.prices if "resource" in price.group_by]
    return frozenset().union(*told)


@lru_cache(maxsize=4_096)
def with_agreed(version: BookVersion, agreed: tuple[Agreed, ...]) -> BookVersion:
    """The version with the prices one subscription has instead; codes it lacks are passed over."""
    instead = {each.price_code: each for each in agreed}
    prices = tuple(
        replace(
            price,
            price=(agreed_price := parse_price(instead[price.code].definition)),
            agreed=instead[price.code],
            meter_ids=_meter_ids(agreed_price),
        )
        if price.code in instead
        else price
        for price in version.prices
    )
    return replace(version, prices=prices, by_meter=_by_meter(prices))


def _read(missing: Mapping[int, tuple[str, str]]) -> None:
    prices = _prices(missing)
    for pk, (public_id, currency) in missing.items():
        _versions[public_id] = BookVersion(public_id, currency, prices[pk], _by_meter(prices[pk]))


def _prices(version_ids: Collection[int]) -> dict[int, tuple[BookPrice, ...]]:
    prices: dict[int, list[BookPrice]] = {pk: [] for pk in version_ids}
    rows = Price.objects.filter(plan_version__in=version_ids).select_related("meter")
    for row in rows.order_by("position", "pk"):
        price = parse_price(row.definition)
        prices[row.plan_version_id].append(
            BookPrice(
                id=row.pk,
                code=row.code,
                name=row.name,
                meter_id=row.meter_id,
                match=row.match,
                group_by=tuple(row.group_by),
                price=price,
                tax_class=row.tax_class,
                adds_up=_adds_up(row.meter, price),
                has_events=row.meter is None or _is_of_events(row.meter),
                meter_ids=_meter_ids(price),
            )
        )
    return {pk: tuple(some) for pk, some in prices.items()}


def _meter_ids(price: PriceRule) -> Mapping[str, int]:
    """The meters a price of several names; one that is not there measures nothing."""
    if not price.meters:
        return {}
    return dict(Meter.objects.filter(code__in=price.meters).values_list("code", "pk"))


def _adds_up(meter: Meter | None, price: PriceRule) -> bool:
    if meter is None:
        return price.seats is None or price.seats.count is not SeatCount.HIGH_WATER
    return meter.aggregation in ADDING_UP


def _is_of_events(meter: Meter) -> bool:
    return meter.aggregation in OF_EVENTS and not meter.carries_over


def _by_meter(prices: Sequence[BookPrice]) -> dict[int, Prices]:
    found: dict[int, dict[tuple[str, ...], dict[tuple[str | None, ...], tuple[int, BookPrice]]]]
    found = defaultdict(lambda: defaultdict(dict))
    for place, price in enumerate(prices):
        names = tuple(sorted(price.match))
        values = tuple(price.match[name] for name in names)
        for meter_id in price.measured:
            found[meter_id][names].setdefault(values, (place, price))
    return dict(found)


@lru_cache(maxsize=4_096)
def compiled(price: BookPrice, currency: str, period: Period, zone: str) -> CompiledPrice:
    """The price ready to rate in one period; accounts with the same calendar share it."""
    return compile_price(price.price, Terms.of(currency, period=period, zone=zone))
