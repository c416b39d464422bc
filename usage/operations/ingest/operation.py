"""The verb: judge every event outside the transaction, then store all of them inside one.

Owns the order of steps and the verdicts. Safe to call again with the same events at any time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from core.actor import Actor
from core.db.pipelining import Send, ahead
from core.db.transactions import transaction
from usage.envelope import EventRefusal, ReceivedEvent
from usage.models import Backfill
from usage.operations.ingest import keys, writing
from usage.operations.ingest.batch import Batch, Conflicts, decide, judge, undone
from usage.operations.ingest.keys import Known
from usage.operations.ingest.opening import Origin, open_booking, receipt_of
from usage.operations.ingest.placing import Gate, HeldEvent, Placed, Placing, Reporter
from usage.operations.ingest.verdicts import IngestOutcome, IngestResult, Verdict, tally
from usage.operations.open_backfills import keep_open
from usage.partitions import ensure_partitions
from usage.reference_cache import (
    ATTEMPTS,
    Directory,
    DirectoryUnsettled,
    Outdated,
    directory,
)


def ingest(
    items: Sequence[ReceivedEvent | EventRefusal],
    *,
    at: datetime,
    by: Actor,
    reporter: Reporter | None = None,
    request_id: str = "",
    gate: Gate | None = None,
    atomic: bool = False,
    backfill: Backfill | None = None,
) -> IngestResult:
    """Take in events received `at` from `by`, and return a verdict for each, in their order.

    An event is booked once for ever by its source and id: the same content again is a duplicate,
    other content a conflict, which is kept and shown. `reporter` limits what may be reported; None
    is the platform itself. `gate` may hold events that could not be billed. With `atomic`, one
    rejected or conflicting event means that none is stored. `backfill` is the one the events belong
    to, see usage.operations.backfills. When this returns outside another transaction, everything it
    says is committed.

    Raises: BackfillClosed, DirectoryUnsettled (retryable); nothing was stored.
    """
    known = directory()
    origin = Origin(by, request_id, _partner_id(reporter), backfill)
    read = [item for item in items if isinstance(item, ReceivedEvent)]
    for _ in range(ATTEMPTS):
        placing = Placing(known, at, reporter, gate, backfill)
        placing.look_up({each.source for each in read}, {each.subject for each in read})
        batch = judge(items, placing)
        if _stores_nothing_for_now(items, batch, atomic=atomic) and known.catch_up():
            continue
        if atomic and any(v.outcome is IngestOutcome.REJECTED for v in batch.verdicts.values()):
            return undone(items, batch.verdicts)
        make_ready(known, batch.placed, batch.held, partner_id=origin.partner_id, by=by, at=at)
        try:
            with transaction():
                if backfill is not None:
                    keep_open(backfill)
                return _store(items, batch, placing, origin, atomic=atomic)
        except Outdated:
            continue
        except _Undo as undo:
            return undone(items, undo.verdicts)
    raise DirectoryUnsettled


def _stores_nothing_for_now(
    items: Sequence[ReceivedEvent | EventRefusal], batch: Batch, *, atomic: bool
) -> bool:
    """Whether what is known of sources, partners and resources decides that no booking begins,
    which would look for changes of them.
    """
    if batch.drafts and not atomic:
        return False
    return any(isinstance(items[index], ReceivedEvent) for index in batch.verdicts)


class _Undo(Exception):
    """An atomic request met a conflict; carries the verdicts so far."""

    def __init__(self, verdicts: dict[int, Verdict]) -> None:
        super().__init__()
        self.verdicts = verdicts


def make_ready(
    known: Directory,
    placed: Sequence[Placed],
    held: Sequence[HeldEvent],
    *,
    partner_id: int | None,
    by: Actor,
    at: datetime,
) -> None:
    """What would otherwise have to be made inside the transaction that stores these."""
    named = {each.draft.source for each in placed} | {each.draft.source for each in held}
    for name in sorted(named - known.sources.keys()):
        known.register_source(name, partner_id=partner_id, by=by)
    known.learn_types({each.draft.type for each in placed})
    known.learn_dimension_sets(
        {addition.dimensions for each in placed for addition in each.additions}
    )
    ensure_partitions({each.draft.occurred_at.date() for each in placed}, at=at)


def _partner_id(reporter: Reporter | None) -> int | None:
    return None if reporter is None else reporter.partner_id


def _store(
    items: Sequence[ReceivedEvent | EventRefusal],
    batch: Batch,
    placing: Placing,
    origin: Origin,
    *,
    atomic: bool,
) -> IngestResult:
    drafts, names, at = batch.drafts, placing.directory, placing.at
    if not drafts:
        return _answer(items, batch)
    known: Mapping[str, Known] = {}
    try:
        with ahead() as send:
            opening = open_booking(send, names, [each.account_id for each in batch.placed])
            send(keys.SAVEPOINT, ())
            send(*keys.all_new(drafts))
            conflicts = _send(send, batch, known, names, origin, at)
        receipt_id = opening.receipt_id()
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        receipt_id = opening.receipt_id()
        known = keys.write_new(drafts)
        with ahead() as send:
            conflicts = _send(send, batch, known, names, origin, at)
    if atomic and conflicts:
        raise _Undo(batch.verdicts)
    held = [each for each in batch.held if each.draft.key not in known]
    if held:
        writing.write_held(held, receipt_id, known=names, at=at)
    travelled = [draft for draft in drafts if draft.extensions and draft.key not in known]
    if travelled:
        writing.write_contexts(travelled)
    for draft, kept in conflicts:
        source_id = names.sources[draft.source].id
        writing.write_conflict(draft, kept, source_id=source_id, receipt_id=receipt_id, at=at)
    return _answer(items, batch)


def _send(
    send: Send,
    batch: Batch,
    known: Mapping[str, Known],
    names: Directory,
    origin: Origin,
    at: datetime,
) -> Conflicts:
    """Store those placed events that are not known, and a receipt if anything is stored."""
    placed = batch.placed
    if known:
        placed = [each for each in placed if each.draft.key not in known]
    writing.send_events(send, placed, known=names, at=at)
    conflicts = decide(batch, known, at)
    if conflicts or len(known) < len(batch.positions):
        new = [each.draft for each in placed]
        new += [each.draft for each in batch.held if each.draft.key not in known]
        send(*receipt_of(tally(batch.verdicts.values()), new, names, origin, at))
    return conflicts


def _answer(items: Sequence[ReceivedEvent | EventRefusal], batch: Batch) -> IngestResult:
    return IngestResult([batch.verdicts[index] for index in range(len(items))])
