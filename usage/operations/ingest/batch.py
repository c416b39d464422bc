"""The events of one call by what they were judged to be, and the verdict each of them gets.

Owns the wording of verdicts. Stores nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter

from core.ids import new_id
from core.interruptions import is_interruption
from usage.envelope import EventRefusal, ReceivedEvent
from usage.models import QuarantineReason
from usage.operations.ingest.fast_placing import Shortcut
from usage.operations.ingest.keys import Known
from usage.operations.ingest.placing import HeldEvent, Placed, Placing, Rejected
from usage.operations.ingest.verdicts import IngestOutcome, IngestResult, Verdict

logger = logging.getLogger(__name__)

_key = attrgetter("key")

Conflicts = list[tuple[ReceivedEvent, str]]
"""What was sent under a known identity with other content, and the fingerprint that was kept."""


@dataclass(slots=True)
class Batch:
    """The events of one call, by what they were judged to be."""

    placed: list[Placed] = field(default_factory=list)
    held: list[HeldEvent] = field(default_factory=list)
    repeated: list[tuple[int, ReceivedEvent]] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    @property
    def drafts(self) -> list[ReceivedEvent]:
        """Those whose identity is to be stored, sorted by key."""
        found = [each.draft for each in self.placed]
        found += [each.draft for each in self.held]
        found.sort(key=_key)
        return found


def judge(items: Sequence[ReceivedEvent | EventRefusal], placing: Placing) -> Batch:
    batch = Batch()
    positions, placed = batch.positions, batch.placed
    shortcut = Shortcut(placing, [item for item in items if type(item) is ReceivedEvent])
    for index, item in enumerate(items):
        if isinstance(item, EventRefusal):
            batch.verdicts[index] = _refused(index, item)
            continue
        item.position = index
        judged: Placed | HeldEvent | Rejected
        try:  # here and not in a function: a call for each event is felt
            judged = shortcut.place(item) or placing.place(item)
        except Exception as problem:  # noqa: BLE001  held, or raised again there
            judged = _unjudged(item, problem)
        if isinstance(judged, Rejected):
            batch.verdicts[index] = _rejected(index, judged)
        elif item.key in positions:
            batch.repeated.append((index, item))
        else:
            positions[item.key] = index
            if isinstance(judged, Placed):
                placed.append(judged)
            else:
                batch.held.append(judged)
    return batch


def _unjudged(draft: ReceivedEvent, problem: Exception) -> HeldEvent:
    """An event of which cannot be told what it is; held, so that it takes no other with it."""
    if is_interruption(problem):
        raise problem
    number = new_id("prb")
    logger.error(
        "event_not_judged", extra={"problem": number, "event_key": draft.key}, exc_info=problem
    )
    detail = f"Judging it failed; {number} in the log says why. Try it again once that is mended."
    return HeldEvent(draft, QuarantineReason.NOT_JUDGED, detail)


def decide(batch: Batch, known: Mapping[str, Known], at: datetime) -> Conflicts:
    """Fill in the remaining verdicts; return the conflicts."""
    conflicts: Conflicts = []
    kept: dict[str, Known] = {}
    verdicts, positions = batch.verdicts, batch.positions
    judged: list[Placed | HeldEvent] = [*batch.placed, *batch.held]
    for each in judged:
        draft = each.draft
        index = positions[draft.key]
        before = known.get(draft.key) if known else None
        if before is None:
            verdicts[index] = _taken_in(index, each)
        else:
            verdicts[index] = _again(index, draft, before, conflicts)
        if batch.repeated:
            kept[draft.key] = before or Known(draft.fingerprint, at)
    for index, draft in batch.repeated:
        verdicts[index] = _again(index, draft, kept[draft.key], conflicts)
    return conflicts


def _again(index: int, draft: ReceivedEvent, before: Known, conflicts: Conflicts) -> Verdict:
    if draft.fingerprint == before.fingerprint:
        return Verdict(
            index,
            IngestOutcome.DUPLICATE,
            draft.source,
            draft.id,
            code="duplicate",
            detail=_received_before(before.received_at),
            received_at=before.received_at,
        )
    conflicts.append((draft, before.fingerprint))
    return Verdict(
        index,
        IngestOutcome.CONFLICT,
        draft.source,
        draft.id,
        code="id_conflict",
        detail=f"This id was received at {before.received_at.isoformat()} with other content, "
        f"which is kept ({before.fingerprint}; now {draft.fingerprint}).",
        pointer="/id",
        received_at=before.received_at,
    )


@lru_cache(maxsize=64)
def _received_before(at: datetime) -> str:
    return f"Received before, at {at.isoformat()}."


def _taken_in(index: int, judged: Placed | HeldEvent) -> Verdict:
    draft = judged.draft
    if isinstance(judged, HeldEvent):
        return Verdict(
            index,
            IngestOutcome.QUARANTINED,
            draft.source,
            draft.id,
            code=judged.reason.value,
            detail=judged.detail,
        )
    note = judged.note
    if note is not None:
        return Verdict(
            index, IngestOutcome.ACCEPTED, draft.source, draft.id, note.code, note.detail
        )
    return Verdict(index, IngestOutcome.ACCEPTED, draft.source, draft.id)


def _refused(index: int, item: EventRefusal) -> Verdict:
    return Verdict(
        index,
        IngestOutcome.REJECTED,
        item.source,
        item.id,
        code=item.code,
        detail=item.detail,
        pointer=item.pointer,
        status=item.status,
    )


def _rejected(index: int, judged: Rejected) -> Verdict:
    return Verdict(
        index,
        IngestOutcome.REJECTED,
        judged.draft.source,
        judged.draft.id,
        code=judged.code,
        detail=judged.detail,
        pointer=judged.pointer,
        status=judged.status,
    )


def undone(
    items: Sequence[ReceivedEvent | EventRefusal], verdicts: dict[int, Verdict]
) -> IngestResult:
    """The answer to an atomic request that stored nothing: the culprits, and the others."""
    bad = (IngestOutcome.REJECTED, IngestOutcome.CONFLICT)
    return IngestResult(
        [
            verdicts[index]
            if index in verdicts and verdicts[index].outcome in bad
            else Verdict(
                index,
                IngestOutcome.REJECTED,
                item.source,
                item.id,
                code="atomic",
                detail="Nothing of this request was stored, because another event was refused.",
            )
            for index, item in enumerate(items)
        ],
        is_stored=False,
    )
