"""How a bill run got on over time: how many periods were settled in each slice of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from billing.invoicing.models import BillRun

SLICES = 60
_SHORTEST = timedelta(seconds=1)

# A retried period counts where it was settled last.
_SETTLED = """
    SELECT floor(extract(epoch FROM settled_at - %(start)s) / %(length)s)::int,
           count(*), count(*) FILTER (WHERE state = 'parked')
    FROM invoicing_billrunitem
    WHERE run_id = %(run)s AND settled_at IS NOT NULL
    GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class PaceSlice:
    """Periods settled in one slice, and how many of them were parked."""

    settled: int
    parked: int


@dataclass(frozen=True, slots=True)
class RunPace:
    """Slices of equal length from the run's start until it was finished, or is looked at."""

    start: datetime
    length: timedelta
    slices: Sequence[PaceSlice]


def run_pace(run: BillRun, *, at: datetime) -> RunPace:
    """The slices of a run at an instant; one query over its items, however many there are.

    What is tried again after the run was finished, later than that, counts in the last slice.
    """
    whole = max((run.finished_at or at) - run.started_at, _SHORTEST)
    length = max(whole / SLICES, _SHORTEST)
    count = max(-(-whole // length), 1)
    slices = [[0, 0] for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLED,
            {"start": run.started_at, "length": length.total_seconds(), "run": run.pk},
        )
        for position, settled, parked in cursor.fetchall():
            slices[min(max(position, 0), count - 1)][0] += settled
            slices[min(max(position, 0), count - 1)][1] += parked
    return RunPace(run.started_at, length, [PaceSlice(*each) for each in slices])
