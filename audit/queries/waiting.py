"""How long something that was written has waited for its seal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from audit.models import Seal
from audit.queries.sealed_tables import marks_now
from core.measures import WatchedNumber, age


def seal_measures(*, at: datetime) -> Iterator[WatchedNumber]:
    """One number; what was written since the last seal waits from then on at most."""
    newest = Seal.objects.order_by("-number").first()
    waits = newest is not None and newest.marks != marks_now()
    since = newest.sealed_at if newest is not None and waits else None
    yield WatchedNumber("counterfoil_unsealed_age_seconds", age(since, at=at))
