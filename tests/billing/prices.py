"""Prices the billing tests sell, and the meters they read."""

from typing import Any

from billing.catalogue.operations.plans import PriceTerms
from tests.story import Story
from usage.models import Meter


def dyno_seconds(story: Story) -> Meter:
    """Seconds in a formation's state, times its dynos."""
    return story.meter(
        "dyno-seconds",
        unit="dyno-second",
        aggregation="duration",
        event_type="formation.scaled",
        dimensions=("size",),
        state_key=("process_type",),
    )


def requests(story: Story) -> Meter:
    """Requests the router counted."""
    return story.meter("requests", unit="request", event_type="router.requests")


def dyno_month(meter: Meter, size: str, price: str) -> PriceTerms:
    """A monthly price for a dyno of a size, to the second; a line per app."""
    return PriceTerms(
        code=f"dyno-{size}",
        name="Dyno",
        meter=meter,
        match={"size": size},
        group_by=["resource", "size"],
        definition={
            "model": "per_unit",
            "unit": "dyno-month",
            "unit_price": price,
            "convert": {"divide_by": "period_seconds"},
        },
    )


def per_unit(meter: Meter, price: str, **document: Any) -> PriceTerms:
    """A price per unit for the whole account."""
    definition = {"model": "per_unit", "unit_price": price} | document
    return PriceTerms(code=meter.code, name=meter.name, meter=meter, definition=definition)


def flat(price: str, name: str = "Platform fee") -> PriceTerms:
    """A monthly fee."""
    return PriceTerms(code="fee", name=name, definition={"model": "flat", "amount": price})
