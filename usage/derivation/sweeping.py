"""Build again what is stale, in the background and before somebody looks, whoever it is of.

Owns that nobody waits for somebody else: what cannot be built is set aside with its account, says
so, and is tried again after the others.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection

from core.ids import new_id
from core.isolating import isolated
from usage.derivation.refresh import BATCH, work_off
from usage.derivation.stale_marks import CONCERNS
from usage.models import StaleUsage

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=10)
"""How long what could not be built is left alone."""

_DUE = f"""
    SELECT id, account_id FROM usage_staleusage AS stale
    WHERE (tried_at IS NULL OR tried_at <= %(tried_before)s)
      AND (%(everybody)s OR {CONCERNS})
    ORDER BY tried_at NULLS FIRST, resource_id NULLS FIRST, meter_id, id LIMIT %(limit)s
"""  # noqa: S608  composed of constants


def sweep(*, at: datetime, limit: int, account_ids: Collection[int] | None = None) -> int:
    """Work off marks that concern these accounts, or anybody, what was never tried first; returns
    how many were.

    An account whose marks fail keeps them, and the others go on.
    """
    looked_at = done = 0
    while looked_at < limit and (marks := _due(at, min(BATCH, limit - looked_at), account_ids)):
        looked_at += sum(map(len, marks.values()))
        done += _worked_off(marks, at)
    return done


def _worked_off(marks: dict[int, list[int]], at: datetime) -> int:
    gone = 0

    def work(account_ids: Sequence[int]) -> None:
        nonlocal gone
        ids = [mark for account_id in account_ids for mark in marks[account_id]]
        work_off(ids, account_ids)
        gone += len(ids)

    def set_aside(account_id: int, problem: Exception) -> None:
        number = new_id("prb")
        logger.error(
            "stale_usage_set_aside",
            exc_info=problem,
            extra={"problem": number, "account": account_id},
        )
        StaleUsage.objects.filter(pk__in=marks[account_id]).update(
            tried_at=at,
            problem="It could not be built again, and the figures stand as they were. It is tried "
            f"every {RETRY_AFTER.seconds // 60} minutes; {number} in the worker's log says why.",
        )

    isolated(sorted(marks), work, set_aside=set_aside)
    return gone


def _due(at: datetime, limit: int, account_ids: Collection[int] | None) -> dict[int, list[int]]:
    """Marks by account."""
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _DUE,
            {
                "tried_before": at - RETRY_AFTER,
                "everybody": account_ids is None,
                "concerned": sorted(account_ids or ()),
                "limit": limit,
            },
        )
        for mark, account_id in cursor.fetchall():
            found[account_id].append(mark)
    return found
