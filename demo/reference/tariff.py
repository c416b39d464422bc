"""What the platform charges: monthly prices per dyno size and add-on plan, and its counted usage.

Dyno prices are Heroku's published monthly caps (worked case wH1); the rest is invented. A monthly
price is billed to the second: metered seconds ÷ seconds in the billing period × price.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from billing.catalogue.operations.plans import PriceTerms
from usage.models import Meter

# US dollars a month
DYNO_PRICES: Mapping[str, str] = {
    "basic": "7",
    "standard-1x": "25",
    "standard-2x": "50",
    "performance-m": "250",
    "performance-l": "500",
}
ADDON_PRICES: Mapping[str, str] = {
    "postgres:essential-0": "5",
    "postgres:essential-1": "9",
    "postgres:standard-0": "50",
    "postgres:standard-2": "200",
    "postgres:premium-4": "1200",
    "redis:mini": "3",
    "redis:premium-0": "15",
    "redis:premium-1": "30",
    "kafka:standard-0": "1500",
    "logging:choklad": "7",
    "logging:fixa": "65",
    "scheduler:standard": "0",
}

Meters = Mapping[str, Meter]


def pay_as_you_go(meters: Meters, *, contract_discount: str = "") -> list[PriceTerms]:
    """Everything a customer can use except eco dynos; a contract takes a percentage off dynos."""
    return [
        *_monthly(meters["dyno_seconds"], "size", DYNO_PRICES, "dyno-month", contract_discount),
        *_monthly(meters["addon_seconds"], "plan", ADDON_PRICES, "add-on month", ""),
        *_counted(meters),
    ]


def eco(meters: Meters) -> list[PriceTerms]:
    """A flat fee for a pool of hours; the hours themselves are shown and cost nothing (wA20)."""
    hours = {"model": "per_unit", "unit": "dyno-hour", "unit_price": "0",
             "convert": {"divide_by": "3600"}}  # fmt: skip
    return [
        PriceTerms(
            code="eco-pool",
            name="Eco dynos, 1,000 hours",
            definition={"model": "flat", "amount": "5", "proration": "none"},
        ),
        PriceTerms(
            code="eco-hours",
            name="Eco dyno hours from the pool",
            definition=hours,
            meter=meters["dyno_seconds"],
            match={"size": "eco"},
            group_by=("resource",),
        ),
    ]


def enterprise_support() -> list[PriceTerms]:
    return [
        PriceTerms(
            code="support",
            name="Enterprise support",
            definition={"model": "flat", "amount": "2500", "proration": "second"},
        )
    ]


def _monthly(
    meter: Meter, dimension: str, prices: Mapping[str, str], unit: str, discount: str
) -> Iterator[PriceTerms]:
    for value, price in prices.items():
        definition: dict[str, Any] = {
            "model": "per_unit",
            "unit": unit,
            "unit_price": price,
            "convert": {"divide_by": "period_seconds"},
        }
        if discount:
            definition["discounts"] = [{"percent": discount, "name": "contract"}]
        yield PriceTerms(
            code=value.replace(":", "-"),
            name=_spoken(value),
            definition=definition,
            meter=meter,
            match={dimension: value},
            group_by=("resource",),
        )


def _counted(meters: Meters) -> Iterator[PriceTerms]:
    requests = {
        "model": "graduated",
        "unit": "million requests",
        "convert": {"divide_by": "1000000"},
        "tiers": [
            {"up_to": "5", "unit_price": "0"},
            {"up_to": "50", "unit_price": "0.40"},
            {"unit_price": "0.25"},
        ],
    }
    yield PriceTerms("requests", "Router requests", requests, meters["router_requests"])
    egress = {"model": "per_unit", "unit": "GB", "unit_price": "0.09", "included": "100"}
    yield PriceTerms("egress", "Data sent", egress, meters["egress_gb"])
    builds = {
        "model": "volume",
        "unit": "build",
        "tiers": [{"up_to": "50", "unit_price": "0"}, {"unit_price": "0.02"}],
        "maximum": "25",
    }
    yield PriceTerms("builds", "Builds", builds, meters["builds"])
    storage = {"model": "per_unit", "unit": "GB", "unit_price": "0.15", "included": "10"}
    yield PriceTerms("storage", "Postgres storage", storage, meters["storage_gb"],
                     group_by=("resource",))  # fmt: skip
    people = {"model": "per_unit", "unit": "person", "unit_price": "2.50", "included": "2"}
    yield PriceTerms("people", "People active in a pipeline", people, meters["active_users"],
                     group_by=("resource",))  # fmt: skip


def _spoken(value: str) -> str:
    """standard-1x becomes Standard-1X; postgres:standard-0 becomes Postgres Standard-0."""
    service, _, plan = value.rpartition(":")
    if service:
        return f"{service.title()} {plan.title()}"
    return f"{plan.title()} dynos"
