"""The one rule of dunning: of an account as it stands, the step that is due today, or none.

Days are counted on the account's own calendar from the due day of the earliest part that is unpaid
and not held, its base. When that is paid, the base moves to what is earliest then, and steps count
from there: nothing is suspended before a warning for the present base has been out long enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from billing.receivables.policies.dunning import RANK, DunningPolicy, DunningStep

RESUME: Final = "resume"
_GATES: Final[Mapping[str, str]] = {"suspend": "warn", "delete": "suspend"}
"""What must have been out before."""
_SATURDAY: Final = 5
_AHEAD_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class OwedPart:
    """What of an invoice is owed and not held, in minor units, and the day it is due."""

    invoice_id: int
    number: str
    due_on: date
    currency: str
    due_minor: int


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """A step that was taken; `step_days` is None for a resumption."""

    action: str
    on_day: date
    step_days: int | None = None


@dataclass(frozen=True, slots=True)
class DunningStanding:
    """An account on a day of its own calendar: what it owes, what was said, what keeps it quiet.

    `said` is in order. `promised_until` is the last day of a promise to pay.
    """

    account_id: int
    today: date
    owed: Sequence[OwedPart]
    said: Sequence[SaidBefore] = ()
    promised_until: date | None = None
    is_held: bool = False

    @property
    def base(self) -> OwedPart | None:
        """The earliest part that is late; none where nothing is."""
        late = self.late
        return min(late, key=lambda part: (part.due_on, part.invoice_id)) if late else None

    @property
    def late(self) -> Sequence[OwedPart]:
        """What is past its due day, and may be asked for."""
        if self.is_held:
            return ()
        return [part for part in self.owed if part.due_minor > 0 and part.due_on < self.today]

    @property
    def asked(self) -> dict[str, int]:
        """What may be asked for, in minor units by currency."""
        sums: dict[str, int] = {}
        for part in self.late:
            sums[part.currency] = sums.get(part.currency, 0) + part.due_minor
        return sums

    @property
    def since_resumed(self) -> Sequence[SaidBefore]:
        """What was said since the account was last resumed."""
        said = list(self.said)
        for place in range(len(said) - 1, -1, -1):
            if said[place].action == RESUME:
                return said[place + 1 :]
        return said

    @property
    def suspended_on(self) -> date | None:
        """Since when the account is suspended."""
        days = [each.on_day for each in self.since_resumed if each.action in ("suspend", "delete")]
        return days[0] if days else None


@dataclass(frozen=True, slots=True)
class DueStep:
    """What is to be done today."""

    action: str
    step: DunningStep | None = None
    base: OwedPart | None = None
    asked: Mapping[str, int] = field(default_factory=dict)


def due_step(policy: DunningPolicy, standing: DunningStanding) -> DueStep | None:
    """The step that is due today, or none; at most one a day."""
    base = standing.base
    if standing.suspended_on is not None and not _stays_suspended(policy, standing, base):
        return DueStep(RESUME)
    if base is None or _waits(standing):
        return None
    reached = [
        step
        for step in policy.steps
        if _day_of(policy, base, step) <= standing.today
        and not _is_covered(policy, standing, base, step)
    ]
    step = _takeable(policy, standing, base, reached[-1]) if reached else None
    if step is None or _is_covered(policy, standing, base, step):
        return None
    return DueStep(step.action, step, base, standing.asked)


def steps_ahead(policy: DunningPolicy, standing: DunningStanding) -> dict[str, date]:
    """The first day of each action that is to come if nothing changes, by going on day by day."""
    found: dict[str, date] = {}
    present = standing
    if present.base is None:
        return found
    for _ in range(_AHEAD_MAX):
        due = due_step(policy, present)
        if due is not None and due.step is not None:
            found.setdefault(due.action, present.today)
            said = SaidBefore(due.action, present.today, due.step.days)
            present = replace(present, said=[*present.said, said])
        if all(_has_been(present, step.action) for step in policy.steps):
            break
        present = replace(present, today=present.today + timedelta(days=1))
    return found


def _has_been(standing: DunningStanding, action: str) -> bool:
    return any(RANK.get(each.action, -1) >= RANK[action] for each in standing.since_resumed)


def _waits(standing: DunningStanding) -> bool:
    """A promise runs, or something was said today."""
    promised = standing.promised_until is not None and standing.today <= standing.promised_until
    return promised or any(
        each.on_day >= standing.today and each.action != RESUME for each in standing.said
    )


def _stays_suspended(
    policy: DunningPolicy, standing: DunningStanding, base: OwedPart | None
) -> bool:
    """Whether what is late now is late enough for a suspension."""
    step = policy.first("suspend")
    return base is not None and step is not None and _day_of(policy, base, step) <= standing.today


def _day_of(policy: DunningPolicy, base: OwedPart, step: DunningStep) -> date:
    """The day of a step, counted from the due day of its base and never from another step."""
    day = base.due_on + timedelta(days=step.days)
    if policy.moves_weekends and day.weekday() >= _SATURDAY:
        day += timedelta(days=7 - day.weekday())
    return day


def _is_covered(
    policy: DunningPolicy, standing: DunningStanding, base: OwedPart, step: DunningStep
) -> bool:
    """Whether this or a later step was taken on or after the step's day.

    Who is suspended is neither reminded nor suspended again.
    """
    if standing.suspended_on is not None and RANK[step.action] <= RANK["suspend"]:
        return True
    day = _day_of(policy, base, step)
    return any(
        each.step_days is not None and each.step_days >= step.days and each.on_day >= day
        for each in standing.since_resumed
    )


def _takeable(
    policy: DunningPolicy, standing: DunningStanding, base: OwedPart, step: DunningStep
) -> DunningStep | None:
    """The step itself, what must come before it, or none while that is not out long enough."""
    gate = _GATES.get(step.action)
    if gate is None:
        return step
    before = [each for each in policy.steps if each.action == gate and each.days < step.days][-1]
    day = _day_of(policy, base, before)
    said = [
        each.on_day
        for each in standing.since_resumed
        if each.action == gate and (each.on_day >= day or gate == "suspend")
    ]
    if not said:
        return _takeable(policy, standing, base, before)
    out = (standing.today - said[0]).days
    return step if out >= policy.warning_days else None
