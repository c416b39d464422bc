"""The usage behind a charge: intervals or events, oldest first, named for a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Resource
from billing.invoicing.queries.explain import UsageBehind
from core.db.keyset_pages import UnknownCursor
from core.periods import Period
from usage.aggregate.exact import exactly, plain
from usage.event_reader import Place
from usage.queries.evidence import EventBehind, IntervalBehind, Question, evidence

SHOWN = 50


@dataclass(frozen=True, slots=True)
class NamedResource:
    """A resource as a list names it."""

    public_id: str
    platform_id: str


@dataclass(frozen=True, slots=True)
class Behind:
    """One page of what a quantity was made from.

    `is_all` says that nothing is before or after this page; then `sum` of intervals is the whole.
    """

    window: Period
    intervals: Sequence[IntervalBehind]
    events: Sequence[EventBehind]
    resources: Mapping[int, NamedResource]
    following: str
    is_first: bool

    @property
    def is_all(self) -> bool:
        """Whether this page has everything."""
        return self.is_first and not self.following

    @property
    def sum(self) -> Decimal:
        """What the intervals or values of this page add up to."""
        parts = [each.amount for each in self.intervals] + [each.value for each in self.events]
        with exactly():
            return plain(sum(parts, Decimal(0)))

    @property
    def peak(self) -> Decimal:
        """The largest quantity at once."""
        return max((each.quantity for each in self.intervals), default=Decimal(0))


def behind(usage: UsageBehind, *, after: str = "") -> Behind | None:
    """What is behind a charge; None for a fee, which no usage made. Raises: UnknownCursor."""
    if usage.meter_id is None:
        return None
    scope = usage.scope
    window = Period(scope.period.start, scope.until or scope.period.end)
    question = Question(
        account_id=scope.account_id,
        meter_id=usage.meter_id,
        period=window,
        resource_id=usage.resource_id,
        match=usage.match,
    )
    found = evidence(question, after=_read(after) if after else None, limit=SHOWN)
    ids = {each.resource_id for each in found.intervals}
    ids |= {each.resource_id for each in found.events}
    rows = Resource.objects.filter(pk__in=ids).values_list("pk", "public_id", "platform_id")
    return Behind(
        window=window,
        intervals=found.intervals,
        events=found.events,
        resources={pk: NamedResource(public_id, name) for pk, public_id, name in rows},
        following=_written(found.following) if found.following else "",
        is_first=not after,
    )


def _written(place: Place) -> str:
    number, at, receipt_id, position = place
    return f"{number}~{at.isoformat()}~{receipt_id}~{position}"


def _read(text: str) -> Place:
    try:
        number, at, receipt_id, position = text.split("~")
        place = (int(number), datetime.fromisoformat(at), int(receipt_id), int(position))
    except ValueError:
        place = None
    if place is None or place[1].tzinfo is None:
        raise UnknownCursor("The list has changed since. Start again at its first page.")
    return place
