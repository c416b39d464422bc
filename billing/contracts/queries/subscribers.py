"""Who has a plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from billing.contracts.models import Subscription

SUBSCRIBERS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PlanSubscribers:
    """Subscriptions of a plan that run or are to begin: the first by name, and how many."""

    rows: Sequence[Subscription]
    count: int


def subscribers_of(plan_id: str, *, at: datetime) -> PlanSubscribers:
    """Who has a plan at an instant or will, by its public id; two queries."""
    held = Subscription.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=at), plan__public_id=plan_id
    )
    rows = held.select_related("account").order_by("account__name", "pk")[:SUBSCRIBERS_SHOWN]
    return PlanSubscribers(list(rows), held.count())
