"""Accounts with limits, and the facts that are told of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from billing.spending.models import SpendingLimit
from billing.spending.operations import limits, looking
from billing.spending.operations.limits import LimitTerms
from core.money import Money
from eventing.models import OutboxEvent
from tests.billing.prices import per_unit, requests
from tests.people import ADA, PLATFORM
from tests.story import WHY, Customer, Story


def metered(story: Story) -> Customer:
    """An account that pays 1.00 a request from 1 November 2026 on."""
    plan = story.plan("metered", per_unit(requests(story), "1.00"))
    story.on("2026-11-01")
    acme = story.account("Acme")
    acme.app("acme-web")
    acme.app("acme-worker")
    acme.subscribes(plan)
    return acme


def limited(acme: Customer, amount: str, **terms: Any) -> SpendingLimit:
    """Set a limit that stops, now."""
    minor = Money(Decimal(amount), acme.account.currency).minor
    said: dict[str, Any] = {"stops": True, "marks": (80, 100)} | terms
    return limits.set_limit(
        account=acme.account,
        terms=LimitTerms(minor, **said),
        at=acme.story.at,
        by=ADA,
        reason=WHY,
    )


def uses(acme: Customer, quantity: str, at: str, app: str = "acme-web") -> None:
    """Requests at an instant, accepted then."""
    acme.story.on(at)
    acme.uses("router.requests", app, at, quantity=quantity)


def looks(story: Story, at: str = "") -> int:
    """The sweep, now or at an instant."""
    if at:
        story.on(at)
    return looking.look_at_due(at=story.at, by=PLATFORM, clock=lambda: story.at)


def told(kind: str = "") -> list[tuple[str, Any]]:
    """What was published of limits, in order: the end of its name, and the mark or the cause."""
    rows = OutboxEvent.objects.filter(type__startswith=f"spending_limit.{kind}").order_by("pk")
    return [
        (row.type.split(".")[1], row.payload.get("mark") or row.payload.get("because"))
        for row in rows
        if row.type not in ("spending_limit.set", "spending_limit.ended")
    ]
