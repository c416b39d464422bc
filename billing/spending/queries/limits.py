"""Limits as pages, the API and proposals show them: what is spent, which marks are reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.spending.models import SpendingLimit, SpendingMark, SpendingWatch
from billing.spending.models.marks import seconds_text
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money

FIRST = Position()
LATEST_SET = PageOrder("valid_from")
REACTIONS_OF = timedelta(days=30)


class SpendingLimitNotFound(NotFound):
    """No limit has this id."""

    code = "spending_limit_not_found"
    title = "No such limit"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit, what was spent of it when it was looked at last, and its marks of that period."""

    limit: SpendingLimit
    spent: Money | None
    looked_at: datetime | None
    marks: Sequence[SpendingMark]
    is_stopped: bool

    @property
    def percent(self) -> int:
        """The share that is spent, in whole per cent; more than 100 where it is exceeded."""
        return 0 if self.spent is None else self.spent.minor * 100 // self.limit.amount_minor

    @property
    def state(self) -> str:
        """A word of the list `limit` of states."""
        if self.limit.valid_until is not None:
            return "ended"
        if self.is_stopped:
            return "stopped"
        return "warned" if self.marks else "watched"

    @property
    def stop(self) -> SpendingMark | None:
        """The stop of the period, whether it goes on or not."""
        return next((mark for mark in self.marks if mark.is_stop), None)


def find_limit(ref: str) -> SpendingLimit:
    """The limit with this public id. Raises: SpendingLimitNotFound."""
    rows = SpendingLimit.objects.select_related("account", "resource")
    found = rows.filter(public_id=ref).first()
    if found is None:
        raise SpendingLimitNotFound(f"There is no limit {ref[:64]}.")
    return found


def limits_of(account_id: int) -> list[LimitRow]:
    """All limits of an account, those that hold first, then the latest; three queries."""
    rows = SpendingLimit.objects.filter(account_id=account_id).select_related("account", "resource")
    found = rows.order_by("-valid_from", "-pk")[:200]
    return sorted(limit_rows(list(found)), key=lambda row: row.limit.valid_until is not None)


def limit_page(*, stopped: bool = False, position: Position = FIRST) -> Page[LimitRow]:
    """Limits that hold, the latest first; of all accounts, or only what stands stopped."""
    rows = SpendingLimit.objects.filter(valid_until__isnull=True)
    if stopped:
        rows = rows.filter(Exists(_standing_stops()))
    page = page_of(rows.select_related("account", "resource"), order=LATEST_SET, position=position)
    shown = {row.limit.pk: row for row in limit_rows(page.rows)}
    return page.showing(lambda limit: shown[limit.pk])


def stopped_count() -> int:
    """How many limits keep something stopped."""
    return SpendingMark.objects.filter(is_stop=True, resume__isnull=True).count()


def _standing_stops() -> QuerySet[SpendingMark]:
    return SpendingMark.objects.filter(limit=OuterRef("pk"), is_stop=True, resume__isnull=True)


def limit_rows(limits: Sequence[SpendingLimit]) -> list[LimitRow]:
    """The limits with what was seen of them; two queries."""
    watches = SpendingWatch.objects.in_bulk({limit.account_id for limit in limits})
    marks = _marks({limit.pk for limit in limits})
    return [_row(limit, watches.get(limit.account_id), marks[limit.pk]) for limit in limits]


def _marks(limit_ids: Collection[int]) -> dict[int, list[SpendingMark]]:
    found: dict[int, list[SpendingMark]] = defaultdict(list)
    rows = SpendingMark.objects.filter(limit__in=limit_ids).select_related("resume")
    for mark in rows.order_by("window_from", "kind", "mark"):
        found[mark.limit_id].append(mark)
    return found


def _row(
    limit: SpendingLimit, watch: SpendingWatch | None, marks: Sequence[SpendingMark]
) -> LimitRow:
    is_stopped = any(mark.is_stop and not hasattr(mark, "resume") for mark in marks)
    if limit.valid_until is not None or watch is None:
        return LimitRow(limit, None, None, marks, is_stopped)
    scope = limit.resource.public_id if limit.resource else ""
    now = [mark for mark in marks if mark.window_from == watch.window_from]
    minor = watch.spent.get(scope)
    spent = None if minor is None else Money.from_minor(minor, limit.currency)
    return LimitRow(limit, spent, watch.looked_at, now, is_stopped)


@dataclass(frozen=True, slots=True)
class Reactions:
    """How long it took from the event that crossed until it was told, of so many marks."""

    count: int
    half: timedelta
    most: timedelta

    @property
    def half_text(self) -> str:
        """In seconds."""
        return seconds_text(self.half)

    @property
    def most_text(self) -> str:
        """In seconds."""
        return seconds_text(self.most)


def reactions(*, at: datetime) -> Reactions | None:
    """Of the last 30 days; None where no event crossed anything."""
    rows = SpendingMark.objects.filter(
        Q(accepted_at__isnull=False), told_at__gt=at - REACTIONS_OF, told_at__lte=at
    )
    times = rows.order_by("-told_at").values_list("accepted_at", "told_at")[:1_000]
    took = sorted(told - accepted for accepted, told in times if accepted is not None)
    if not took:
        return None
    return Reactions(len(took), took[len(took) // 2], took[-1])
