"""The billing periods of everybody who had a plan in a calendar month."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from billing.contracts.models import Subscription
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.queries.due import calendars

_MARGIN = timedelta(days=32)
"""A period that begins in the month ends within this after it, in any zone."""


def months_of_plan(
    plan_id: int, month: date, accounts: Collection[str] | None
) -> list[AccountPeriod]:
    """The periods that begin in the month of that day, by each account's own zone, in which it had
    the plan; by account. `accounts` are public ids, None is everybody. Three
    queries.
    """
    first = month.replace(day=1)
    after = (first + _MARGIN).replace(day=1)
    start, end = _utc(first), _utc(after)
    subscriptions = Subscription.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=start - _MARGIN),
        plan=plan_id,
        started_at__lt=end + _MARGIN,
    )
    if accounts is not None:
        subscriptions = subscriptions.filter(account__public_id__in=accounts)
    spans: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for account_id, since, until in subscriptions.values_list(
        "account_id", "started_at", "ended_at"
    ):
        spans.setdefault(account_id, []).append((since, until))
    found = []
    for account_id, calendar in sorted(calendars(spans).items()):
        anchor = calendar.anchor
        number = (first.year - anchor.year) * 12 + first.month - anchor.month
        period, zone = calendar.period(number), calendar.zone_of(number)
        if any(
            since < period.end and (until is None or until > period.start)
            for since, until in spans[account_id]
        ):
            found.append(AccountPeriod(account_id, period, zone))
    return found


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
