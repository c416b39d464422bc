"""The usage behind a charge: intervals, or events by day, oldest first, named for a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import Resource
from billing.invoicing.queries.billed_evidence_days import BehindDays, days_behind, within
from billing.invoicing.queries.explain import UsageBehind
from core.db.keyset_pages import UnknownCursor
from core.periods import Period
from usage.aggregate.exact import exactly, plain
from usage.event_reader import EventPlace
from usage.queries.changes_since import NOTHING, Since, Word, identity, since
from usage.queries.evidence import (
    EventBehind,
    EvidencePage,
    EvidenceQuestion,
    IntervalBehind,
    evidence,
)
from usage.queries.evidence_days import DayOfEvents

SHOWN = 50


@dataclass(frozen=True, slots=True)
class NamedResource:
    """A resource as a list names it."""

    public_id: str
    platform_id: str


@dataclass(frozen=True, slots=True)
class StateBehind:
    """A state as it was billed; `fate` says where that differs from today: gone, or added since."""

    held: IntervalBehind
    fate: str = ""


@dataclass(frozen=True, slots=True)
class ValueBehind:
    """An event with the value it was billed with and the value it has today; None where it does not
    count. `word` is who changed it since.
    """

    event: EventBehind
    billed: Decimal | None
    today: Decimal | None
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class BilledEvidence:
    """One page of what a quantity was made from, as billed, and what of it changed since.

    `days` are all local days of the window with the events of each, as billed; none for states.
    Where `day` is one of them, the page is of that day. `is_all` says that nothing is before or
    after this page.
    """

    window: Period
    intervals: Sequence[StateBehind]
    events: Sequence[ValueBehind]
    resources: Mapping[int, NamedResource]
    changes: Since
    following: str
    is_first: bool
    days: Sequence[DayOfEvents] = ()
    day: date | None = None

    @property
    def is_all(self) -> bool:
        """Whether this page has everything."""
        is_whole = self.is_first and not self.following and self.day is None
        return is_whole and not self.changes.is_cut

    @property
    def is_added_up(self) -> bool:
        """Whether the sums are of the whole: of all days, or of a page that has all of it."""
        return self.is_all or (bool(self.days) and not self.changes.is_cut)

    @property
    def sum(self) -> Decimal:
        """What the values of all days, or the intervals, added up to when they were billed."""
        parts = [each.held.amount for each in self.intervals if each.fate != "added"]
        return _sum(parts + [each.quantity for each in self.days])

    @property
    def today(self) -> Decimal:
        """What they add up to now."""
        parts = [each.held.amount for each in self.intervals if each.fate != "gone"]
        for changed in self.changes.events.values():
            parts += [changed.now.value] if changed.now else []
            parts += [-changed.then.value] if changed.then else []
        return _sum(parts + [each.quantity for each in self.days])

    @property
    def peak(self) -> Decimal:
        """The largest quantity at once."""
        return max((each.held.quantity for each in self.intervals), default=Decimal(0))


def behind(
    usage: UsageBehind, *, after: str = "", day: date | None = None
) -> BilledEvidence | None:
    """What is behind a charge; None for a fee, which no usage made.

    Raises: UnknownCursor, DayNotBehind.
    """
    if usage.meter_id is None:
        return None
    question = _question(usage, usage.meter_id)
    place = _read(after) if after else None
    changes = NOTHING if usage.as_of is None else since(question, usage.as_of)
    days = BehindDays((), ()) if usage.is_time else days_behind(question, changes)
    asked = question if day is None else days.part(question, day)
    of_page = changes if day is None else within(changes, asked.period)
    found = evidence(asked, after=place, limit=SHOWN)
    intervals, events = _states(found, of_page, place), _values(found, of_page, place)
    return BilledEvidence(
        window=question.period,
        intervals=intervals,
        events=events,
        resources=_named(intervals, events),
        changes=changes,
        following=_written(found.following) if found.following else "",
        is_first=not after,
        days=() if found.intervals else days.days,  # some meters of events are of states, too
        day=day,
    )


def _question(usage: UsageBehind, meter_id: int) -> EvidenceQuestion:
    scope = usage.scope
    return EvidenceQuestion(
        account_id=scope.account_id,
        meter_id=meter_id,
        period=Period(scope.period.start, scope.until or scope.period.end),
        resource_id=usage.resource_id,
        match=usage.match,
    )


def _named(
    intervals: Sequence[StateBehind], events: Sequence[ValueBehind]
) -> dict[int, NamedResource]:
    ids = {each.held.resource_id for each in intervals}
    ids |= {each.event.resource_id for each in events}
    rows = Resource.objects.filter(pk__in=ids).values_list("pk", "public_id", "platform_id")
    return {pk: NamedResource(public_id, name) for pk, public_id, name in rows}


def _states(found: EvidencePage, changes: Since, after: EventPlace | None) -> list[StateBehind]:
    """The states of a page, and those gone since that belong between them; by start."""
    until = found.following[1] if found.following else None
    rows = [
        StateBehind(each, "added" if identity(each) in changes.added else "")
        for each in found.intervals
    ]
    rows += [
        StateBehind(each, "gone")
        for each in changes.gone
        if (after is None or each.held_from > after[1])
        and (until is None or each.held_from <= until)
    ]
    return sorted(rows, key=lambda each: each.held.held_from)


def _values(found: EvidencePage, changes: Since, after: EventPlace | None) -> list[ValueBehind]:
    """The events of a page, and those that count no more that belong between them; in order."""
    until = found.following[:2] if found.following else None
    rows = []
    for each in found.events:
        changed = changes.events.get(each.key)
        was = each.value if changed is None else changed.value_then
        rows.append(ValueBehind(each, was, each.value, changed.word if changed else None))
    for changed in changes.events.values():
        gone = changed.then
        if gone is None or changed.now is not None:
            continue
        place = gone.resource_id, gone.occurred_at
        if (after is None or place > after[:2]) and (until is None or place <= until):
            rows.append(ValueBehind(gone, gone.value, None, changed.word))
    return sorted(rows, key=lambda each: (each.event.resource_id, each.event.occurred_at))


def _sum(parts: Sequence[Decimal]) -> Decimal:
    with exactly():
        return plain(sum(parts, Decimal(0)))


def _written(place: EventPlace) -> str:
    number, at, receipt_id, position = place
    return f"{number}~{at.isoformat()}~{receipt_id}~{position}"


def _read(text: str) -> EventPlace:
    try:
        number, at, receipt_id, position = text.split("~")
        place = (int(number), datetime.fromisoformat(at), int(receipt_id), int(position))
    except ValueError:
        place = None
    if place is None or place[1].tzinfo is None:
        raise UnknownCursor("The list has changed since. Start again at its first page.")
    return place
