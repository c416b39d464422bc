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
from usage.queries.evidence import (
    EventBehind,
    EvidencePage,
    EvidenceQuestion,
    IntervalBehind,
    evidence,
)
from usage.queries.since_then import NOTHING, Since, Word, identity, since

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

    `is_all` says that nothing is before or after this page; then the sums are of the whole.
    """

    window: Period
    intervals: Sequence[StateBehind]
    events: Sequence[ValueBehind]
    resources: Mapping[int, NamedResource]
    changes: Since
    following: str
    is_first: bool

    @property
    def is_all(self) -> bool:
        """Whether this page has everything."""
        return self.is_first and not self.following and not self.changes.is_cut

    @property
    def sum(self) -> Decimal:
        """What the intervals or values of this page added up to when they were billed."""
        parts = [each.held.amount for each in self.intervals if each.fate != "added"]
        return _sum(parts + [each.billed for each in self.events if each.billed is not None])

    @property
    def today(self) -> Decimal:
        """What they add up to now."""
        parts = [each.held.amount for each in self.intervals if each.fate != "gone"]
        return _sum(parts + [each.today for each in self.events if each.today is not None])

    @property
    def peak(self) -> Decimal:
        """The largest quantity at once."""
        return max((each.held.quantity for each in self.intervals), default=Decimal(0))


def behind(usage: UsageBehind, *, after: str = "") -> BilledEvidence | None:
    """What is behind a charge; None for a fee, which no usage made. Raises: UnknownCursor."""
    if usage.meter_id is None:
        return None
    scope = usage.scope
    window = Period(scope.period.start, scope.until or scope.period.end)
    question = EvidenceQuestion(
        account_id=scope.account_id,
        meter_id=usage.meter_id,
        period=window,
        resource_id=usage.resource_id,
        match=usage.match,
    )
    place = _read(after) if after else None
    found = evidence(question, after=place, limit=SHOWN)
    changes = NOTHING if usage.as_of is None else since(question, usage.as_of)
    intervals, events = _states(found, changes, place), _values(found, changes, place)
    ids = {each.held.resource_id for each in intervals}
    ids |= {each.event.resource_id for each in events}
    rows = Resource.objects.filter(pk__in=ids).values_list("pk", "public_id", "platform_id")
    return BilledEvidence(
        window=window,
        intervals=intervals,
        events=events,
        resources={pk: NamedResource(public_id, name) for pk, public_id, name in rows},
        changes=changes,
        following=_written(found.following) if found.following else "",
        is_first=not after,
    )


def _states(found: EvidencePage, changes: Since, after: Place | None) -> list[StateBehind]:
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


def _values(found: EvidencePage, changes: Since, after: Place | None) -> list[ValueBehind]:
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
