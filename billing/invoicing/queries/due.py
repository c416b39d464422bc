"""Which account periods are due: ended, subscribed, and not billed yet.

Found from state, never from the time of the last run, so a scheduler that was dead is caught up.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from accounts.models import Account
from accounts.queries.profiles import zones_of
from billing.contracts.models import Subscription
from billing.invoicing.billed_time import billed_time, unbilled_parts
from billing.invoicing.drafting.calendar import AccountPeriod, BillingCalendar
from billing.invoicing.models import BilledSpan
from core.periods import Period


def calendars(account_ids: Collection[int]) -> dict[int, BillingCalendar]:
    """The billing calendar of each account that has a billing profile; two queries."""
    zones = zones_of(account_ids)
    anchors = Account.objects.filter(pk__one_of=account_ids).values_list("pk", "billing_anchor_on")
    return {pk: BillingCalendar(anchor, zones[pk]) for pk, anchor in anchors if zones[pk]}


def due_periods(
    *, as_of: datetime, grace: timedelta, account_ids: Collection[int] | None = None
) -> list[AccountPeriod]:
    """Due periods that ended at least `grace` before `as_of`, oldest first.

    `account_ids` narrows the search. Opening an account gives it a billing profile, so every
    account has a calendar. Costs what is due: what is billed was joined to a span.
    """
    ended_by = as_of - grace
    open_time = _unbilled(account_ids, before=ended_by)
    due = [
        AccountPeriod(account_id, calendar.period(n), calendar.zone_of(n))
        for account_id, calendar in calendars(open_time).items()
        for n in _months(calendar, open_time[account_id], ended_by)
    ]
    return sorted(due, key=lambda item: (item.period.start, item.account_id))


def _months(calendar: BillingCalendar, parts: Iterable[Period], ended_by: datetime) -> list[int]:
    months = {
        n
        for part in parts
        for n in calendar.ended_between(part.start, ended_by)
        if calendar.starts(n) < part.end
    }
    return sorted(months)


def _unbilled(account_ids: Collection[int] | None, *, before: datetime) -> dict[int, list[Period]]:
    """What of the subscribed time of each account is not billed; two queries."""
    whole = BilledSpan.objects.filter(
        Q(billed_until__gte=OuterRef("ended_at")) | Q(billed_until__gte=before),
        account=OuterRef("account"),
        billed_from__lte=OuterRef("started_at"),
    )
    subscriptions = Subscription.objects.filter(~Exists(whole), started_at__lt=before)
    if account_ids is not None:
        subscriptions = subscriptions.filter(account_id__one_of=account_ids)
    rows = list(subscriptions.values_list("account_id", "started_at", "ended_at"))
    billed = billed_time({account_id for account_id, _, _ in rows})
    found: dict[int, list[Period]] = defaultdict(list)
    for account_id, start, end in rows:
        span = Period(start, before if end is None else min(end, before))
        found[account_id] += unbilled_parts(span, billed.get(account_id, ()))
    return found
