"""Which billing profile, zone and payer hold for an account at an instant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Account, BillingProfile, PayerAssignment
from core.errors import NotFound


class NoProfileInForce(NotFound):
    """The account was not open then."""

    code = "no_profile_in_force"
    title = "No billing profile holds at that instant"


class NoPayer(NotFound):
    """The account was not open then."""

    code = "no_payer"
    title = "Nobody pays at that instant"


@dataclass(frozen=True, slots=True)
class ZoneSpan:
    """The billing zone of an account during [valid_from, valid_until)."""

    zone: str
    valid_from: datetime
    valid_until: datetime | None


def profile_at(account: Account, at: datetime) -> BillingProfile:
    """The profile in force at `at`. Raises: NoProfileInForce."""
    profile = profiles_at(at).filter(account=account).first()
    if profile is None:
        raise NoProfileInForce(f"{account.name} has no billing profile at {at:%Y-%m-%d %H:%M}.")
    return profile


def profiles_at(at: datetime) -> QuerySet[BillingProfile]:
    """The profiles in force at `at`, at most one an account."""
    return BillingProfile.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at), valid_from__lte=at
    )


def payer_at(account: Account, at: datetime) -> Account:
    """Who receives the account's invoice for `at`. Raises: NoPayer."""
    assignment = (
        PayerAssignment.objects.select_related("payer")
        .filter(
            Q(paid_until__isnull=True) | Q(paid_until__gt=at), account=account, paid_from__lte=at
        )
        .first()
    )
    if assignment is None:
        raise NoPayer(f"Nobody pays for {account.name} at {at:%Y-%m-%d %H:%M}.")
    return assignment.payer


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
