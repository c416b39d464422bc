"""What a bill run would bill: its bounds, the periods it found, and the same in words.

Owns the bounds, because what a run issues can never be taken back. Writes nothing: a dry run is
this and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.queries.after_the_end import months_after_the_end
from billing.invoicing.queries.due import due_periods
from core.errors import Invalid
from core.periods import local_day

GRACE_MAX = timedelta(days=31)
"""A month's usage that is not billed a month after its end is a mistake, not patience."""


class RunInFuture(Invalid):
    """A run that issues invoices bills what has ended, and nothing has ended after now."""

    code = "bill_run_in_future"
    title = "A bill run cannot bill what has not ended"


class GraceOutOfBounds(Invalid):
    """Less than no grace would issue months that are not over."""

    code = "bill_run_grace"
    title = "The grace of a bill run is out of bounds"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The periods a run looks at, oldest first, and until when they have ended.

    `after_the_end` says how many of them have no subscription: only what is late is billed there.
    `unplannable` are accounts whose months cannot be told: the run parks them with the reason.
    """

    due: Sequence[AccountPeriod]
    ended_by: datetime
    issues: bool
    after_the_end: int = 0
    unplannable: Sequence[AccountPeriod] = ()

    @property
    def items(self) -> list[AccountPeriod]:
        """All that the run has to look at."""
        return [*self.due, *self.unplannable]

    @property
    def sentences(self) -> list[str]:
        """What the run will do, for whoever starts it: in all, then by the month of the start."""
        until = f"{self.ended_by:%Y-%m-%d %H:%M} UTC"
        if not self.due:
            return [f"Nothing is due that had ended by {until}.", *self._unplannable]
        accounts = len({each.account_id for each in self.due})
        what = (
            "issues their invoices, for good" if self.issues else "leaves their invoices as drafts"
        )
        months = Counter(f"{local_day(each.period.start, each.zone):%Y-%m}" for each in self.due)
        return [
            f"It rates {_counted(len(self.due), 'period')} of {_counted(accounts, 'account')} that "
            f"had ended by {until}, and {what}.",
            *self._after_the_end,
            *self._unplannable,
            *(f"  begun in {month}: {count:,}" for month, count in sorted(months.items())),
        ]

    @property
    def _after_the_end(self) -> list[str]:
        if not self.after_the_end:
            return []
        return [
            f"In {_counted(self.after_the_end, 'period')} after the end of a subscription it bills "
            "what is late, and nothing else."
        ]

    @property
    def _unplannable(self) -> list[str]:
        if not self.unplannable:
            return []
        return [
            f"The months of {_counted(len(self.unplannable), 'account')} cannot be told: it parks "
            "them with the reason."
        ]


def plan(
    *,
    as_of: datetime,
    at: datetime,
    grace: timedelta,
    issues: bool,
    account_ids: Collection[int] | None = None,
) -> RunPlan:
    """The periods that a run at `at` would bill: those that ended `grace` before `as_of`.

    Raises: RunInFuture, GraceOutOfBounds.
    """
    if not timedelta(0) <= grace <= GRACE_MAX:
        raise GraceOutOfBounds(
            f"Grace is 0 to {GRACE_MAX // timedelta(hours=1)} hours, not "
            f"{grace / timedelta(hours=1):g}: no period is billed before it has ended. "
            "Nothing was started.",
            field="grace",
        )
    if issues and as_of > at:
        raise RunInFuture(
            f"Invoices are issued of periods that have ended; {as_of:%Y-%m-%d %H:%M} UTC is still "
            f"to come, now it is {at:%Y-%m-%d %H:%M} UTC. Nothing was started.",
            field="as_of",
        )
    due = due_periods(as_of=as_of, grace=grace, account_ids=account_ids)
    after = months_after_the_end(ended_by=as_of - grace, account_ids=account_ids)
    periods = [*due.periods, *after.periods]
    by_account = {each.account_id: each for each in [*after.unplannable, *due.unplannable]}
    return RunPlan(
        sorted(periods, key=lambda item: (item.period.start, item.account_id)),
        as_of - grace,
        issues,
        after_the_end=len(after.periods),
        unplannable=list(by_account.values()),
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
