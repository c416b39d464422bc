"""Settle many held events in steps: started by a person, gone on with by workers.

Owns how far it is. What becomes of an event is decided in `usage.operations.quarantine`, once for
each, so a step that is done twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from core import leases
from core.actor import Actor, require_said
from core.db.transactions import transaction
from core.interruptions import is_interruption
from core.parking import why
from usage.models import HeldSettlement, QuarantinedEvent, QuarantineReason
from usage.models.quarantine import WAIVABLE
from usage.operations import quarantine
from usage.operations.ingest.placing import Gate
from usage.operations.quarantine import NotWaivable, SettledCounts
from usage.queries.held import HeldChoice, keys_read, window_of

STEP = quarantine.CHUNK
"""Events that are settled before it is written down how far it is."""
LEASE = timedelta(seconds=30)
_TALLY = (
    "reached",
    "taken_count",
    "total_count",
    "settled_count",
    "gone_count",
    "still_held",
    "attempts",
)

GateOf = Callable[[], Gate | None]


def start(
    choice: HeldChoice, verb: HeldSettlement.Verb, *, at: datetime, by: Actor, reason: str
) -> HeldSettlement:
    """Write down what is to be done with which events, due at once.

    Raises: ReasonMissing, NotWaivable.
    """
    require_said(reason, "Say why this is decided.")
    if verb == HeldSettlement.Verb.RELEASE:
        require_waivable(choice.reason)
    window = choice.window
    held = choice.held
    return HeldSettlement.objects.create(
        verb=verb,
        held_for=choice.reason,
        keys=[str(key) for key in choice.keys],
        subjects=list(choice.subjects),
        type=choice.type,
        source=choice.source,
        occurred_from=window.start if window else None,
        occurred_until=window.end if window else None,
        through=_last(held) if choice.through is None else choice.through,
        started_at=at,
        started_by_id=by.id,
        started_by=by.name,
        reason=reason,
        total_count=held.count(),
        not_before=at,
    )


def require_waivable(reason: str) -> None:
    """Only some reasons are set aside by a decision. Raises: NotWaivable."""
    if reason not in WAIVABLE:
        raise NotWaivable(f"Not by decision: {reason}. Fix the cause, then retry.")


def claim(*, at: datetime, settlement: HeldSettlement | None = None) -> HeldSettlement | None:
    """Lease the oldest due settlement, or the one named; None when it is not due."""
    items: QuerySet[HeldSettlement] = HeldSettlement.objects.all()
    if settlement is not None:
        items = items.filter(pk=settlement.pk)
    claimed = leases.claim(items, limit=1, at=at, lease_for=LEASE)
    return claimed[0] if claimed else None


def work_through(
    item: HeldSettlement, gate_of: GateOf, *, clock: Callable[[], datetime], until: datetime
) -> None:
    """Work a claimed settlement to its end or until that instant, or settle why it cannot.

    Raises: LeaseLost, and what interrupted it; then it is due again.
    """
    try:
        while not _step(item, gate_of(), at=clock()):
            if clock() >= until:
                leases.put_back(item, at=clock())
                return
    except leases.LeaseLost:
        raise
    except Exception as problem:
        if is_interruption(problem):
            raise
        said = why(problem, settlement=item.public_id).sentence
        leases.fail(item, error=said, at=clock())


def _step(item: HeldSettlement, gate: Gate | None, *, at: datetime) -> bool:
    """Settle the next `STEP` events and write down how far it is; true when those were the last."""
    ids = _next(item)
    done = _settle(item, ids, gate, at=at) if ids else SettledCounts()
    is_last = len(ids) < STEP
    with transaction():
        leases.hold(item)
        item.reached = ids[-1] if ids else item.reached
        item.taken_count += len(ids)
        # An event may come to be held for this reason after the others were counted.
        item.total_count = max(item.total_count, item.taken_count)
        item.settled_count += done.released + done.dropped
        item.gone_count += done.gone
        if is_last:
            item.gone_count += item.total_count - item.taken_count
        item.still_held = dict(Counter(item.still_held) + done.held)
        # A step that got somewhere is none of the attempts that wear an item out.
        item.attempts = 0
        item.save(update_fields=_TALLY)
        if is_last:
            leases.complete(item, at=at)
        else:
            leases.extend(item, at=at, lease_for=LEASE)
    return is_last


def _settle(
    item: HeldSettlement, ids: Sequence[int], gate: Gate | None, *, at: datetime
) -> SettledCounts:
    by = Actor.person(item.started_by_id, item.started_by)
    if item.verb == HeldSettlement.Verb.DROP:
        return quarantine.drop(ids, at=at, by=by, reason=item.reason)
    settle = quarantine.release if item.verb == HeldSettlement.Verb.RELEASE else quarantine.retry
    return settle(ids, at=at, by=by, reason=item.reason, gate=gate)


def _next(item: HeldSettlement) -> list[int]:
    rows = _choice(item).held.filter(pk__gt=item.reached).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:STEP])


def _choice(item: HeldSettlement) -> HeldChoice:
    return HeldChoice(
        reason=QuarantineReason(item.held_for),
        keys=keys_read(item.keys),
        subjects=item.subjects,
        type=item.type,
        source=item.source,
        window=window_of(item.occurred_from, item.occurred_until),
        through=item.through,
    )


def _last(held: QuerySet[QuarantinedEvent]) -> int:
    return held.order_by("-pk").values_list("pk", flat=True).first() or 0
