"""Check a month, waive a count, sign the figures, lock with two signatures, and reopen."""

from __future__ import annotations

from datetime import datetime

from billing.closing.models import CloseCheck, CloseSignature, CloseWaiver, MonthClose
from billing.closing.months import BooksMonth
from billing.closing.operations import check_work
from billing.closing.queries.closes import (
    SIGNATURES_NEEDED,
    last_check,
    signatures_of,
    standing,
)
from billing.closing.queries.figures import counts_of, digest_of, figures_of
from billing.ledger.models import PeriodLock, PeriodLockVoid
from billing.ledger.models.locks import POSTERS_LOCK
from billing.ledger.operations import period_locking
from billing.ledger.templates import DocumentKind
from core.actor import Actor, require_said
from core.db import locks
from core.db.transactions import transaction
from core.errors import Conflict
from eventing.publish import publish


class NotChecked(Conflict):
    """There are no figures to sign or waive."""

    code = "close_not_checked"
    title = "The month was never checked"


class FiguresMoved(Conflict):
    """The figures are not the ones that were seen."""

    code = "close_figures_moved"
    title = "The figures moved"


class SignedAlready(Conflict):
    """One person signs once."""

    code = "close_signed_already"
    title = "You signed these figures"


class NotReadyToLock(Conflict):
    """Something is missing before the month can be locked."""

    code = "close_not_ready"
    title = "The month cannot be locked yet"


class NothingToWaive(Conflict):
    """The count is zero, or there is none of this name."""

    code = "close_nothing_to_waive"
    title = "There is nothing to waive"


class NotClosed(Conflict):
    """The month is not locked."""

    code = "close_not_locked"
    title = "The month is not locked"


def check(*, month: BooksMonth, at: datetime, by: Actor) -> CloseCheck:
    """Work out the five totals and the counts of a month at once, and keep them.

    What the console asks for is worked out by a worker, by the same steps (`check_work`). Raises:
    CheckUnderWay.
    """
    return check_work.finish(check_work.ask(month=month, at=at, by=by), clock=lambda: at)


def waive(*, month: BooksMonth, code: str, at: datetime, by: Actor, reason: str) -> CloseWaiver:
    """Let a count of a month be what it was checked to be; one more is not waived.

    Raises: NotChecked, NothingToWaive, ReasonMissing.
    """
    require_said(reason, "Say why it need not be zero.")
    known = _require_check(month)
    count = known.figures["counts"].get(code, 0)
    if not count:
        raise NothingToWaive(f"{code[:64]!r} of {month} is zero, or is not counted.", field="code")
    return CloseWaiver.objects.create(
        month_on=month.first_on,
        code=code,
        count=count,
        waived_at=at,
        waived_by=by.name,
        reason=reason,
    )


def sign(*, month: BooksMonth, seen: str, at: datetime, by: Actor) -> CloseSignature:
    """Sign the figures of a month by the digest that was seen.

    Raises: MonthNotOver, NotChecked, FiguresMoved, SignedAlready.
    """
    month.require_over(at)
    with transaction():
        locks.alone(_NAME)
        known = _require_check(month)
        if known.digest != seen:
            raise FiguresMoved("The month was checked again and says something else by now.")
        if any(each.signed_by_id == by.id for each in signatures_of(month, seen)):
            raise SignedAlready(f"{by.name} signed these figures. Somebody else signs, too.")
        return CloseSignature.objects.create(
            month_on=month.first_on,
            digest=seen,
            signed_at=at,
            signed_by=by.name,
            signed_by_id=by.id,
        )


_NAME = "closing.months"


def lock(*, month: BooksMonth, at: datetime, by: Actor, reason: str) -> MonthClose:
    """Lock a month for every kind of document, where nothing is missing and nothing has moved.

    Posting waits while the figures are worked out once more. Raises: NotReadyToLock, FiguresMoved,
    LockedAlready, MonthNotOver, ReasonMissing.
    """
    require_said(reason, "Say why the month is locked now.")
    month.require_over(at)
    with transaction():
        locks.alone(_NAME)
        locks.alone(POSTERS_LOCK)
        now = standing(month, at=at)
        if now.check is None or now.missing:
            raise NotReadyToLock(" ".join(now.missing), missing=list(now.missing))
        use = next(use for code, *use in now.check.figures["counted"] if code == "use")
        if digest_of(month, figures_of(month, use, counts_of(month))) != now.check.digest:
            raise FiguresMoved("The figures moved since they were signed. Check and sign again.")
        made = period_locking.lock(
            documents=_still_open(month), until=month.ends_at, at=at, by=by, reason=reason
        )
        (whole,) = (each for each in made if each.document == DocumentKind.JOURNAL)
        first, second = now.signatures[:SIGNATURES_NEEDED]
        closed = MonthClose.objects.create(
            month_on=month.first_on, lock=whole, check_made=now.check, first=first, second=second
        )
        publish(
            "month.closed",
            subject=whole.public_id,
            payload={"month": str(month), "digest": now.check.digest},
            at=at,
        )
    return closed


def _still_open(month: BooksMonth) -> list[DocumentKind]:
    held = set(
        PeriodLock.objects.filter(void__isnull=True, locked_until__gte=month.ends_at).values_list(
            "document", flat=True
        )
    )
    return [each for each in DocumentKind if each not in held or each == DocumentKind.JOURNAL]


def lock_kind(
    *, month: BooksMonth, document: DocumentKind, at: datetime, by: Actor, reason: str
) -> PeriodLock:
    """Lock one kind of document of a month ahead of its journal.

    Raises: MonthNotOver, LockedAlready, NotReadyToLock for the journal, ReasonMissing.
    """
    if document == DocumentKind.JOURNAL:
        raise NotReadyToLock("The journal is locked with two signatures.", field="document")
    month.require_over(at)
    (made,) = period_locking.lock(
        documents=[document], until=month.ends_at, at=at, by=by, reason=reason
    )
    return made


def reopen(*, month: BooksMonth, at: datetime, by: Actor, reason: str) -> list[PeriodLockVoid]:
    """Lift every lock of a month; by somebody else than who locked it, the latest month first.

    Raises: NotClosed, SamePerson, LaterLock, ReasonMissing.
    """
    with transaction():
        locks.alone(_NAME)
        held = list(
            PeriodLock.objects.filter(void__isnull=True, locked_until=month.ends_at).order_by("pk")
        )
        if not held:
            raise NotClosed(f"{month} is not locked.")
        return [period_locking.lift(lock=each, at=at, by=by, reason=reason) for each in held]


def _require_check(month: BooksMonth) -> CloseCheck:
    known = last_check(month)
    if known is None:
        raise NotChecked(f"{month} was never checked.")
    return known
