"""How it stands with the promises of cases, worked out of their events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from billing.disputes.models import ClockEvent, DisputeCase
from billing.disputes.service_hours import read_hours
from billing.disputes.working_time import PromiseClock, due_at, used


@dataclass(frozen=True, slots=True)
class PromiseStanding:
    """One promise of a case: `due_at` is None while it is paused, `met_at` until it is kept."""

    clock: str
    label: str
    started_at: datetime
    target: timedelta
    used: timedelta
    due_at: datetime | None
    met_at: datetime | None
    is_noted: bool
    is_paused: bool

    @property
    def left(self) -> timedelta:
        """Working time that is left; below 0 where it is missed."""
        return self.target - self.used

    @property
    def is_missed(self) -> bool:
        """Whether it took longer than was promised."""
        return self.used > self.target

    def is_missed_at(self, at: datetime) -> bool:
        """Whether it is missed by now, and nobody has written that down."""
        ended = self.met_at or at
        return not self.is_noted and self.due_at is not None and self.due_at < ended


def clocks_of(cases: Sequence[DisputeCase], *, at: datetime) -> dict[int, list[PromiseStanding]]:
    """Both promises of each case, by its key, the first answer first; two queries."""
    events: dict[int, list[ClockEvent]] = defaultdict(list)
    rows = ClockEvent.objects.filter(case__in=[case.pk for case in cases])
    for event in rows.order_by("at", "pk"):
        events[event.case_id].append(event)
    return {
        case.pk: [
            _standing(case, clock, [each for each in events[case.pk] if each.clock == clock], at)
            for clock in ClockEvent.Clock
        ]
        for case in cases
    }


def _standing(
    case: DisputeCase, clock: ClockEvent.Clock, events: Sequence[ClockEvent], at: datetime
) -> PromiseStanding:
    promise = read_hours(case.hours.document)
    met = next((each.at for each in events if each.kind == ClockEvent.Kind.MET), None)
    started = next(each.at for each in events if each.kind == ClockEvent.Kind.START)
    running = PromiseClock(started, promise.target(clock, case.priority), _pauses(events))
    return PromiseStanding(
        clock=clock,
        label=clock.label,
        started_at=started,
        target=running.target,
        used=used(running, promise.hours, at=met or at),
        due_at=due_at(running, promise.hours),
        met_at=met,
        is_noted=any(each.kind == ClockEvent.Kind.BREACHED for each in events),
        is_paused=running.is_paused and met is None,
    )


def _pauses(events: Sequence[ClockEvent]) -> list[tuple[datetime, datetime | None]]:
    pauses: list[tuple[datetime, datetime | None]] = []
    for each in events:
        if each.kind == ClockEvent.Kind.PAUSE:
            pauses.append((each.at, None))
        elif each.kind == ClockEvent.Kind.RESUME and pauses:
            pauses[-1] = (pauses[-1][0], each.at)
    return pauses


def open_cases(*, after: int, most: int) -> list[DisputeCase]:
    """Cases with a promise that is not kept, by key after one; with their hours."""
    kept = ClockEvent.objects.filter(
        case=OuterRef("pk"), clock=ClockEvent.Clock.DECISION, kind=ClockEvent.Kind.MET
    )
    rows = DisputeCase.objects.filter(~Exists(kept), pk__gt=after).select_related("hours")
    return list(rows.order_by("pk")[:most])
