"""One number that is looked at from outside to say how the system does: name, labels, value.

Names no customer and no amount, since whoever watches the processes may read it. Rooms say theirs
in `queries.measures`; `api.metrics` prints them. Every name has its home in `MEASURES`, where what
it means stands once; alerts and dashboards are held to it by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

MEASURES: Final = {
    "counterfoil_up": "1 while the database answers whoever asks for these numbers, else 0.",
    "counterfoil_late": "1 where a check of /readyz is late or down, by check, else 0.",
    "counterfoil_events_last_5m": "Events received in the last 5 minutes, by verdict.",
    "counterfoil_newest_receipt_age_seconds": "Seconds since events were last received.",
    "counterfoil_source_age_seconds": "Seconds since a source last reported, by source; the 200"
    " that reported last, of the last 7 days.",
    "counterfoil_quarantined_events": "Events in quarantine, by reason; counted to 10,000.",
    "counterfoil_quarantine_age_seconds": "Age of the oldest event in quarantine, by reason.",
    "counterfoil_stale_usage": "Marks of usage that is to be built again; counted to 10,000.",
    "counterfoil_partition_days": "Days ahead, without a gap, that have an event partition.",
    "counterfoil_queue_age_seconds": "How long the oldest work has been due, by queue.",
    "counterfoil_queue_due": "Work that is due, by queue; counted to 10,000.",
    "counterfoil_queue_messages": "Messages in the broker, by queue.",
    "counterfoil_parked": "Work that is parked and waits for a person, by kind.",
    "counterfoil_bill_run_items": "Accounts and periods of unfinished bill runs, by state.",
    "counterfoil_outbox_last_5m": "Facts put into the outbox in the last 5 minutes.",
    "counterfoil_database_bytes": "Size of the database.",
    "counterfoil_database_connections": "Connections to the database, by role.",
    "counterfoil_oldest_transaction_seconds": "Age of the oldest transaction of a process.",
    "counterfoil_dead_rows_share": "Dead rows per row, of the ten tables with most dead rows.",
    "counterfoil_backup_behind_bytes": "Log that the backup has not received yet.",
    "counterfoil_rule_violations": "Rows that broke an invariant when it was last looked at.",
    "counterfoil_rules_age_seconds": "Seconds since the invariants were last looked at.",
    "counterfoil_unsealed_age_seconds": "Seconds that something written has waited for its seal.",
}


@dataclass(frozen=True, slots=True)
class WatchedNumber:
    """A number now; `name` is one of MEASURES."""

    name: str
    value: int | Decimal
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in MEASURES:
            raise ValueError(f"{self.name} has no description in MEASURES")


def age(since: datetime | None, *, at: datetime) -> int:
    """Whole seconds since an instant; 0 where there is none, since nothing waits then."""
    return 0 if since is None else max((at - since) // timedelta(seconds=1), 0)
