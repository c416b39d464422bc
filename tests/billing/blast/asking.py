"""Simulations asked by Ada, and what they found as a table."""

from datetime import date
from typing import Any

from billing.catalogue.models import PlanVersion
from billing.whatif.models import Simulation
from billing.whatif.operations import simulations
from core.money import Money
from core.periods import Period
from tests.people import ADA
from tests.story import Story, instant

FOR = "The price was typed wrong"


def asked(story: Story) -> dict[str, Any]:
    """By whom, when and why."""
    return {"at": story.at, "by": ADA, "reason": FOR}


def back_tests(story: Story, version: PlanVersion, month: str, **options: Any) -> Simulation:
    """Rate a month again under a version."""
    day = date.fromisoformat(f"{month}-01")
    return simulations.back_test(version=version, month=day, **asked(story), **options)


def span(start: str, end: str) -> Period:
    """A span of time."""
    return Period(instant(start), instant(end))


def found(simulation: Simulation) -> list[tuple[str, ...]]:
    """The rows: account, line, billed, before, after, difference, or account and problem."""
    rows = simulation.rows.order_by("position").select_related("account")
    return [
        (row.account.name, row.problem_code)
        if row.problem_code
        else (
            row.account.name,
            row.description,
            _amount(row.billed_minor, row.currency),
            _amount(row.before_minor, row.currency),
            _amount(row.after_minor, row.currency),
            _amount(row.delta_minor, row.currency),
        )
        for row in rows
    ]


def _amount(minor: int | None, currency: str) -> str:
    return "-" if minor is None else str(Money.from_minor(minor, currency).amount)
