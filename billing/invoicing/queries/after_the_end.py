"""The months after an account's subscriptions ended, in which a run bills what is late of them.

Found from state, as what is due is. Such a month is looked at once, like a subscribed one; one that
comes to nothing is not closed: somebody may still subscribe in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from billing.contracts.models import Subscription
from billing.invoicing.billed_time import billed_time
from billing.invoicing.drafting.calendar import AccountPeriod, BillingCalendar
from billing.invoicing.drafting.late_usage import LOOKBACK
from billing.invoicing.models import BilledSpan, BillRunItem
from billing.invoicing.queries.due import DuePeriods, planned
from core.periods import Period

_REACH = LOOKBACK + timedelta(days=62)
"""How long ago a subscription may have ended: its month ends later, and so does that of the run."""


def months_after_the_end(
    *, ended_by: datetime, account_ids: Collection[int] | None = None
) -> DuePeriods:
    """The months that had ended by then, of accounts with no subscription in them, and not long
    enough after one for its late usage to be too old; six queries.
    """
    held = _held(ended_by, account_ids)
    billed = billed_time(held)
    looked_at = _looked_at(held)

    def months_of(account_id: int, calendar: BillingCalendar) -> Iterator[int]:
        for n, period in _months(calendar, held[account_id], ended_by):
            is_billed = any(period.overlaps(span) for span in billed.get(account_id, ()))
            if (account_id, period.start) not in looked_at and not is_billed:
                yield n

    ends = {account_id: [end for _, end in spans if end] for account_id, spans in held.items()}
    return planned({account_id: max(each) for account_id, each in ends.items()}, months_of)


def without_subscription(scopes: Sequence[AccountPeriod]) -> set[AccountPeriod]:
    """Those of these periods in which their accounts had no subscription; one query."""
    held = _subscribed(Q(account_id__one_of={scope.account_id for scope in scopes}))
    return {
        scope
        for scope in scopes
        if not any(_meets(scope.period, start, end) for start, end in held[scope.account_id])
    }


TimeAfter = tuple[datetime, datetime | None]


def _held(ended_by: datetime, account_ids: Collection[int] | None) -> dict[int, list[TimeAfter]]:
    """The subscribed time of accounts with a subscription that ended not long ago."""
    runs_on = Subscription.objects.filter(
        account=OuterRef("account"), started_at__lte=OuterRef("ended_at"), ended_at__isnull=True
    )
    billed = BilledSpan.objects.filter(account=OuterRef("account"))
    ended = Subscription.objects.filter(
        ~Exists(runs_on), Exists(billed), ended_at__lt=ended_by, ended_at__gt=ended_by - _REACH
    )
    if account_ids is not None:
        ended = ended.filter(account_id__one_of=account_ids)
    return _subscribed(Q(account_id__in=ended.values("account_id")))


def _subscribed(which: Q) -> dict[int, list[TimeAfter]]:
    found: dict[int, list[TimeAfter]] = defaultdict(list)
    rows = Subscription.objects.filter(which).values_list("account_id", "started_at", "ended_at")
    for account_id, start, end in rows:
        found[account_id].append((start, end))
    return found


def _looked_at(account_ids: Collection[int]) -> set[tuple[int, datetime]]:
    items = BillRunItem.objects.filter(
        account_id__one_of=set(account_ids),
        state=BillRunItem.State.EMPTY,
        empty_because=BillRunItem.Empty.NOT_SUBSCRIBED,
        run__issues=True,
    )
    return set(items.values_list("account_id", "period_from"))


def _months(
    calendar: BillingCalendar, held: Sequence[TimeAfter], ended_by: datetime
) -> Iterator[tuple[int, Period]]:
    """The months that begin after one in which a subscription ended, but not long after."""
    found = set()
    for _, end in held:
        if end is None or not ended_by - _REACH < end < ended_by:
            continue
        first = calendar.number_at(end)
        if calendar.starts(first) < end:
            first += 1
        too_old = calendar.starts(first) + LOOKBACK
        found |= {
            n
            for n in calendar.ended_between(calendar.starts(first), ended_by)
            if calendar.starts(n) < too_old
        }
    for n in sorted(found):
        period = calendar.period(n)
        if not any(_meets(period, start, end) for start, end in held):
            yield n, period


def _meets(period: Period, start: datetime, end: datetime | None) -> bool:
    return start < period.end and (end is None or end > period.start)
