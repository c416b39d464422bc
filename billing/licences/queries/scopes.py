"""Which accounts a licence is for: its own, and those of the teams below it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.billed_time import billed_time
from accounts.models import Account
from billing.contracts.models import Subscription
from billing.licences.models import License, PoolCommitment
from core.periods import Period

ZONES_APART = timedelta(hours=26)
"""By how much the same local midnight comes at other instants: teams have clocks of their own."""


@dataclass(frozen=True, slots=True)
class LicensedAccount:
    """An account that draws from the pools of a licence."""

    account_id: int
    public_id: str
    name: str


def accounts_of(license_account_id: int) -> list[LicensedAccount]:
    """The account of a licence and its teams, by name; one query."""
    rows = Account.objects.filter(Q(pk=license_account_id) | Q(parent_id=license_account_id))
    return [
        LicensedAccount(*row)
        for row in rows.order_by("name", "pk").values_list("pk", "public_id", "name")
    ]


def may_draw(account_ids: Collection[int]) -> Q:
    """Buckets of the licences of these accounts, or of the enterprises they are teams of."""
    parents = Account.objects.filter(pk__one_of=list(account_ids), parent__isnull=False)
    return Q(commitment__license__account_id__one_of=list(account_ids)) | Q(
        commitment__license__account_id__in=parents.values("parent_id")
    )


def named_accounts(commitments: Iterable[PoolCommitment]) -> dict[int, frozenset[int]]:
    """The accounts that each commitment is narrowed to, by commitment; one query where any is."""
    narrowed = {each.pk: each.account_ids for each in commitments}
    asked = {ref for refs in narrowed.values() for ref in refs}
    rows = Account.objects.filter(public_id__in=asked) if asked else Account.objects.none()
    known = dict(rows.values_list("public_id", "pk"))
    return {pk: frozenset(known[ref] for ref in refs) for pk, refs in narrowed.items()}


def billed_through(account_ids: Collection[int], span: Period) -> datetime | None:
    """Until when all of these accounts are billed without a hole, of those that have a plan in it.

    None where nobody has a plan in the span: nothing of it will ever be billed.
    """
    holders = set(
        Subscription.objects.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=span.start),
            account_id__in=list(account_ids),
            started_at__lt=span.end,
        ).values_list("account_id", flat=True)
    )
    if not holders:
        return None
    billed = billed_time(holders)
    return min(_end_of(billed.get(account_id, ()), span) for account_id in holders)


def _end_of(periods: Collection[Period], span: Period) -> datetime:
    """The end of the last billed time that begins before the span ends."""
    ends = [period.end for period in periods if period.start < span.end]
    return max(ends, default=span.start)


def is_billed_through(license: License, commitment: PoolCommitment, span: Period) -> bool:
    """Whether every account that may draw from a commitment is billed through a window."""
    own = {each.account_id for each in accounts_of(license.account_id)}
    named = named_accounts([commitment])[commitment.pk]
    through = billed_through(named & own if named else own, span)
    return through is None or through >= span.end - ZONES_APART
