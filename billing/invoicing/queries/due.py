"""Which account periods are due: ended, subscribed, and without an issued invoice.

Found from state, never from the time of the last run, so a scheduler that was dead is caught up.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from accounts.models import Account, BillingProfile
from billing.contracts.models import Subscription
from billing.invoicing.drafting.calendar import AccountPeriod, BillingCalendar, ZoneFrom
from billing.invoicing.models import Invoice

Span = tuple[datetime, datetime | None]


def calendars(account_ids: Collection[int]) -> dict[int, BillingCalendar]:
    """The billing calendar of each account that has a billing profile; two queries."""
    zones: dict[int, list[ZoneFrom]] = defaultdict(list)
    profiles = BillingProfile.objects.filter(account_id__one_of=account_ids).order_by("valid_from")
    for account_id, valid_from, zone in profiles.values_list("account_id", "valid_from", "zone"):
        zones[account_id].append(ZoneFrom(valid_from, zone))
    anchors = Account.objects.filter(pk__one_of=zones).values_list("pk", "billing_anchor_on")
    return {pk: BillingCalendar(anchor, tuple(zones[pk])) for pk, anchor in anchors}


def due_periods(
    *, as_of: datetime, grace: timedelta, account_ids: Collection[int] | None = None
) -> list[AccountPeriod]:
    """Due periods that ended at least `grace` before `as_of`, oldest first.

    `account_ids` narrows the search. Opening an account gives it a billing profile, so every
    account has a calendar.
    """
    ended_by = as_of - grace
    spans = _subscribed(account_ids, before=ended_by)
    issued = _issued(spans)
    due = []
    for account_id, calendar in calendars(spans).items():
        for n in _months(calendar, spans[account_id], ended_by):
            period = calendar.period(n)
            if (account_id, period.start) not in issued:
                due.append(AccountPeriod(account_id, period, calendar.zone_of(n)))
    return sorted(due, key=lambda item: (item.period.start, item.account_id))


def _months(calendar: BillingCalendar, spans: Iterable[Span], ended_by: datetime) -> list[int]:
    months = {
        n
        for start, end in spans
        for n in calendar.ended_between(start, ended_by)
        if end is None or calendar.starts(n) < end
    }
    return sorted(months)


def _subscribed(account_ids: Collection[int] | None, *, before: datetime) -> dict[int, list[Span]]:
    subscriptions = Subscription.objects.filter(started_at__lt=before)
    if account_ids is not None:
        subscriptions = subscriptions.filter(account_id__one_of=account_ids)
    spans: dict[int, list[Span]] = defaultdict(list)
    for account_id, start, end in subscriptions.values_list("account_id", "started_at", "ended_at"):
        spans[account_id].append((start, end))
    return spans


def _issued(account_ids: Collection[int]) -> set[tuple[int, datetime]]:
    issued = Invoice.objects.filter(state=Invoice.State.ISSUED, account_id__one_of=account_ids)
    return set(issued.values_list("account_id", "period_from"))
