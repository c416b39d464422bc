"""Who pays for an account and whose profile it has at an instant, as the rows say."""

from datetime import datetime

from django.db.models import Q

from accounts.models import Account, BillingProfile, PayerAssignment
from accounts.queries.profiles import profile_at


def payer_at(account: Account, at: datetime) -> Account | None:
    """Who receives the account's invoice for `at`, None before it was opened."""
    assignment = PayerAssignment.objects.filter(
        Q(paid_until__isnull=True) | Q(paid_until__gt=at), account=account, paid_from__lte=at
    ).first()
    return assignment.payer if assignment else None


def profile_of(account: Account, at: datetime) -> BillingProfile:
    """The profile in force, which there is."""
    profile = profile_at(account, at)
    assert profile is not None, f"{account} has no profile at {at}"
    return profile
