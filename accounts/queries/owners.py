"""Which account owned a resource at an instant: exact for one question, cached for ingest.

`owner_at` always asks the database. `OwnerResolver` keeps ownership timelines in the process for
a few seconds, because ingest asks the same thousands of questions in every batch: what it says is
at most `max_age_s` old, and a resource or owner it does not know is always looked up again, so a
resource that was just registered is found at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

MAX_AGE_S: Final = 3.0
ENTRIES_MAX: Final = 200_000

Question = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Owner:
    """The answer: internal ids of resource and account, good within [owned_from, owned_until)."""

    resource_id: int
    account_id: int
    owned_from: datetime
    owned_until: datetime | None

    def at(self, instant: datetime) -> bool:
        return self.owned_from <= instant and (
            self.owned_until is None or instant < self.owned_until
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """A registered resource and its owners in order of time; nobody may own it at an instant."""

    resource_id: int
    owners: tuple[Owner, ...]

    def owner_at(self, instant: datetime) -> Owner | None:
        for owner in reversed(self.owners):
            if owner.owned_from <= instant:
                return owner if owner.at(instant) else None
        return None


_TIMELINES = """
    SELECT resource.platform_id, resource.id, held.account_id, held.owned_from, held.owned_until
    FROM accounts_resource AS resource
    LEFT JOIN accounts_resourceownership AS held ON held.resource_id = resource.id
    WHERE resource.platform_id = ANY(%s)
    ORDER BY resource.id, held.owned_from
"""


def timelines(platform_ids: Iterable[str]) -> dict[str, Timeline]:
    """The whole ownership history of each registered resource, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_TIMELINES, [sorted(set(platform_ids))])
        rows = cursor.fetchall()
    owners: dict[str, list[Owner]] = {}
    resource_ids: dict[str, int] = {}
    for platform_id, resource_id, account_id, owned_from, owned_until in rows:
        resource_ids[platform_id] = resource_id
        held = owners.setdefault(platform_id, [])
        if account_id is not None:
            held.append(Owner(resource_id, account_id, owned_from, owned_until))
    return {
        platform_id: Timeline(resource_id, tuple(owners[platform_id]))
        for platform_id, resource_id in resource_ids.items()
    }


def owner_at(questions: Sequence[Question]) -> dict[Question, Owner | None]:
    """The owner for each (platform id, instant), in one query; None where nobody owned it."""
    found = timelines(platform_id for platform_id, _ in questions)
    return {
        (platform_id, instant): (
            found[platform_id].owner_at(instant) if platform_id in found else None
        )
        for platform_id, instant in questions
    }


class OwnerResolver:
    """Answers for one process with bounded staleness; safe to share between threads.

    An entry is one immutable value put in place by one dict assignment, so a reader sees the old
    or the new timeline and never half of one.
    """

    def __init__(
        self,
        *,
        max_age_s: float = MAX_AGE_S,
        entries_max: int = ENTRIES_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_age_s = max_age_s
        self._entries_max = entries_max
        self._monotonic = monotonic
        self._entries: dict[str, tuple[float, Timeline]] = {}

    def resolve(self, wanted: Mapping[str, Iterable[datetime]]) -> dict[str, Timeline]:
        """The timelines of these resources, good for these instants.

        A resource missing from the answer is not registered; an instant without an owner in the
        answer has none. Both are as of now, not cached.
        """
        oldest = self._monotonic() - self._max_age_s
        found: dict[str, Timeline] = {}
        missing: list[str] = []
        for platform_id, instants in wanted.items():
            entry = self._entries.get(platform_id)
            if (
                entry is not None
                and entry[0] >= oldest
                and all(entry[1].owner_at(instant) for instant in instants)
            ):
                found[platform_id] = entry[1]
            else:
                missing.append(platform_id)
        if missing:
            found |= self._read(missing)
        return found

    def clear(self) -> None:
        """Forget everything; for tests and after a bulk change."""
        self._entries.clear()

    def _read(self, platform_ids: Sequence[str]) -> dict[str, Timeline]:
        # The age counts from before the query: what it does not see must not look fresh.
        asked_at = self._monotonic()
        read = timelines(platform_ids)
        if len(self._entries) + len(read) > self._entries_max:
            self._entries.clear()
        for platform_id, timeline in read.items():
            self._entries[platform_id] = (asked_at, timeline)
        return read
