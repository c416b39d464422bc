"""Build again what has become stale: days of meters that cannot simply be added to, and states.

Owns the order that makes it safe beside ingest: lock the accounts' stripes, take the marks away,
and only then read. A mark that somebody is about to add waits for us, or we for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from core.db.transactions import transaction
from usage import stripes
from usage.aggregate.rules import Rule
from usage.operations.deriving import Days, day_figures, reading_of, write_days
from usage.operations.states import rebuild_states
from usage.rulebook import rules_by_meter

BATCH = 500

CONCERNS = """(
    stale.account_id = ANY(%(concerned)s)
    OR EXISTS (SELECT FROM accounts_resourceownership AS owner
               WHERE owner.resource_id = stale.resource_id
                 AND owner.account_id = ANY(%(concerned)s))
)"""
"""Whether a mark concerns accounts: one of theirs, or of a resource they ever owned. Asked of each
mark, of which there are seldom any, and not of all the resources of the accounts."""

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
    SELECT DISTINCT resource_id FROM accounts_resourceownership WHERE account_id = ANY(%s)
    UNION SELECT DISTINCT resource_id FROM usage_usageday WHERE account_id = ANY(%s) AND day >= %s
"""
_DELETE_DAYS = """
    DELETE FROM usage_usageday
    WHERE account_id = ANY(%s) AND resource_id = ANY(%s) AND meter_id = ANY(%s)
      AND day >= %s AND (%s::date IS NULL OR day < %s::date)
"""


@dataclass(frozen=True, slots=True)
class _Mark:
    account_id: int
    resource_id: int | None
    meter_id: int | None
    day_from: date
    day_until: date | None


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
        with transaction():
            stripes.exclude(accounts)
            _rebuild(_take(ids))
        done += len(ids)
    return done


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
        return [_Mark(*row) for row in cursor.fetchall()]


def _rebuild(marks: Sequence[_Mark]) -> None:
    rules = rules_by_meter()
    groups: dict[tuple[int | None, date, date | None], list[_Mark]] = defaultdict(list)
    for mark in marks:
        groups[mark.meter_id, mark.day_from, mark.day_until].append(mark)
    states: dict[int, dict[int, date]] = defaultdict(dict)
    for (meter_id, day_from, day_until), group in sorted(groups.items(), key=_order):
        meters = list(rules.values()) if meter_id is None else [rules[meter_id]]
        accounts = {mark.account_id for mark in group}
        resources = _resources(group, day_from)
        counted = [versions for versions in meters if not versions[0].is_state]
        if counted:
            rebuild_days(counted, accounts, resources, Days(day_from, day_until))
        for versions in meters:
            if versions[0].is_state:
                since = states[versions[0].meter_id]
                for resource in resources:
                    since[resource] = min(day_from, since.get(resource, day_from))
    for meter_id, since in states.items():
        _rebuild_states(rules[meter_id], since)


def _rebuild_states(versions: Sequence[Rule], since: Mapping[int, date]) -> None:
    """Replay each resource once: a replay from its first stale day covers all later ones."""
    by_day: dict[date, set[int]] = defaultdict(set)
    for resource, day in since.items():
        by_day[day].add(resource)
    for day, resources in sorted(by_day.items()):
        rebuild_states(versions, resources, since=Days(day, None).start)


def rebuild_days(
    meters: Sequence[Sequence[Rule]],
    account_ids: Collection[int],
    resource_ids: Collection[int],
    days: Days,
) -> None:
    """Replace the roll-up rows of these resources under these accounts by what raw events say.

    The accounts' stripes must be held exclusively.
    """
    reading = reading_of(meters, resource_ids)
    rows = [row for row in day_figures(reading, days) if row[0].account_id in account_ids]
    meter_ids = sorted({rule.meter_id for versions in meters for rule in versions})
    with connection.cursor() as cursor:
        cursor.execute(
            _DELETE_DAYS,
            [
                sorted(account_ids),
                sorted(resource_ids),
                meter_ids,
                days.day_from,
                days.day_until,
                days.day_until,
            ],
        )
    write_days(rows)


def _resources(group: Sequence[_Mark], day_from: date) -> set[int]:
    """The resources the marks mean, those that were once the account's included."""
    found = {mark.resource_id for mark in group if mark.resource_id is not None}
    whole = sorted({mark.account_id for mark in group if mark.resource_id is None})
    if whole:
        with connection.cursor() as cursor:
            cursor.execute(_RESOURCES_OF, [whole, whole, day_from])
            found |= {row[0] for row in cursor.fetchall()}
    return found


def _order(
    item: tuple[tuple[int | None, date, date | None], list[_Mark]],
) -> tuple[int, date, date]:
    meter_id, day_from, day_until = item[0]
    return meter_id or 0, day_from, day_until or date.max
