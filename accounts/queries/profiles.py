"""Which billing profile and zone hold for an account at an instant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Account, BillingProfile


@dataclass(frozen=True, slots=True)
class ZoneSpan:
    """The billing zone of an account during [valid_from, valid_until)."""

    zone: str
    valid_from: datetime
    valid_until: datetime | None


def profile_at(account: Account, at: datetime) -> BillingProfile | None:
    """The profile in force at `at`, None before the account was opened."""
    return profiles_at([account.pk], at).get(account.pk)


def profiles_at(account_ids: Collection[int], at: datetime) -> dict[int, BillingProfile]:
    """The profiles in force at `at`, of the accounts that were open then; one query."""
    rows = BillingProfile.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at),
        account_id__in=account_ids,
        valid_from__lte=at,
    )
    return {profile.account_id: profile for profile in rows}


def zone_of_owner(platform_id: str, at: datetime) -> str | None:
    """The billing zone of whoever owned a resource at `at`, None where nobody did; one query."""
    owned = Q(account__ownerships__owned_until__isnull=True)
    owned |= Q(account__ownerships__owned_until__gt=at)
    found = BillingProfile.objects.filter(
        owned,
        Q(valid_until__isnull=True) | Q(valid_until__gt=at),
        valid_from__lte=at,
        account__ownerships__owned_from__lte=at,
        account__ownerships__resource__platform_id=platform_id,
    )
    return found.values_list("zone", flat=True).first()


def zones_of(account_ids: Collection[int]) -> dict[int, tuple[ZoneSpan, ...]]:
    """The billing zones of accounts over time, in order, in one query; none without a profile."""
    spans: dict[int, list[ZoneSpan]] = {pk: [] for pk in account_ids}
    for account_id, zone, valid_from, valid_until in (
        BillingProfile.objects.filter(account_id__one_of=spans)
        .order_by("valid_from")
        .values_list("account_id", "zone", "valid_from", "valid_until")
    ):
        spans[account_id].append(ZoneSpan(zone, valid_from, valid_until))
    return {account_id: tuple(found) for account_id, found in spans.items()}
