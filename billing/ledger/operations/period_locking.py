"""Lock periods of the books, and lift a lock by voiding it."""

from collections.abc import Collection
from datetime import datetime

from billing.ledger.models import PeriodLock, PeriodLockVoid
from billing.ledger.models.locks import POSTERS_LOCK
from billing.ledger.period_locks import open_from
from billing.ledger.templates import DocumentKind
from core.actor import Actor, require_said
from core.db import locks
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import publish


class PeriodNotEnded(Invalid):
    """A period is locked once it is over."""

    code = "period_not_ended"
    title = "The period is not over"


class LockedAlready(Conflict):
    """The books are locked as far already."""

    code = "period_locked_already"
    title = "The period is locked already"


class LockLifted(Conflict):
    """The lock was lifted before."""

    code = "period_lock_lifted"
    title = "The lock is lifted already"


class LaterLock(Conflict):
    """A later lock of the same kind of document holds."""

    code = "period_lock_not_latest"
    title = "A later lock holds"


class SamePerson(Conflict):
    """Whoever locked does not lift the lock."""

    code = "period_lock_same_person"
    title = "Somebody else lifts the lock"


def lock(
    *,
    documents: Collection[DocumentKind],
    until: datetime,
    at: datetime,
    by: Actor,
    reason: str,
) -> list[PeriodLock]:
    """Lock kinds of documents for everything effective before `until`.

    Waits for whoever is posting. Raises: PeriodNotEnded, LockedAlready, ReasonMissing.
    """
    require_said(reason, "Say why the period is locked.")
    if until > at:
        raise PeriodNotEnded(f"The period ends at {until:%Y-%m-%d %H:%M} UTC.", field="month")
    with transaction():
        locks.alone(POSTERS_LOCK)
        for document in documents:
            held = open_from(document)
            if held is not None and held >= until:
                raise LockedAlready(
                    f"{document.label} are locked until {held:%Y-%m-%d} already.", field="document"
                )
        made = PeriodLock.objects.bulk_create(
            PeriodLock(
                document=document,
                locked_until=until,
                locked_at=at,
                locked_by=by.name,
                locked_by_id=by.id,
                reason=reason,
            )
            for document in sorted(documents)
        )
        for each in made:
            publish(
                "period.locked",
                subject=each.public_id,
                payload={"document": each.document, "until": until.isoformat()},
                at=at,
            )
    return made


def lift(*, lock: PeriodLock, at: datetime, by: Actor, reason: str) -> PeriodLockVoid:
    """Void a lock, so that the one before it holds again; by somebody else than who locked.

    Raises: LockLifted, LaterLock, SamePerson, ReasonMissing.
    """
    require_said(reason, "Say why the period is opened again.")
    with transaction():
        locks.alone(POSTERS_LOCK)
        if PeriodLockVoid.objects.filter(lock=lock).exists():
            raise LockLifted()
        if by.id == lock.locked_by_id or by.name == lock.locked_by:
            raise SamePerson(f"{lock.locked_by} locked it; somebody else lifts the lock.")
        later = PeriodLock.objects.filter(
            document=lock.document, void__isnull=True, locked_until__gt=lock.locked_until
        )
        if later.exists():
            raise LaterLock("Lift the later lock of these documents first.")
        void = PeriodLockVoid.objects.create(
            lock=lock, voided_at=at, voided_by=by.name, voided_by_id=by.id, reason=reason
        )
        publish(
            "period.reopened",
            subject=lock.public_id,
            payload={"document": lock.document, "until": lock.locked_until.isoformat()},
            at=at,
        )
    return void
