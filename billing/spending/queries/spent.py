"""What was spent of a billing period: the bill so far before tax, of all or of some apps.

Rated by the code that bills. Where nothing new comes in, the same code rated at the end of the
period says what running things will come to, and so when a share can be reached at the earliest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accounts.models import Resource
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.queries.month_to_date import rated_now, scopes_at
from billing.invoicing.queries.shares import amounts_by_resource
from core.errors import DomainError
from core.periods import Period

_MICROSECOND = timedelta(microseconds=1)
ALL = ""
"""The key of what the whole account spent."""


@dataclass(frozen=True, slots=True)
class SpentSoFar:
    """Minor units by public id of an app, of all under "", at `at` and at the end."""

    period: Period
    at: datetime
    by_scope: Mapping[str, int]
    at_the_end: Mapping[str, int]

    def reaches(self, scope: str, minor: int) -> datetime | None:
        """When so much will be reached if nothing comes in; None where it will not."""
        now, end = self.by_scope.get(scope, 0), self.at_the_end.get(scope, 0)
        if now >= minor:
            return self.at
        if end < minor:
            return None
        left = (self.period.end - self.at) // _MICROSECOND
        return self.at - timedelta(microseconds=-left * (minor - now) // (end - now))


def spent_so_far(
    account_id: int, *, at: datetime, apps: Collection[Resource] = ()
) -> SpentSoFar | DomainError | None:
    """What an account, and some of its apps, spent of the period of an instant.

    None before there is a billing profile; the rule that forbids a bill where one does.
    """
    scope = next(iter(scopes_at([account_id], at)), None)
    if scope is None:
        return None
    now = _by_scope(scope, apps)
    end = _by_scope(replace(scope, until=None), apps)
    if isinstance(now, DomainError):
        return now
    return SpentSoFar(scope.period, at, now, now if isinstance(end, DomainError) else end)


def _by_scope(scope: AccountPeriod, apps: Collection[Resource]) -> dict[str, int] | DomainError:
    lines, problem = rated_now(scope)
    if problem is not None:
        return problem
    found = {ALL: sum(line.amount_minor for line in lines)}
    if not apps:
        return found
    amounts = amounts_by_resource(scope, lines)
    below = below_of(apps)
    for app in apps:
        found[app.public_id] = sum(amounts.get(pk, 0) for pk in below[app.pk])
    return found


def below_of(apps: Collection[Resource]) -> dict[int, set[int]]:
    """Each app with what is directly below it, by primary key; one query."""
    found = {app.pk: {app.pk} for app in apps}
    for pk, parent in Resource.objects.filter(parent__in=found).values_list("pk", "parent_id"):
        found[parent].add(pk)
    return found
