"""What is billed is closed: no change of these accounts reaches into time that is billed.

Owns the rule and its refusal, for every operation that is given a date. Which time is billed is
known above, by billing, which answers here. What may be corrected afterwards (usage, and resources
registered late) is not asked about: it becomes late usage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from core.errors import Conflict
from core.periods import Period

BilledTime = Callable[[Collection[int]], Mapping[int, Sequence[Period]]]
"""The billed time of accounts, by account in order of time; touching periods are one."""

_answers: list[BilledTime] = []


class TimeBilled(Conflict):
    """The change would reach into time that is billed already."""

    code = "time_already_billed"
    title = "That time is billed already"


def answered_by(answer: BilledTime) -> None:
    """Have this function say what is billed, once, when the app that knows it is ready."""
    _answers[:] = [answer]


def billed_time(account_ids: Collection[int]) -> Mapping[int, Sequence[Period]]:
    """What is billed of each account that has anything billed."""
    (answer,) = _answers
    return answer(account_ids)


def require_unbilled(
    account_ids: Collection[int], *, since: datetime, until: datetime | None = None, field: str
) -> None:
    """Refuse a change that holds during [since, until) where an account is billed for part of it.

    The accounts must be locked, or a bill run may close that time meanwhile. `field` is what the
    caller was given the date in. Raises: TimeBilled, with the first instant that is allowed.
    """
    reached = [
        period.end
        for periods in billed_time(account_ids).values()
        for period in periods
        if since < period.end and (until is None or period.start < until)
    ]
    if reached:
        first = max(reached)
        raise TimeBilled(
            f"{since:%Y-%m-%d %H:%M} UTC lies before what is billed. The first possible instant is "
            f"{first:%Y-%m-%d %H:%M:%S} UTC. Nothing was saved.",
            field=field,
            first_allowed=first.isoformat(),
        )
