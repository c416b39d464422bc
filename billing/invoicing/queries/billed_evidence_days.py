"""The days behind a charge for events: how many there were, what they came to, as billed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from accounts.queries.profiles import ZoneSpan, zones_of
from core.errors import NotFound
from core.periods import Period
from usage.aggregate.exact import exactly, plain
from usage.days import day_at, days_of, period_of_day
from usage.queries.changes_since import Since
from usage.queries.evidence import EvidenceQuestion
from usage.queries.evidence_days import DayOfEvents, days_of_events

_DAY = timedelta(days=1)


class DayNotBehind(NotFound):
    """The day asked for is none of the charge's."""

    code = "day_not_behind"
    title = "No such day"


@dataclass(frozen=True, slots=True)
class BehindDays:
    """Every local day of the window, first to last, with its events as they were billed."""

    days: Sequence[DayOfEvents]
    spans: Sequence[ZoneSpan]

    def part(self, question: EvidenceQuestion, day: date) -> EvidenceQuestion:
        """The question about one of the days alone. Raises: DayNotBehind."""
        known = any(each.day == day for each in self.days)
        part = period_of_day(self.spans, day).intersect(question.period) if known else None
        if part is None:
            raise DayNotBehind(f"{day.isoformat()} is no day of this charge.")
        return replace(question, period=part)


def days_behind(question: EvidenceQuestion, changes: Since) -> BehindDays:
    """The days of a question's window: today's roll-ups, less what changed since; two queries."""
    spans = zones_of([question.account_id])[question.account_id]
    first, until = days_of(spans, question.period)
    days = [first + _DAY * number for number in range((until - first).days)]
    today = days_of_events(question, days)
    found = {day: today.get(day) or DayOfEvents(day, Decimal(0), 0) for day in days}
    for changed in changes.events.values():
        for event, sign in ((changed.now, -1), (changed.then, 1)):
            if event is None:
                continue
            day = day_at(spans, event.occurred_at)
            known = found[day]
            with exactly():
                quantity = plain(known.quantity + sign * event.value)
            found[day] = DayOfEvents(day, quantity, known.event_count + sign)
    return BehindDays([found[day] for day in days], spans)


def within(changes: Since, period: Period) -> Since:
    """What of the changed events lies in a part of the period."""
    kept = {
        key: each
        for key, each in changes.events.items()
        if period.start <= each.word.occurred_at < period.end
    }
    return replace(changes, events=kept)
