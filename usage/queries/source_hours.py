"""How many events tell of each of the last hours, by source: where a reporter is silent.

By the hour an event tells of, not when it came, since that is what a bill lacks; what is sent late
fills its hour. Read from the receipts, so it costs requests and not events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from usage.models import Receipt, Source

HOURS = 24
RECEIPTS_MAX = 50_000
SOURCES_MAX = 200
_HOUR = timedelta(hours=1)
# A source may report a little ahead of our clock.
_AHEAD = timedelta(hours=1)

_COUNTS = """
    SELECT source.key::bigint, hour.key, sum(hour.value::bigint)::bigint
    FROM (SELECT source_hours FROM usage_receipt WHERE received_at >= %(since)s
          ORDER BY received_at DESC LIMIT %(most)s) AS receipt,
         jsonb_each(receipt.source_hours) AS source, jsonb_each_text(source.value) AS hour
    WHERE hour.key >= %(first)s
    GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class SourceHours:
    """Events of a source by hour, the oldest hour first; the last hour is not over."""

    name: str
    counts: Sequence[int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class ReportedHours:
    """The hours from `first` on, and every source with what it told of them, by name.

    Fewer than HOURS hours where so many requests came that only the latest are read.
    """

    first: datetime
    hours: int
    sources: Sequence[SourceHours]


def reported_hours(*, at: datetime) -> ReportedHours:
    """The last 24 hours by source at an instant; three queries, however many events there are."""
    this_hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first = max(this_hour - (HOURS - 1) * _HOUR, _all_read_from(this_hour - HOURS * _HOUR))
    first = min(first, this_hour)
    hours = int((this_hour - first) / _HOUR) + 1
    counted: dict[int, list[int]] = defaultdict(lambda: [0] * hours)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS, {"since": first - _AHEAD, "first": _key(first), "most": RECEIPTS_MAX}
        )
        for source_id, key, count in cursor.fetchall():
            position = int((datetime.fromisoformat(f"{key}:00+00:00") - first) / _HOUR)
            counted[source_id][min(position, hours - 1)] += count
    names = Source.objects.order_by("name").values_list("pk", "name")[:SOURCES_MAX]
    return ReportedHours(
        first, hours, [SourceHours(name, counted.get(pk) or [0] * hours) for pk, name in names]
    )


def _all_read_from(since: datetime) -> datetime:
    """From which hour on all requests are among the latest that are read."""
    received = Receipt.objects.filter(received_at__gte=since).order_by("-received_at")
    cut = received.values_list("received_at", flat=True)[RECEIPTS_MAX : RECEIPTS_MAX + 1].first()
    if cut is None:
        return since
    return cut.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + 2 * _HOUR


def _key(hour: datetime) -> str:
    return hour.strftime("%Y-%m-%dT%H")
