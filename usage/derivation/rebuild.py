"""Make every roll-up and interval again from raw events, or say where they differ.

The proof that what is derived may be dropped. Works account by account in chunks, each in its own
transaction, so it can be stopped and started again at any moment.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection

from accounts.models import Account
from core.db.transactions import transaction
from usage import account_locks
from usage.aggregate.figures import DayFigure
from usage.aggregate.rules import Rule
from usage.derivation.day_buckets import DayBucket
from usage.derivation.day_figures import Days, DaysToDerive, day_figures, reading_of
from usage.derivation.refresh import rebuild_days, refresh
from usage.derivation.state_intervals import expected_states, rebuild_states, stored_states
from usage.meter_rules import rules_by_meter
from usage.models import StaleUsage

CHUNK = 50
_ALWAYS = Days(date(2000, 1, 1), None)
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)

_HOLDINGS = """
    SELECT account_id, resource_id FROM accounts_resourceownership
    WHERE account_id = ANY(%(accounts)s)
    UNION SELECT account_id, resource_id FROM usage_usageday WHERE account_id = ANY(%(accounts)s)
"""
_STORED = """
    SELECT kept.day, kept.account_id, kept.resource_id, kept.meter_id, sets.text, kept.quantity,
           kept.event_count, kept.moment, kept.state, kept.is_carried
    FROM usage_usageday AS kept JOIN usage_dimensionset AS sets ON sets.id = kept.dimension_set_id
    WHERE kept.account_id = ANY(%s)
"""

StoredDay = tuple[DayFigure, bool]


@dataclass(frozen=True, slots=True)
class DerivedDifference:
    """A roll-up row or the intervals of a resource that are not what raw events say.

    An absent side is None.
    """

    what: str
    stored: str | None
    expected: str | None

    def __str__(self) -> str:
        return f"{self.what}: stored {self.stored}, raw events say {self.expected}"


@dataclass(frozen=True, slots=True)
class RebuildCheck:
    """How many roll-up rows and intervals were compared in a chunk, and which differ."""

    examined: int
    differences: Sequence[DerivedDifference]


def rebuild(account_ids: Collection[int] | None = None) -> Iterator[int]:
    """Replace everything derived; yields how many accounts are done after each chunk."""
    done = 0
    for chunk in _chunks(account_ids):
        with transaction():
            account_locks.exclude(chunk)
            StaleUsage.objects.filter(account_id__in=chunk).delete()
            stretches = _stretches(chunk)
            counted, states = _meters()
            rebuild_days(counted, stretches)
            since = {stretch.resource_id: _FIRST for stretch in stretches}
            for versions in states:
                rebuild_states(versions, since)
        done += len(chunk)
        yield done


def compare(account_ids: Collection[int] | None = None) -> Iterator[RebuildCheck]:
    """Hold everything derived against raw events, writing nothing but what is marked stale."""
    for chunk in _chunks(account_ids):
        refresh(chunk)
        with transaction():
            account_locks.exclude(chunk)
            stretches = _stretches(chunk)
            resources = {stretch.resource_id for stretch in stretches}
            counted, states = _meters()
            stored = _stored(chunk)
            expected = _expected(counted, stretches)
            differences = list(_differing_days(stored, expected))
            examined = len(stored.keys() | expected.keys())
            for versions in states:
                intervals, differing = _compare_states(versions, resources)
                examined += intervals
                differences += differing
        yield RebuildCheck(examined, differences)


def _chunks(account_ids: Collection[int] | None) -> Iterator[list[int]]:
    ids = (
        list(Account.objects.order_by("pk").values_list("pk", flat=True))
        if account_ids is None
        else sorted(account_ids)
    )
    for first in range(0, len(ids), CHUNK):
        yield ids[first : first + CHUNK]


def _stretches(account_ids: Collection[int]) -> list[DaysToDerive]:
    """All days of all meters of every resource these accounts own, owned or have figures of."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDINGS, {"accounts": list(account_ids)})
        return [
            DaysToDerive(account_id, resource_id, None, _ALWAYS)
            for account_id, resource_id in cursor.fetchall()
        ]


def _meters() -> tuple[list[list[Rule]], list[list[Rule]]]:
    """The meters with day figures, and those with intervals."""
    meters = list(rules_by_meter().values())
    return (
        [versions for versions in meters if not versions[0].is_state],
        [versions for versions in meters if versions[0].is_state],
    )


def _stored(account_ids: Collection[int]) -> dict[DayBucket, StoredDay]:
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [list(account_ids)])
        return {
            DayBucket(*row[:5]): (
                DayFigure(row[5], row[6], row[7], json.loads(row[8]) if row[8] else None),
                row[9],
            )
            for row in cursor.fetchall()
        }


def _expected(
    meters: Sequence[Sequence[Rule]], stretches: Collection[DaysToDerive]
) -> dict[DayBucket, StoredDay]:
    reading = reading_of(meters, {stretch.resource_id for stretch in stretches})
    return {
        bucket: (figure, is_carried)
        for bucket, figure, is_carried in day_figures(reading, stretches)
    }


def _differing_days(
    stored: dict[DayBucket, StoredDay], expected: dict[DayBucket, StoredDay]
) -> Iterator[DerivedDifference]:
    for bucket in sorted(stored.keys() | expected.keys()):
        left, right = stored.get(bucket), expected.get(bucket)
        if left != right:
            what = (
                f"day {bucket.day}, account {bucket.account_id}, resource {bucket.resource_id}, "
                f"meter {bucket.meter_id} {bucket.dimensions}"
            )
            yield DerivedDifference(what, _text(left), _text(right))


def _compare_states(
    versions: Sequence[Rule], resource_ids: Collection[int]
) -> tuple[int, list[DerivedDifference]]:
    stored = stored_states(versions[0].meter_id, resource_ids)
    expected = expected_states(versions, resource_ids)
    differences = [
        DerivedDifference(
            f"intervals of meter {versions[0].meter_code}, resource {resource_id}",
            f"{stored.get(resource_id, [])}",
            f"{expected.get(resource_id, [])}",
        )
        for resource_id in sorted(stored.keys() | expected.keys())
        if stored.get(resource_id, []) != expected.get(resource_id, [])
    ]
    return sum(map(len, stored.values())), differences


def _text(row: StoredDay | None) -> str | None:
    if row is None:
        return None
    figure = row[0]
    return f"{figure.quantity} of {figure.event_count} events {figure.state or ''}".strip()
