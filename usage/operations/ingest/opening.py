"""How a booking begins and what it leaves behind: locks and a last look, and its receipt.

Owns the receipt's row and its number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from core.actor import Actor
from core.db.one_round_trip import SqlStatement
from core.db.pipelining import Send
from usage import account_locks
from usage.envelope import ReceivedEvent
from usage.models import Backfill
from usage.reference_cache import Directory, Outdated

# The number is the session's current one from then on; what belongs to the receipt refers to it.
_LOOK = "SELECT look.*, nextval('usage_receipt_id_seq') FROM ({changes}) AS look"
_RECEIPT = """
    INSERT INTO usage_receipt (id, request_id, partner_id, backfill_id, actor_name, received_at,
                               sent_count, accepted_count, duplicate_count, conflict_count,
                               quarantined_count, rejected_count, source_hours)
    VALUES (currval('usage_receipt_id_seq'), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A booking that has been begun; what the last look saw is not known yet."""

    known: Directory
    look: CursorWrapper

    def receipt_id(self) -> int:
        """The number of the receipt, if nothing that was looked up has changed since. Only once
        the answers are there. Raises: Outdated."""
        seen, changes, number = self.look.fetchone()
        if self.known.take_changes((seen, changes)):
            raise Outdated
        return int(number)


def open_booking(send: Send, known: Directory, account_ids: Iterable[int]) -> Opening:
    """Lock the accounts' stripes, see whether anything looked up has changed, number a receipt.

    The look has a snapshot of its own, so it comes after the locks. Raises: NoTransaction.
    """
    send(*account_locks.sharing(account_ids))
    changes, parameters = known.change_query()
    return Opening(known, send(_LOOK.format(changes=changes), parameters))


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a request, for whom, and under which backfill."""

    by: Actor
    request_id: str
    partner_id: int | None
    backfill: Backfill | None


def receipt_of(
    counts: Mapping[str, int],
    new: Iterable[ReceivedEvent],
    known: Directory,
    origin: Origin,
    at: datetime,
) -> SqlStatement:
    """What stores that a request came; `counts` are its verdicts by outcome, `new` what it brought
    that was not known."""
    return _RECEIPT, (
        origin.request_id,
        origin.partner_id,
        origin.backfill and origin.backfill.pk,
        origin.by.name,
        at,
        sum(counts.values()),
        counts["accepted"],
        counts["duplicate"],
        counts["conflict"],
        counts["quarantined"],
        counts["rejected"],
        _source_hours(new, known),
    )


def _source_hours(new: Iterable[ReceivedEvent], known: Directory) -> str:
    """How many events tell of which UTC hour, by source, as JSON."""
    found: dict[int, dict[str, int]] = {}
    for (source, hour), count in Counter((each.source, each.instant[:13]) for each in new).items():
        found.setdefault(known.sources[source].id, {})[hour] = count
    return json.dumps(found)
