"""The verb: judge every event outside the transaction, then store all of them inside one.

Owns the order of steps and the verdicts. Safe to call again with the same events at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.actor import Actor
from core.db.transactions import transaction
from core.errors import Conflict
from usage import stripes
from usage.directory import Directory, directory
from usage.envelope import Draft, Refusal
from usage.models import Receipt
from usage.operations.ingest import writing
from usage.operations.ingest.placing import Gate, Held, Placed, Placing, Rejected, Reporter
from usage.operations.ingest.verdicts import IngestResult, Outcome, Verdict
from usage.operations.partitions import ensure_partitions

_ATTEMPTS = 8


class DirectoryUnsettled(Conflict):
    """Owners, zones or meters changed under every attempt to book the events."""

    code = "reference_data_changing"
    title = "Resources or meters are being changed; send the events again"
    retryable = True
    status = 503


class _Outdated(Exception):
    """Something looked up before the transaction has changed since."""


@dataclass(slots=True)
class _Batch:
    """The events of one call, by what they were judged to be."""

    placed: list[Placed] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    repeated: list[tuple[int, Draft]] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    @property
    def drafts(self) -> list[Draft]:
        """Those whose identity is to be stored, sorted by key."""
        found = [each.draft for each in self.placed] + [each.draft for each in self.held]
        return sorted(found, key=lambda draft: draft.key)


def ingest(
    items: Sequence[Draft | Refusal],
    *,
    at: datetime,
    by: Actor,
    reporter: Reporter | None = None,
    request_id: str = "",
    gate: Gate | None = None,
    atomic: bool = False,
) -> IngestResult:
    """Take in events received `at` from `by`, and return a verdict for each, in their order.

    An event is booked once for ever by its source and id: the same content again is a duplicate,
    other content a conflict, which is kept and shown. `reporter` limits what may be reported; None
    is the platform itself. `gate` may hold events that could not be billed. With `atomic`, one
    rejected or conflicting event means that none is stored. When this returns outside another
    transaction, everything it says is committed.

    Raises: DirectoryUnsettled (retryable; nothing was stored).
    """
    known = directory()
    if not known.seen:
        known.catch_up()
    for _ in range(_ATTEMPTS):
        placing = Placing(known, at, reporter, gate)
        _look_up(known, items)
        batch = _judge(items, placing)
        if atomic and any(v.outcome is Outcome.REJECTED for v in batch.verdicts.values()):
            return _undone(items, batch.verdicts)
        _make_ready(known, batch, reporter, by)
        try:
            with transaction():
                return _store(items, batch, placing, by=by, request_id=request_id, atomic=atomic)
        except _Outdated:
            continue
        except _Undo as undo:
            return _undone(items, undo.verdicts)
    raise DirectoryUnsettled


class _Undo(Exception):
    """An atomic request met a conflict; carries the verdicts so far."""

    def __init__(self, verdicts: dict[int, Verdict]) -> None:
        super().__init__()
        self.verdicts = verdicts


def _look_up(known: Directory, items: Iterable[Draft | Refusal]) -> None:
    drafts = [item for item in items if isinstance(item, Draft)]
    known.learn_sources({draft.source for draft in drafts})
    known.learn_subjects({draft.subject for draft in drafts})


def _judge(items: Sequence[Draft | Refusal], placing: Placing) -> _Batch:
    batch = _Batch()
    for index, item in enumerate(items):
        if isinstance(item, Refusal):
            batch.verdicts[index] = _refused(index, item)
            continue
        judged = placing.place(item)
        if isinstance(judged, Rejected):
            batch.verdicts[index] = _rejected(index, judged)
        elif item.key in batch.positions:
            batch.repeated.append((index, item))
        else:
            batch.positions[item.key] = index
            if isinstance(judged, Placed):
                batch.placed.append(judged)
            else:
                batch.held.append(judged)
    return batch


def _make_ready(known: Directory, batch: _Batch, reporter: Reporter | None, by: Actor) -> None:
    """What would otherwise have to be made inside the transaction."""
    partner_id = None if reporter is None else reporter.partner_id
    for name in sorted({draft.source for draft in batch.drafts} - known.sources.keys()):
        known.register_source(name, partner_id=partner_id, by=by)
    known.learn_types({each.draft.type for each in batch.placed})
    known.learn_dimension_sets(
        {addition.bucket.dimensions for each in batch.placed for addition in each.additions}
    )
    ensure_partitions({each.draft.occurred_at.date() for each in batch.placed})


def _store(
    items: Sequence[Draft | Refusal],
    batch: _Batch,
    placing: Placing,
    *,
    by: Actor,
    request_id: str,
    atomic: bool,
) -> IngestResult:
    drafts = batch.drafts
    if not drafts:
        return IngestResult([batch.verdicts[index] for index in range(len(items))])
    stripes.share(each.account_id for each in batch.placed)
    if placing.directory.catch_up():
        raise _Outdated
    receipt_id = writing.next_receipt_id()
    known = writing.write_keys(drafts, receipt_id)
    placed = [each for each in batch.placed if each.draft.key not in known]
    held = [each for each in batch.held if each.draft.key not in known]
    conflicts = _decide(batch, known, placing.at)
    if atomic and conflicts:
        raise _Undo(batch.verdicts)
    names = placing.directory
    if placed:
        writing.write_events(placed, receipt_id, known=names, at=placing.at)
    if held:
        writing.write_held(held, receipt_id, known=names, at=placing.at)
    for draft, kept in conflicts:
        source_id = names.sources[draft.source].id
        writing.write_conflict(
            draft, kept, source_id=source_id, receipt_id=receipt_id, at=placing.at
        )
    result = IngestResult([batch.verdicts[index] for index in range(len(items))])
    if placed or held or conflicts:
        _write_receipt(receipt_id, result, placing, by=by, request_id=request_id)
    return result


def _decide(
    batch: _Batch, known: dict[str, writing.Known], at: datetime
) -> list[tuple[Draft, str]]:
    """Fill in the remaining verdicts; return the conflicts with the fingerprint that was kept."""
    conflicts: list[tuple[Draft, str]] = []
    kept: dict[str, writing.Known] = {}
    judged: list[Placed | Held] = [*batch.placed, *batch.held]
    for each in judged:
        draft, index = each.draft, batch.positions[each.draft.key]
        before = known.get(draft.key)
        if before is None:
            kept[draft.key] = writing.Known(draft.fingerprint, at)
            batch.verdicts[index] = _taken_in(index, each)
        else:
            kept[draft.key] = before
            _again(batch, index, draft, before, conflicts)
    for index, draft in batch.repeated:
        _again(batch, index, draft, kept[draft.key], conflicts)
    return conflicts


def _again(
    batch: _Batch,
    index: int,
    draft: Draft,
    before: writing.Known,
    conflicts: list[tuple[Draft, str]],
) -> None:
    if draft.fingerprint == before.fingerprint:
        batch.verdicts[index] = Verdict(
            index,
            Outcome.DUPLICATE,
            draft.source,
            draft.id,
            code="duplicate",
            detail=f"Received before, at {before.received_at.isoformat()}.",
            received_at=before.received_at,
        )
        return
    conflicts.append((draft, before.fingerprint))
    batch.verdicts[index] = Verdict(
        index,
        Outcome.CONFLICT,
        draft.source,
        draft.id,
        code="id_conflict",
        detail=f"This id was received at {before.received_at.isoformat()} with other content, "
        f"which is kept ({before.fingerprint}; now {draft.fingerprint}).",
        pointer="/id",
        received_at=before.received_at,
    )


def _taken_in(index: int, judged: Placed | Held) -> Verdict:
    draft = judged.draft
    if isinstance(judged, Held):
        return Verdict(
            index,
            Outcome.QUARANTINED,
            draft.source,
            draft.id,
            code=judged.reason.value,
            detail=judged.detail,
        )
    if judged.note is not None:
        note = judged.note
        return Verdict(index, Outcome.ACCEPTED, draft.source, draft.id, note.code, note.detail)
    return Verdict(index, Outcome.ACCEPTED, draft.source, draft.id)


def _refused(index: int, item: Refusal) -> Verdict:
    return Verdict(
        index,
        Outcome.REJECTED,
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
        Outcome.REJECTED,
        judged.draft.source,
        judged.draft.id,
        code=judged.code,
        detail=judged.detail,
        pointer=judged.pointer,
        status=judged.status,
    )


def _undone(items: Sequence[Draft | Refusal], verdicts: dict[int, Verdict]) -> IngestResult:
    """The answer to an atomic request that stored nothing: the culprits, and the others."""
    bad = (Outcome.REJECTED, Outcome.CONFLICT)
    return IngestResult(
        [
            verdicts[index]
            if index in verdicts and verdicts[index].outcome in bad
            else Verdict(
                index,
                Outcome.REJECTED,
                item.source,
                item.id,
                code="atomic",
                detail="Nothing of this request was stored, because another event was refused.",
            )
            for index, item in enumerate(items)
        ],
        is_stored=False,
    )


def _write_receipt(
    receipt_id: int, result: IngestResult, placing: Placing, *, by: Actor, request_id: str
) -> None:
    counts = result.counts
    Receipt.objects.create(
        pk=receipt_id,
        request_id=request_id,
        partner_id=placing.reporter.partner_id if placing.reporter else None,
        actor_name=by.name,
        received_at=placing.at,
        sent_count=len(result.verdicts),
        **{f"{outcome}_count": count for outcome, count in counts.items()},
    )
