"""Who decides in whose name, now and in the days to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from approvals.models import Delegation


@dataclass(frozen=True, slots=True)
class DelegationRow:
    """One delegation. `is_now` is whether it holds at the instant it is looked at."""

    delegation: Delegation
    is_now: bool


def delegation_rows(*, at: datetime, most: int) -> list[DelegationRow]:
    """Those that hold or will, the first to begin first; one query."""
    rows = Delegation.objects.filter(
        Q(ended_at__isnull=True, valid_until__gt=at) | Q(ended_at__gt=at)
    ).select_related("of", "deputy")
    return [
        DelegationRow(each, each.valid_from <= at)
        for each in rows.order_by("valid_from", "pk")[:most]
    ]
