"""Whether billing keeps up: work that is due and nobody takes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min
from django.db.models.functions import Coalesce

from billing.closing.models import CloseCheckWork
from billing.invoicing.models import BillComparisonWork, BillRunChunk
from billing.invoicing.tax_engines import breaker, engine_in_use
from billing.papers.models import PaperFile
from billing.whatif.models import SimulationWork
from core import leases
from core.health import Check, Health, waiting
from core.leases import WorkItem

DUE_ALLOWED = timedelta(minutes=5)

_WORK: Final[dict[str, type[WorkItem]]] = {
    "bill_runs": BillRunChunk,
    "simulations": SimulationWork,
    "close_checks": CloseCheckWork,
    "bill_comparisons": BillComparisonWork,
    "papers": PaperFile,
}


def billing_checks(*, at: datetime) -> list[Check]:
    """A check of each kind of work, one query each; and of the tax engine, where there is one."""
    # Of a leased item whose worker died, the end of the lease is when it became due again.
    due_since = Min(Coalesce("lease_until", "not_before"))
    engine = [_tax_engine()] if engine_in_use() else []
    return engine + [
        waiting(
            name,
            since=leases.due(kind._default_manager.all(), at=at).aggregate(at=due_since)["at"],
            at=at,
            allowed=DUE_ALLOWED,
        )
        for name, kind in _WORK.items()
    ]


def _tax_engine() -> Check:
    if breaker.is_open():
        return Check(
            "tax_engine", Health.LATE, "The tax engine fails; bills wait until it answers."
        )
    return Check("tax_engine", Health.OK, "The tax engine is asked.")
