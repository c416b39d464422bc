"""Build again what has become stale: days of meters that cannot simply be added to, and states.

Owns the order that makes it safe beside ingest: lock the accounts' stripes, take the marks away,
and only then read. A mark that somebody is about to add waits for us, or we for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core.db.transactions import transaction
from usage import account_locks
from usage.aggregate.rules import Rule
from usage.derivation import period_totals
from usage.derivation.day_figures import Days, DaysToDerive, day_figures, reading_of, write_days
from usage.derivation.period_totals import DayPeriod
from usage.derivation.stale_marks import CONCERNS
from usage.derivation.state_intervals import rebuild_states
from usage.meter_rules import rules_by_meter

BATCH = 2_000
"""Marks of one transaction: about a day of a meter of a resource each."""

_MARKS = """
    SELECT id, account_id FROM usage_staleusage AS stale
    WHERE %(everybody)s OR {concerns}
    ORDER BY resource_id NULLS FIRST, meter_id, id LIMIT %(limit)s
"""
_TAKE = """
    DELETE FROM usage_staleusage WHERE id = ANY(%s)
    RETURNING account_id, resource_id, meter_id, day_from, day_until
"""
_RESOURCES_OF = """
    SELECT asked.number, found.resource_id
    FROM unnest(%s::bigint[], %s::date[]) WITH ORDINALITY AS asked(account_id, day_from, number)
    CROSS JOIN LATERAL (
        SELECT resource_id FROM accounts_resourceownership WHERE account_id = asked.account_id
        UNION SELECT resource_id FROM usage_usageday
        WHERE account_id = asked.account_id AND day >= asked.day_from
    ) AS found
"""
_DELETE_DAYS = """
    DELETE FROM usage_usageday AS kept
    USING unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[], %s::date[])
        AS stale(account_id, resource_id, meter_id, day_from, day_until)
    WHERE kept.account_id = stale.account_id AND kept.resource_id = stale.resource_id
      AND kept.meter_id = ANY(%s) AND (stale.meter_id IS NULL OR kept.meter_id = stale.meter_id)
      AND kept.day >= stale.day_from AND (stale.day_until IS NULL OR kept.day < stale.day_until)
"""


@dataclass(frozen=True, slots=True)
class _Mark:
    account_id: int
    resource_id: int | None
    meter_id: int | None
    days: Days


def refresh(account_ids: Collection[int] | None = None, *, limit: int | None = None) -> int:
    """Build again what is stale for these accounts, or for everybody; return how many marks.

    Figures read afterwards are those of all events booked before the call. Safe at any time and
    from several places at once. `limit` bounds the marks of one call.
    """
    done = 0
    while limit is None or done < limit:
        batch = BATCH if limit is None else min(BATCH, limit - done)
        ids, accounts = _marks(account_ids, batch)
        if not ids:
            break
        work_off(ids, accounts)
        done += len(ids)
    return done


def work_off(ids: Sequence[int], account_ids: Collection[int]) -> None:
    """Build again what these marks of these accounts mean, all or nothing."""
    with transaction():
        account_locks.exclude(account_ids)
        _rebuild(_take(ids))


def refresh_alone(account_ids: Collection[int]) -> None:
    """The same, while nobody books for these accounts until the caller's transaction ends.

    All stripes are taken at once, in their order. Raises: NoTransaction.
    """
    _, marked = _marks(account_ids, BATCH)
    account_locks.exclude({*account_ids, *marked})
    refresh(account_ids)


def is_stale(account_ids: Collection[int]) -> bool:
    """Whether anything of these accounts must be built again."""
    return bool(_marks(account_ids, 1)[0])


def _marks(account_ids: Collection[int] | None, limit: int) -> tuple[list[int], set[int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _MARKS.format(concerns=CONCERNS),
            {
                "everybody": account_ids is None,
                "concerned": sorted(account_ids or ()),
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
    return [row[0] for row in rows], {row[1] for row in rows}


def _take(ids: Sequence[int]) -> list[_Mark]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [list(ids)])
        return [
            _Mark(account_id, resource_id, meter_id, Days(day_from, day_until))
            for account_id, resource_id, meter_id, day_from, day_until in cursor.fetchall()
        ]


def _rebuild(marks: Sequence[_Mark]) -> None:
    meters = rules_by_meter()
    states = {meter_id for meter_id, versions in meters.items() if versions[0].is_state}
    stretches = set(_stretches(marks))
    counted = [stretch for stretch in stretches if stretch.meter_id not in states]
    named = {stretch.meter_id for stretch in counted}
    rebuild_days(
        [
            versions
            for meter_id, versions in meters.items()
            if meter_id not in states and (None in named or meter_id in named)
        ],
        counted,
    )
    for meter_id in sorted(states):
        # A replay from a resource's first stale day covers all later ones.
        since: dict[int, datetime] = {}
        for stretch in stretches:
            if stretch.meter_id in (None, meter_id):
                resource, start = stretch.resource_id, stretch.days.start
                since[resource] = min(start, since.get(resource, start))
        if since:
            rebuild_states(meters[meter_id], since)


def rebuild_days(meters: Sequence[Sequence[Rule]], stretches: Collection[DaysToDerive]) -> None:
    """Replace the roll-up rows of these stretches by what raw events say.

    A fixed number of queries. `meters` are those the stretches mean, none of them of state. The
    accounts' stripes must be held exclusively.
    """
    if not meters or not stretches:
        return
    reading = reading_of(meters, {stretch.resource_id for stretch in stretches})
    rows = list(day_figures(reading, stretches))
    with connection.cursor() as cursor:
        cursor.execute(
            _DELETE_DAYS,
            [
                [stretch.account_id for stretch in stretches],
                [stretch.resource_id for stretch in stretches],
                [stretch.meter_id for stretch in stretches],
                [stretch.days.day_from for stretch in stretches],
                [stretch.days.day_until for stretch in stretches],
                sorted({rule.meter_id for versions in meters for rule in versions}),
            ],
        )
    write_days(rows)
    period_totals.drop(
        {DayPeriod(each.account_id, each.days.day_from, each.days.day_until) for each in stretches}
    )


def _stretches(marks: Sequence[_Mark]) -> Iterator[DaysToDerive]:
    """What the marks mean, resource by resource, those that were once the account's included."""
    whole = [mark for mark in marks if mark.resource_id is None]
    resources: dict[int, list[int]] = defaultdict(list)
    if whole:
        with connection.cursor() as cursor:
            cursor.execute(
                _RESOURCES_OF,
                [[mark.account_id for mark in whole], [mark.days.day_from for mark in whole]],
            )
            for number, resource_id in cursor.fetchall():
                resources[number - 1].append(resource_id)
    for number, mark in enumerate(whole):
        for resource_id in resources[number]:
            yield DaysToDerive(mark.account_id, resource_id, mark.meter_id, mark.days)
    for mark in marks:
        if mark.resource_id is not None:
            yield DaysToDerive(mark.account_id, mark.resource_id, mark.meter_id, mark.days)
