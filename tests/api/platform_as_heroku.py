"""A month of two customers with dynos and a database each, as clients of Heroku's API read it."""

from __future__ import annotations

import pytest

from billing.catalogue.operations.plans import PriceTerms
from tests.billing.prices import dyno_month, dyno_seconds
from tests.story import Customer, Story
from usage.models import Meter


@pytest.fixture
def story(db: None) -> Story:
    return Story()


@pytest.fixture
def acme(story: Story) -> Customer:
    """Acme runs two dynos of web and a database since 1 March 2026; Globex, a canary, the same."""
    addons = story.meter(
        "addon-seconds", unit="add-on second", aggregation="duration",
        event_type="addon.changed", dimensions=("plan",),
    )  # fmt: skip
    prices = [dyno_month(dyno_seconds(story), "standard-1x", "31"), addon_month(addons)]
    plan = story.plan("platform", *prices)
    story.on("2026-03-01")
    customers = [story.account(name) for name in ("Acme", "Canary Globex")]
    for each in customers:
        prefix = each.account.name.lower().replace(" ", "-")
        each.subscribes(plan)
        app = each.app(f"{prefix}-web")
        each.resource(f"{prefix}-db", kind="database", parent=app)
        each.scales(f"{prefix}-web", "standard-1x", "2", "2026-03-01")
        each.uses(
            "addon.changed", f"{prefix}-db", "2026-03-01", plan="postgres:small", quantity="1"
        )
    story.on("2026-04-01")
    story.runs_billing()
    return customers[0]


def addon_month(meter: Meter) -> PriceTerms:
    return PriceTerms(
        code="postgres-small",
        name="Postgres small",
        meter=meter,
        match={"plan": "postgres:small"},
        group_by=["resource"],
        definition={
            "model": "per_unit", "unit": "add-on month", "unit_price": "62",
            "convert": {"divide_by": "period_seconds"},
        },
    )  # fmt: skip
