"""Look at the invariants, a few at a time: each night all of them, and no night too long.

One rule is looked at on its own snapshot, and what it saw is kept. A rule that takes longer than a
statement may is noted as such and never keeps the others from being looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError

from core.db.transactions import one_snapshot
from core.invariants import Invariant, InvariantResult, invariants
from duty.models import RuleLook
from duty.queries.looks import newest_looks

AGAIN_AFTER: Final = timedelta(hours=20)


def look_at_due(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Look at rules that nobody has looked at for 20 hours, until the time is up; returns how many.

    The one that was looked at longest ago comes first.
    """
    newest = {(look.rule, look.text): look.looked_at for look in newest_looks()}
    due = [
        (newest.get((rule.id, rule.text)), rule)
        for rule in invariants()
        if (last := newest.get((rule.id, rule.text))) is None or last <= clock() - AGAIN_AFTER
    ]
    due.sort(key=lambda each: (each[0] is not None, each[0] or clock(), each[1].id))
    count = 0
    for _, rule in due:
        if clock() >= until:
            break
        look_at(rule, at=clock())
        count += 1
    return count


def look_at(rule: Invariant, *, at: datetime) -> RuleLook:
    """Look at one rule now, and keep what was seen."""
    began, failed, seen = time.monotonic(), "", InvariantResult(0)
    try:
        seen = _on_one_snapshot(rule)
    except DatabaseError as problem:
        failed = str(problem).strip().partition("\n")[0][:200] or type(problem).__name__
    return RuleLook.objects.create(
        rule=rule.id,
        text=rule.text,
        looked_at=at,
        milliseconds=int((time.monotonic() - began) * 1000),
        examined=seen.examined,
        violations=seen.violations,
        samples=list(seen.sample_ids),
        failed=failed,
    )


def _on_one_snapshot(rule: Invariant) -> InvariantResult:
    with one_snapshot(only_reads=True):
        return rule.check()
