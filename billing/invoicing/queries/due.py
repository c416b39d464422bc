"""Which account periods are due: ended, subscribed, and not billed yet.

Found from state, never from the time of the last run, so a scheduler that was dead is caught up.
An account whose months cannot be told keeps no other from being planned.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from accounts.models import Account
from accounts.queries.profiles import zones_of
from billing.contracts.models import Subscription
from billing.invoicing.billed_time import billed_time, unbilled_parts
from billing.invoicing.drafting.calendar import (
    SHORTEST_MONTH,
    AccountPeriod,
    BillingCalendar,
)
from billing.invoicing.models import BilledSpan, InvoiceTerms
from core.errors import DomainError
from core.isolating import isolated
from core.periods import Period
from usage.days import DEFAULT_ZONE

logger = logging.getLogger(__name__)

_DAY = timedelta(days=1)


class MonthsUnknown(DomainError):
    """An account has no calendar to count its months by."""

    code = "months_unknown"
    title = "The months of the account cannot be told"


class DuePeriods(NamedTuple):
    """What is due, and a day of each account whose months cannot be told: one that is not billed.

    Whoever bills that day comes upon what is wrong, and parks it with the reason.
    """

    periods: list[AccountPeriod]
    unplannable: list[AccountPeriod]


def calendars(account_ids: Collection[int]) -> dict[int, BillingCalendar]:
    """The billing calendar of each account that has a billing profile; two queries."""
    zones = zones_of(account_ids)
    anchors = Account.objects.filter(pk__one_of=account_ids).values_list("pk", "billing_anchor_on")
    return {pk: BillingCalendar(anchor, zones[pk]) for pk, anchor in anchors if zones[pk]}


def calendar_of(known: Mapping[int, BillingCalendar], account_id: int) -> BillingCalendar:
    """The calendar of an account, of those that were looked up. Raises: MonthsUnknown."""
    if account_id not in known:
        raise MonthsUnknown(
            "The account has no billing profile, so nobody can tell where its months begin. Give "
            "it one, and retry."
        )
    return known[account_id]


def due_periods(
    *, as_of: datetime, grace: timedelta, account_ids: Collection[int] | None = None
) -> DuePeriods:
    """Due periods that ended at least `grace` before `as_of`, oldest first; an account with a
    longer grace of its own has that.

    `account_ids` narrows the search. Costs what is due: what is billed was joined to a span.
    """
    ended_by = as_of - grace
    open_time = _unbilled(account_ids, before=ended_by)
    due = planned(
        {account_id: parts[0].start for account_id, parts in open_time.items() if parts},
        lambda account_id, calendar: _months(calendar, open_time[account_id], ended_by),
    )
    patient = own_grace({each.account_id for each in due.periods})
    periods = [
        each
        for each in due.periods
        if each.period.end + max(patient.get(each.account_id, grace), grace) <= as_of
    ]
    in_order = sorted(periods, key=lambda item: (item.period.start, item.account_id))
    return DuePeriods(in_order, due.unplannable)


def own_grace(account_ids: Collection[int]) -> dict[int, timedelta]:
    """The time after the end of a period that accounts of their own have instead of a run's."""
    rows = InvoiceTerms.objects.filter(account_id__one_of=account_ids, grace_days__isnull=False)
    return {
        pk: timedelta(days=days or 0) for pk, days in rows.values_list("account_id", "grace_days")
    }


def planned(
    since: Mapping[int, datetime], months_of: Callable[[int, BillingCalendar], Iterable[int]]
) -> DuePeriods:
    """The months of accounts, each by itself; `since` is when their time that is not billed begins.

    Two queries.
    """
    known = calendars(since)
    found = DuePeriods([], [])

    def plan(account_ids: Sequence[int]) -> None:
        found.periods.extend(
            [
                AccountPeriod(account_id, calendar.period(n), calendar.zone_of(n))
                for account_id in account_ids
                for calendar in [calendar_of(known, account_id)]
                for n in months_of(account_id, calendar)
            ]
        )

    def set_aside(account_id: int, problem: Exception) -> None:
        logger.warning("account_not_planned", exc_info=problem, extra={"account": account_id})
        day = Period(since[account_id], since[account_id] + _DAY)
        found.unplannable.append(AccountPeriod(account_id, day, DEFAULT_ZONE))

    isolated(list(since), plan, set_aside=set_aside)
    return found


def _months(calendar: BillingCalendar, parts: Iterable[Period], ended_by: datetime) -> list[int]:
    months = {
        n
        for part in parts
        for n in calendar.ended_between(part.start, ended_by)
        if calendar.starts(n) < part.end
    }
    return sorted(months)


def _unbilled(account_ids: Collection[int] | None, *, before: datetime) -> dict[int, list[Period]]:
    """What of the subscribed time of each account is not billed, but for what ends in a month that
    cannot have ended: it begins where a billed one ends. Two queries.
    """
    whole = BilledSpan.objects.filter(
        Q(billed_until__gte=OuterRef("ended_at")) | Q(billed_until__gt=before - SHORTEST_MONTH),
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
