"""How fresh the figures of accounts are: what came in and is not built into them yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from usage.derivation.stale_marks import CONCERNS

_BEHIND = f"""
    SELECT min(marked_at), count(tried_at) FROM usage_staleusage AS stale WHERE {CONCERNS}
"""  # noqa: S608  composed of constants
_OWNERS = """
    SELECT DISTINCT owner.account_id FROM usage_eventkey AS known
    JOIN usage_event AS event ON (event.key, event.occurred_at) = (known.key, known.occurred_at)
    JOIN accounts_resourceownership AS owner ON owner.resource_id = event.resource_id
    WHERE known.key = %s
"""


@dataclass(frozen=True, slots=True)
class Staleness:
    """Figures leave out, or count as it was before, something that changed at `since` or later.

    `has_failed` says that some of it could not be built, and waits to be tried again.
    """

    since: datetime
    has_failed: bool

    @property
    def text(self) -> str:
        """The same as sentences, for whoever looks at the figures."""
        since = f"{self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if self.has_failed:
            return (
                f"Usage that came in or was corrected since {since} could not be built into these "
                "figures. They stand as they were before it. It is tried again every few minutes."
            )
        return (
            f"Usage that came in or was corrected since {since} is not in all of these figures "
            "yet. They stand as they were before it."
        )


def behind(account_ids: Collection[int]) -> Staleness | None:
    """What is not built into the figures of these accounts; None where everything is."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"concerned": sorted(account_ids)})
        since, failed = cursor.fetchone()
    return None if since is None else Staleness(since, failed > 0)


def owners_of(key: UUID) -> list[int]:
    """Everybody who ever owned the resource of an event; nobody where it is no accepted one."""
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, [key])
        return [row[0] for row in cursor.fetchall()]
