"""Held events by what they are about: which apps, since when, how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min

from usage.models import QuarantinedEvent, QuarantineState

SUBJECTS_AT_ONCE = 200
"""How many are shown and settled together; the next click goes on with the others."""


@dataclass(frozen=True, slots=True)
class HeldSubject:
    """One subject: its held events, and when the first and the last of them occurred."""

    subject: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class HeldSubjects:
    """The subjects with most events, and how many there are in all."""

    rows: Sequence[HeldSubject]
    count: int


def held_subjects(reason: str) -> HeldSubjects:
    """What the events held for one reason are about; two queries."""
    held = QuarantinedEvent.objects.filter(state=QuarantineState.HELD, reason=reason)
    rows = (
        held.values("subject")
        .annotate(count=Count("pk"), first=Min("occurred_at"), last=Max("occurred_at"))
        .order_by("-count", "subject")[:SUBJECTS_AT_ONCE]
    )
    count = held.aggregate(count=Count("subject", distinct=True))["count"]
    return HeldSubjects([HeldSubject(**row) for row in rows], count)
