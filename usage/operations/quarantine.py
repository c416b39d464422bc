"""What becomes of held events: tried again after a fix, released by decision, or dropped.

Owns the states of a held event. A released event is booked under the identity it was received with,
so sending it again stays harmless; a dropped one is kept for ever and never billed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.actor import Actor, require_said
from core.db.pipelining import ahead
from core.db.transactions import transaction
from core.errors import Invalid
from core.ids import new_id
from core.isolating import isolated
from eventing.publish import publish
from usage import account_locks
from usage.envelope import ReceivedEvent
from usage.envelope.item import data_text_of
from usage.models import QuarantinedEvent, QuarantineReason, QuarantineState
from usage.models.quarantine import WAIVABLE
from usage.operations.ingest import writing
from usage.operations.ingest.operation import make_ready
from usage.operations.ingest.placing import Gate, HeldEvent, Placed, Placing, Rejected
from usage.operations.open_backfills import keep_from_being_taken_back
from usage.reference_cache import ATTEMPTS, DirectoryUnsettled, Outdated, directory

logger = logging.getLogger(__name__)

CHUNK = 500


class NotWaivable(Invalid):
    """There is nothing to bill the event by until what is missing is there."""

    code = "not_waivable"
    title = "This cannot be released by decision"


@dataclass(slots=True)
class SettledCounts:
    """What a call did: how many were released or dropped, and why the others are still held.

    `gone` were not held any more when their turn came: somebody else has settled them.
    """

    released: int = 0
    dropped: int = 0
    gone: int = 0
    held: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Decision:
    at: datetime
    by: Actor
    reason: str
    gate: Gate | None
    waives: bool


def retry(
    ids: Iterable[int], *, at: datetime, by: Actor, reason: str, gate: Gate | None = None
) -> SettledCounts:
    """Judge held events again, as of when they were received; book those that can be billed now.

    The others stay held, for the reason that applies now. Any number; booked 500 at a time, and one
    that cannot be judged at all holds up no other.

    Raises: ReasonMissing, DirectoryUnsettled.
    """
    return _settle(ids, _Decision(at, by, _said(reason), gate, waives=False))


def retry_all(
    held_for: QuarantineReason, *, at: datetime, by: Actor, reason: str, gate: Gate | None = None
) -> SettledCounts:
    """Judge all events held for one reason again, oldest first. Raises: as `retry`."""
    ids = (
        QuarantinedEvent.objects.filter(state=QuarantineState.HELD, reason=held_for)
        .order_by("received_at", "pk")
        .values_list("pk", flat=True)
    )
    return retry(list(ids), at=at, by=by, reason=reason, gate=gate)


def release(
    ids: Iterable[int], *, at: datetime, by: Actor, reason: str, gate: Gate | None = None
) -> SettledCounts:
    """Book held events although the reason they are held for still applies.

    Only that reason is waived; another one keeps the event held.

    Raises: ReasonMissing, NotWaivable, DirectoryUnsettled.
    """
    wanted = list(ids)
    fixed = (
        QuarantinedEvent.objects.filter(pk__in=wanted, state=QuarantineState.HELD)
        .exclude(reason__in=WAIVABLE)
        .values_list("reason", flat=True)
        .distinct()
    )
    if fixed:
        named = ", ".join(sorted(fixed))
        raise NotWaivable(f"Not by decision: {named}. Fix the cause, then retry.")
    return _settle(wanted, _Decision(at, by, _said(reason), gate, waives=True))


def drop(ids: Iterable[int], *, at: datetime, by: Actor, reason: str) -> SettledCounts:
    """Decide that held events are never billed; they stay visible. Raises: ReasonMissing."""
    said = _said(reason)
    settled = SettledCounts()
    for chunk in _chunks(ids):
        with transaction():
            rows = _locked(chunk)
            _decide(rows, QuarantineState.DROPPED, at=at, by=by, reason=said)
            settled.dropped += len(rows)
            settled.gone += len(chunk) - len(rows)
    return settled


def _settle(ids: Iterable[int], decision: _Decision) -> SettledCounts:
    settled = SettledCounts()

    def work(chunk: Sequence[int]) -> None:
        for _ in range(ATTEMPTS):
            try:
                return _settle_chunk(chunk, decision, settled)
            except Outdated:
                continue
        raise DirectoryUnsettled

    def set_aside(pk: int, problem: Exception) -> None:
        number = new_id("prb")
        logger.error("held_event_not_settled", exc_info=problem, extra={"problem": number})
        detail = f"Trying it again failed; {number} in the log says why."
        held = QuarantinedEvent.objects.filter(pk=pk, state=QuarantineState.HELD)
        held.update(tried_at=decision.at, detail=detail)
        settled.held += Counter(held.values_list("reason", flat=True))

    for chunk in _chunks(ids):
        isolated(chunk, work, set_aside=set_aside, raises=(DirectoryUnsettled,))
    return settled


def _settle_chunk(ids: Sequence[int], decision: _Decision, settled: SettledCounts) -> None:
    known = directory()
    rows = list(QuarantinedEvent.objects.filter(pk__in=ids).select_related("source"))
    placing = Placing(known, decision.at, gate=decision.gate)
    placing.look_up({row.source.name for row in rows}, {row.subject for row in rows})
    judged = {row.pk: _judged(placing, row, waives=decision.waives) for row in rows}
    placed = {pk: each for pk, each in judged.items() if isinstance(each, Placed)}
    make_ready(known, list(placed.values()), [], partner_id=None, by=decision.by, at=decision.at)
    with transaction():
        keep_from_being_taken_back(row.receipt_id for row in rows)
        account_locks.share(each.account_id for each in placed.values())
        known.require_current()
        locked = _locked(ids)
        released = [row for row in locked if row.pk in placed]
        events = sorted((placed[row.pk] for row in released), key=lambda each: each.draft.key)
        receipts = {row.key.hex: row.receipt_id for row in released}
        if events:
            receipt_ids = [receipts[each.draft.key] for each in events]
            with ahead() as send:
                writing.send_events(send, events, receipt_ids, known=known, at=decision.at)
        _decide(
            released,
            QuarantineState.RELEASED,
            at=decision.at,
            by=decision.by,
            reason=decision.reason,
        )
        still = [row for row in locked if row.pk not in placed]
        reasons = _keep_held(still, judged, decision.at)
    settled.released += len(released)
    settled.gone += len(ids) - len(locked)
    settled.held += reasons


def _judged(
    placing: Placing, row: QuarantinedEvent, *, waives: bool
) -> Placed | HeldEvent | Rejected:
    # Lateness is of arrival: an event must not grow too late by waiting here.
    waived = frozenset({QuarantineReason(row.reason)}) if waives else frozenset()
    return replace(placing, at=row.received_at, waived=waived).place(_draft(row))


def _draft(row: QuarantinedEvent) -> ReceivedEvent:
    """The event as it was read when it was received."""
    quantity = row.quantity
    text = "" if quantity is None else format(quantity, "f")
    return ReceivedEvent(
        source=row.source.name,
        id=row.event_id,
        type=row.type,
        subject=row.subject,
        occurred_at=row.occurred_at,
        instant=row.occurred_at.isoformat(),
        quantity=quantity,
        decimals=len(text.partition(".")[2]),
        data=row.data or {},
        data_text=data_text_of(row.data) if row.data else None,
        key=row.key.hex,
        fingerprint="",
        sequence=row.sequence,
        position=row.position,
    )


def _keep_held(
    rows: Sequence[QuarantinedEvent],
    judged: Mapping[int, Placed | HeldEvent | Rejected],
    at: datetime,
) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for row in rows:
        each = judged[row.pk]
        if isinstance(each, HeldEvent):
            row.reason, row.detail = each.reason, each.detail
        elif isinstance(each, Rejected):
            row.reason, row.detail = QuarantineReason.UNREADABLE_PROPERTY, each.detail
        row.tried_at = at
        reasons[row.reason] += 1
    QuarantinedEvent.objects.bulk_update(rows, ["reason", "detail", "tried_at"])
    return reasons


def _decide(
    rows: Sequence[QuarantinedEvent],
    state: QuarantineState,
    *,
    at: datetime,
    by: Actor,
    reason: str,
) -> None:
    if not rows:
        return
    for row in rows:
        row.state, row.decided_at, row.decided_by, row.decided_reason = state, at, by.name, reason
    QuarantinedEvent.objects.bulk_update(
        rows, ["state", "decided_at", "decided_by", "decided_reason"]
    )
    counts = Counter(row.source.public_id for row in rows)
    for source, count in sorted(counts.items()):
        publish(
            f"quarantine.{state}",
            subject=source,
            payload={"count": count, "by": by.id, "reason": reason},
            at=at,
        )


def _locked(ids: Sequence[int]) -> list[QuarantinedEvent]:
    return list(
        QuarantinedEvent.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, state=QuarantineState.HELD)
        .select_related("source")
        .order_by("pk")
    )


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(set(ids))
    for first in range(0, len(ordered), CHUNK):
        yield ordered[first : first + CHUNK]


def _said(reason: str) -> str:
    return require_said(reason, "Say why this is decided.")
