"""Look at what accounts with limits spent, and tell what was reached.

An account is looked at when something came in for it, when its running things can have reached a
mark, and else every ten minutes. One look is rated once, whatever the number of its limits. An
account whose look takes long rests for twenty times as long, so that a large one costs a twentieth
of a worker at most. Usage is never refused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from billing.spending.models import SpendingLimit, SpendingMark, SpendingResume, SpendingWatch
from billing.spending.operations.telling import Reached, resume, tell_reached
from billing.spending.queries.spent import ALL, SpentSoFar, below_of, spent_so_far
from core.actor import Actor
from core.db.transactions import transaction
from core.errors import DomainError
from core.isolating import isolated
from usage.derivation.refresh import refresh
from usage.queries.news import AcceptedEvent, AcceptedSince, News, news_of

logger = logging.getLogger(__name__)

AGAIN: Final = timedelta(minutes=10)
"""How long an account is left alone that nothing was noticed of."""
RESTS: Final = 20
"""How many times as long as its look took an account rests."""
PACE_AFTER: Final = timedelta(days=1)
"""Before so much of a period is over, no pace is told: it would be that of a moment."""

TellsTime = Callable[[], datetime]


def look_at_due(*, at: datetime, by: Actor, clock: TellsTime) -> int:
    """Look at every account that is due, each by itself; returns how many."""
    resume_begun(at=at, by=by)
    holding = SpendingLimit.objects.filter(valid_until__isnull=True)
    ids = list(holding.order_by("account_id").values_list("account_id", flat=True).distinct())
    if not ids:
        return 0
    news, watches = news_of(ids, at=at), SpendingWatch.objects.in_bulk(ids)
    due = [each for each in ids if _is_due(watches.get(each), news[each], at)]

    def work(accounts: Sequence[int]) -> None:
        for account_id in accounts:
            look_at(account_id, at=clock(), news=news[account_id], clock=clock)

    def set_aside(account_id: int, problem: Exception) -> None:
        _not_looked_at(account_id, problem, at)

    return sum(isolated([each], work, set_aside=set_aside) for each in due)


def _is_due(watch: SpendingWatch | None, news: News, at: datetime) -> bool:
    if watch is None or watch.again_at <= at:
        return True
    return watch.news != news and watch.rest_until <= at


def _not_looked_at(account_id: int, problem: Exception, at: datetime) -> None:
    logger.error("spending_not_looked_at", exc_info=problem, extra={"account": account_id})
    _keep(account_id, at=at, again_at=at + AGAIN, problem=str(problem)[:500])


def look_at(account_id: int, *, at: datetime, clock: TellsTime, news: News | None = None) -> int:
    """Tell what one account's limits reached by `at`; returns how many marks.

    Raises: what rating refuses.
    """
    seen = news_of([account_id], at=at)[account_id] if news is None else news
    refresh([account_id])
    apps = {limit.resource for limit in _holding(account_id) if limit.resource is not None}
    spent = spent_so_far(account_id, at=at, apps=apps)
    if isinstance(spent, DomainError):
        raise spent
    if spent is None:
        return 0
    before = SpendingWatch.objects.filter(pk=account_id).first()
    with transaction():
        limits = list(_holding(account_id).select_for_update(of=("self",)))
        looks = [_LimitLook(limit, spent, before) for limit in limits]
        told = [
            mark
            for look in looks
            for mark in tell_reached(look.limit, look.reached(), spent.period, at=clock())
        ]
        again = min([each for look in looks if (each := look.next_at())], default=at + AGAIN)
        took = clock() - at
        _keep(
            account_id,
            at=at,
            window_from=spent.period.start,
            spent=dict(spent.by_scope),
            news=seen,
            again_at=min(max(again, at + took * RESTS), at + AGAIN, spent.period.end),
            rest_until=at + took * RESTS,
        )
    return len(told)


def _holding(account_id: int) -> QuerySet[SpendingLimit]:
    rows = SpendingLimit.objects.filter(account_id=account_id, valid_until__isnull=True)
    return rows.select_related("account", "resource").order_by("pk")


def _keep(account_id: int, *, at: datetime, again_at: datetime, **more: object) -> None:
    said = {"looked_at": at, "again_at": again_at, "rest_until": at, "problem": ""} | more
    SpendingWatch.objects.update_or_create(
        account_id=account_id, defaults=said, create_defaults={"window_from": at} | said
    )


@dataclass(frozen=True, slots=True)
class _LimitLook:
    """One limit beside what was spent now, and when it was looked at before."""

    limit: SpendingLimit
    spent: SpentSoFar
    before: SpendingWatch | None

    @property
    def scope(self) -> str:
        return self.limit.resource.public_id if self.limit.resource else ALL

    @property
    def now(self) -> int:
        return self.spent.by_scope.get(self.scope, 0)

    @property
    def told(self) -> set[tuple[str, int]]:
        rows = self.limit.reached.filter(window_from=self.spent.period.start)
        return set(rows.values_list("kind", "mark"))

    def reached(self) -> list[Reached]:
        """Marks that are reached and not told, each with the event that crossed it."""
        told = self.told
        found = [
            Reached(SpendingMark.Kind.SHARE, mark, self.now)
            for mark in self.limit.marks
            if (SpendingMark.Kind.SHARE, mark) not in told
            and self.now >= self.limit.mark_minor(mark)
        ]
        pace = self._pace()
        if pace is not None and (SpendingMark.Kind.PACE, pace.mark) not in told:
            found.append(pace)
        if not found:
            return []
        crossing = _Crossing(self)
        return [replace(each, event=crossing.event(self._minor(each))) for each in found]

    def _minor(self, each: Reached) -> int:
        return self.limit.mark_minor(each.mark) if each.mark_minor is None else each.mark_minor

    def _pace(self) -> Reached | None:
        """What an even pace, so many times over, would have come to by now."""
        percent, period = self.limit.pace_percent, self.spent.period
        over = self.spent.at - period.start
        if percent is None or over < PACE_AFTER:
            return None
        whole = (period.end - period.start) // timedelta(microseconds=1)
        part = over // timedelta(microseconds=1)
        even = -(-self.limit.amount_minor * percent * part // (100 * whole))
        if self.now < even:
            return None
        return Reached(SpendingMark.Kind.PACE, percent, self.now, mark_minor=even)

    def next_at(self) -> datetime | None:
        """When a mark can be reached next if nothing comes in."""
        told = self.told
        left = [
            self.limit.mark_minor(mark)
            for mark in self.limit.marks
            if (SpendingMark.Kind.SHARE, mark) not in told
        ]
        times = [self.spent.reaches(self.scope, minor) for minor in left]
        return min([each for each in times if each is not None], default=None)


class _Crossing:
    """The events accepted since the look before, and which of them crossed an amount.

    By their number, in the order of their acceptance: of events of one worth it is exactly the one
    that crossed, of others the nearest.
    """

    def __init__(self, look: _LimitLook) -> None:
        period, before = look.spent.period, look.before
        is_same = before is not None and before.window_from == period.start
        self.was = before.spent.get(look.scope, 0) if is_same and before else 0
        self.now = look.now
        app = look.limit.resource
        below = None if app is None else below_of([app])[app.pk]
        after = before.looked_at if is_same and before else period.start
        self.since = AcceptedSince(look.limit.account_id, period, after, below)
        self.count = self.since.count()

    def event(self, minor: int) -> AcceptedEvent | None:
        """The event that crossed; None where time alone did."""
        grown = self.now - self.was
        if not self.count or grown <= 0 or minor <= self.was:
            return None
        skipped = -(-(minor - self.was) * self.count // grown) - 1
        return self.since.nth(min(max(skipped, 0), self.count - 1))


def resume_begun(*, at: datetime, by: Actor) -> int:
    """What was stopped in a period that is over goes on; returns how many."""
    over = SpendingMark.objects.filter(is_stop=True, resume__isnull=True, window_until__lte=at)
    stops = list(over.order_by("pk"))

    def work(marks: Sequence[SpendingMark]) -> None:
        for mark in marks:
            _resume(mark, at=at, by=by)

    return isolated(stops, work, set_aside=_not_resumed)


def _resume(mark: SpendingMark, *, at: datetime, by: Actor) -> None:
    with transaction():
        rows = SpendingLimit.objects.select_for_update(of=("self",))
        limit = rows.select_related("account", "resource").get(pk=mark.limit_id)
        stop = limit.reached.filter(Q(pk=mark.pk), resume__isnull=True).first()
        if stop is not None:
            resume(stop, SpendingResume.Because.NEW_PERIOD, at=at, by=by.name)


def _not_resumed(mark: SpendingMark, problem: Exception) -> None:
    logger.error("spending_not_resumed", exc_info=problem, extra={"mark": mark.public_id})
