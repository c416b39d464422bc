"""Types of the graph that lead no further: events, what was used, what a licence holds."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.scalars import JSON

from api.graphql.loading import UsedFound
from api.graphql.shapes import GraphNode
from core.decimals import decimal_text
from core.errors import Invalid
from eventing.envelope import cloud_event
from usage.queries.by_span import SpanQuestion, UsageSpan

strawberry.enum(UsageSpan, name="Span", description="What days are put together to.")


class TooManyIds(Invalid):
    """More nodes are asked for by id than are answered at once."""

    code = "too_many_ids"
    title = "Too many ids"


def of_row(path: str) -> Any:
    """A field that is a column of the row, or of what the row points at."""

    def read(root: Any) -> Any:
        found = root.row
        for step in path.split("."):
            found = getattr(found, step)
        return found

    return strawberry.field(resolver=read)


@strawberry.type(
    name="Event", description="Something that happened; `cloudEvent` is as it is sent."
)
class EventNode(GraphNode):
    type: str = of_row("type")
    sequence: int = of_row("event.sequence")
    happened_at: datetime = of_row("event.created_at")

    @strawberry.field
    def cloud_event(self) -> JSON:
        return JSON(cloud_event(self.row.event))


@strawberry.type(
    name="UsageFigure",
    description="What a meter measured from `start` up to `end`; exact. `resource` is null where "
    "resources are one.",
)
class UsageFigure:
    meter: str
    unit: str
    resource: str | None
    dimensions: JSON
    start: datetime
    end: datetime
    quantity: str


@strawberry.type(
    name="UsageFigures",
    description="All that was received or corrected by `completeThrough` is in them.",
)
class UsageFigures:
    nodes: list[UsageFigure]
    has_more: bool
    computed_at: datetime
    complete_through: datetime


@strawberry.type(
    name="LicenceProduct", description="What a licence sells, and what a unit beyond costs."
)
class LicenceProductShape:
    code: str
    product_name: str
    quantity: str
    product_unit: str
    unit_price: str
    overage_price: str | None


@strawberry.type(
    name="LicencePool", description="A pool of units, or of money where `poolUnit` is empty."
)
class LicencePoolShape:
    pool_name: str
    pool_unit: str
    window: str
    left: str


class SpanRefused(Invalid):
    """The days that usage is asked of are in the wrong order, or too many."""

    code = "days_too_many"
    title = "The days cannot be told at once"


def span_asked(since: date, until: date, every: UsageSpan, is_by_resource: bool) -> SpanQuestion:
    """Raises: SpanRefused."""
    if not 0 < (until - since).days <= every.days_max:
        raise SpanRefused(f"From 1 to {every.days_max} days are told at once.", field="until")
    return SpanQuestion(since, until, every, is_by_resource)


def usage_figures(found: UsedFound, first: int) -> UsageFigures:
    """The first of what was found."""
    nodes = [
        UsageFigure(
            meter=each.meter,
            unit=each.unit,
            resource=each.platform_id or None,
            dimensions=JSON(dict(each.dimensions)),
            start=each.period.start,
            end=each.period.end,
            quantity=decimal_text(each.quantity),
        )
        for each in found.figures[:first]
    ]
    has_more = len(found.figures) > first
    return UsageFigures(
        nodes=nodes,
        has_more=has_more,
        computed_at=found.computed_at,
        complete_through=found.complete_through,
    )


def products_of(licence: Any) -> list[LicenceProductShape]:
    """What it sells, as it was loaded."""
    return [
        LicenceProductShape(
            code=each.code,
            product_name=each.name,
            quantity=decimal_text(each.quantity),
            product_unit=each.unit,
            unit_price=decimal_text(each.unit_price),
            overage_price=None if each.price_beyond is None else decimal_text(each.price_beyond),
        )
        for each in licence.products.all()
    ]


def pools_of(licence: Any) -> list[LicencePoolShape]:
    """Its pools, as they were loaded; what is left of all their windows together."""
    return [
        LicencePoolShape(
            pool_name=each.name,
            pool_unit=each.unit,
            window=each.window,
            left=decimal_text(sum((window.balance for window in each.buckets.all()), Decimal(0))),
        )
        for each in licence.commitments.all()
    ]
