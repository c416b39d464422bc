"""Whether billing keeps up: chunks of bill runs that are due and nobody takes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Min
from django.db.models.functions import Coalesce

from billing.models import BillRunChunk
from core import leases
from core.health import Check, waiting

DUE_ALLOWED = timedelta(minutes=5)


def billing_checks(*, at: datetime) -> list[Check]:
    """One check; one query."""
    # Of a leased chunk whose worker died, the end of the lease is when it became due again.
    due_since = Min(Coalesce("lease_until", "not_before"))
    oldest = leases.due(BillRunChunk.objects.all(), at=at).aggregate(oldest=due_since)["oldest"]
    return [waiting("bill_runs", since=oldest, at=at, allowed=DUE_ALLOWED)]
