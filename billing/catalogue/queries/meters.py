"""Meters to read: what is counted, from which events, since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.catalogue.models import Price
from core.errors import NotFound
from usage.models import Meter, MeterVersion


class MeterNotFound(NotFound):
    """No meter has this code."""

    code = "meter_not_found"
    title = "No such meter"


AGGREGATIONS: Final = {
    "count": "the number of events",
    "sum": "the sum of the values",
    "min": "the smallest value",
    "max": "the largest value",
    "mean": "the mean of the values",
    "unique": "how many different members there were",
    "latest": "the latest value",
    "time_weighted_sum": "the running total, weighted by time",
    "percentile": "a percentile of regular samples",
    "bucketed_max": "the largest value of each hour or day, added up",
    "duration": "the seconds something was in a state",
}


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter in a list."""

    public_id: str
    code: str
    name: str
    unit: str
    aggregation: str
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MeterVersionRow:
    """How a meter read events between two instants."""

    number: int
    event_type: str
    value: str
    filter: str
    dimensions: Sequence[str]
    presentation: Sequence[str]
    state_key: Sequence[str]
    effective_from: datetime
    effective_until: datetime | None
    created_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MeterPrice:
    """A price of a plan version that bills this meter."""

    version_id: str
    plan: str
    number: int
    price: str
    code: str


@dataclass(frozen=True, slots=True)
class MeterDetail:
    """A meter with its versions and the prices that use it."""

    row: MeterRow
    versions: Sequence[MeterVersionRow]
    prices: Sequence[MeterPrice]


def meters() -> list[MeterRow]:
    """All meters by code; one query."""
    return [_row(meter) for meter in Meter.objects.order_by("code")]


def find(code: str) -> Meter:
    """A meter for an operation; one query. Raises: MeterNotFound."""
    meter = Meter.objects.filter(code=code[:64]).first()
    if meter is None:
        raise MeterNotFound(f"There is no meter {code[:64]}.", wanted=code[:64])
    return meter


def latest(meter: Meter) -> MeterVersion:
    """The newest version; every meter has one."""
    return meter.versions.order_by("-number")[:1].get()


def detail(code: str) -> MeterDetail:
    """One meter; three queries. Raises: MeterNotFound."""
    meter = find(code)
    prices = Price.objects.filter(meter=meter).select_related("plan_version__plan")
    return MeterDetail(
        row=_row(meter),
        versions=[_version(each) for each in meter.versions.order_by("-number")],
        prices=[
            MeterPrice(
                version_id=price.plan_version.public_id,
                plan=price.plan_version.plan.name,
                number=price.plan_version.number,
                price=price.name,
                code=price.code,
            )
            for price in prices.order_by("plan_version__plan__name", "-plan_version__number", "pk")
        ],
    )


def _row(meter: Meter) -> MeterRow:
    how = AGGREGATIONS[meter.aggregation]
    return MeterRow(meter.public_id, meter.code, meter.name, meter.unit, how, meter.retired_at)


def _version(version: MeterVersion) -> MeterVersionRow:
    return MeterVersionRow(
        number=version.number,
        event_type=version.event_type,
        value=version.value_expression or version.member_property or version.value_property,
        filter=version.filter_expression,
        dimensions=version.dimensions,
        presentation=version.presentation,
        state_key=version.state_key,
        effective_from=version.effective_from,
        effective_until=version.effective_until,
        created_by=version.created_by,
        reason=version.reason,
    )
