"""Background work as rows: claimed by lease, finished by fencing token.

The row is the truth and a message is only a wake-up, so a message may be lost, doubled or late.
Whoever claims an item gets a token; every effect calls `hold` with it in its own transaction, so
a worker that was frozen past its lease can change nothing. An item that keeps failing is parked
with a reason, where a person sees it, and never stops the others.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Q, QuerySet

from core.db.transactions import require_transaction, transaction
from core.errors import Conflict

ATTEMPTS_MAX = 5
BACKOFF_FIRST = timedelta(seconds=10)
BACKOFF_MAX = timedelta(minutes=15)


class LeaseLost(Conflict):
    """Somebody else holds the item now, or it is settled; the effect must not happen."""

    code = "lease_lost"
    title = "This work belongs to somebody else now"


class NotParked(Conflict):
    """Only a parked item can be released."""

    code = "not_parked"
    title = "The item is not parked"


class WorkItem(models.Model):
    """One piece of background work. A subclass that has a Meta derives it from WorkItem.Meta."""

    class State(models.TextChoices):
        READY = "ready", "Ready"
        LEASED = "leased", "Leased"
        DONE = "done", "Done"
        PARKED = "parked", "Parked"

    attempts_max: ClassVar[int] = ATTEMPTS_MAX

    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    not_before = models.DateTimeField(help_text="Due from this instant on.")
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.BigIntegerField(default=0, help_text="Rises with each claim; fences effects.")
    lease_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")
    parked_reason = models.TextField(blank=True, default="")

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(state__in=["ready", "leased"]),
                name="%(class)s_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="leased", lease_until__isnull=False)
                | ~Q(state="leased") & Q(lease_until__isnull=True),
                name="%(class)s_leased_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state="parked") & ~Q(parked_reason="")
                | ~Q(state="parked") & Q(parked_reason=""),
                name="%(class)s_parked_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False)
                | ~Q(state="done") & Q(done_at__isnull=True),
                name="%(class)s_done_says_when",
            ),
        ]


Item = TypeVar("Item", bound=WorkItem)


def due(items: QuerySet[Item], *, at: datetime) -> QuerySet[Item]:
    """The items somebody may claim at `at`: ready and due, or leased beyond their time."""
    return items.filter(
        Q(state=WorkItem.State.READY, not_before__lte=at)
        | Q(state=WorkItem.State.LEASED, lease_until__lte=at)
    )


def claim(items: QuerySet[Item], *, limit: int, at: datetime, lease_for: timedelta) -> list[Item]:
    """Take up to `limit` due items, oldest first, for [at, at + lease_for).

    Skips what others are claiming. An item whose lease ran out too often is parked instead. The
    returned items carry the token of this claim.
    """
    taken: list[Item] = []
    with transaction():
        # A worn item takes nobody's place: the next one is looked at instead.
        while len(taken) < limit and (found := _free(items, limit=limit - len(taken), at=at)):
            for item in found:
                if item.attempts >= item.attempts_max:
                    _park_row(item, _gave_up(item))
                else:
                    taken.append(_leased(item, until=at + lease_for))
    return taken


def hold(item: WorkItem) -> None:
    """Lock the item for this transaction and make sure the claim is still ours.

    Call it first in every transaction that has an effect. Raises: LeaseLost, NoTransaction.
    """
    require_transaction()
    if not _ours(item).select_for_update().exists():
        raise LeaseLost(f"{item} is no longer leased under token {item.token}.")


def extend(item: WorkItem, *, at: datetime, lease_for: timedelta) -> None:
    """Lengthen the lease to at + lease_for. Raises: LeaseLost."""
    _settle(item, lease_until=at + lease_for)


def complete(item: WorkItem, *, at: datetime, **also: Any) -> None:
    """The work is done; `also` are fields of the item's own. Raises: LeaseLost."""
    _settle(item, state=WorkItem.State.DONE, lease_until=None, done_at=at, last_error="", **also)


def put_back(item: WorkItem, *, at: datetime, **also: Any) -> None:
    """Not finished and nothing went wrong: due again at `at`, with all its attempts.

    `also` are fields of the item's own. Raises: LeaseLost.
    """
    _settle(item, state=WorkItem.State.READY, lease_until=None, not_before=at, attempts=0, **also)


def fail(item: WorkItem, *, error: str, at: datetime) -> None:
    """The attempt failed: due again later, twice as late each time, or parked after the last.

    Raises: LeaseLost.
    """
    if item.attempts >= item.attempts_max:
        _settle(item, last_error=error)
        item.last_error = error
        park(item, reason=_gave_up(item))
        return
    _settle(
        item,
        state=WorkItem.State.READY,
        lease_until=None,
        not_before=at + backoff(item.attempts),
        last_error=error,
    )


def park(item: WorkItem, *, reason: str, **also: Any) -> None:
    """Set the item aside for a person, saying why; `also` are fields of the item's own.

    Raises: LeaseLost.
    """
    _settle(item, state=WorkItem.State.PARKED, lease_until=None, parked_reason=reason, **also)


def release(item: WorkItem, *, at: datetime) -> None:
    """Make a parked item due again, with all its attempts. Raises: NotParked."""
    released = (
        _rows(item)
        .filter(pk=item.pk, state=WorkItem.State.PARKED)
        .update(state=WorkItem.State.READY, parked_reason="", attempts=0, not_before=at)
    )
    if not released:
        raise NotParked(f"{item} is not parked.")


def backoff(attempts: int) -> timedelta:
    """How long to wait after this many attempts: 10 s, 20 s, 40 s … at most 15 minutes."""
    doublings = 1 << min(max(attempts - 1, 0), 10)
    return min(BACKOFF_FIRST * doublings, BACKOFF_MAX)


def _free(items: QuerySet[Item], *, limit: int, at: datetime) -> list[Item]:
    free = due(items, at=at).select_for_update(skip_locked=True, of=("self",))
    return list(free.order_by("not_before", "pk")[:limit])


def _leased(item: Item, *, until: datetime) -> Item:
    item.state, item.lease_until = WorkItem.State.LEASED, until
    item.attempts += 1
    item.token += 1
    _rows(item).filter(pk=item.pk).update(
        state=item.state, lease_until=until, attempts=item.attempts, token=item.token
    )
    return item


def _gave_up(item: WorkItem) -> str:
    said = item.last_error or "its worker died each time"
    return f"Gave up after {item.attempts} attempts: {said}"


def _rows(item: Item) -> QuerySet[Item]:
    return type(item)._base_manager.all()


def _ours(item: Item) -> QuerySet[Item]:
    return _rows(item).filter(pk=item.pk, state=WorkItem.State.LEASED, token=item.token)


def _settle(item: WorkItem, **values: Any) -> None:
    if not _ours(item).update(**values):
        raise LeaseLost(f"{item} is no longer leased under token {item.token}.")
    for name, value in values.items():
        setattr(item, name, value)


def _park_row(item: WorkItem, reason: str) -> None:
    _rows(item).filter(pk=item.pk).update(
        state=WorkItem.State.PARKED, lease_until=None, parked_reason=reason
    )
