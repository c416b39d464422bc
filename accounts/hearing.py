"""Which partners hear of the events of which accounts: those that may read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from accounts.models import Partner


def readers_of(accounts: Collection[str]) -> Mapping[str, Collection[str]]:
    """The public ids of the partners that may read each account, by the accounts' ids."""
    found: dict[str, set[str]] = defaultdict(set)
    for partner, account in Partner.objects.filter(
        readable_accounts__public_id__in=accounts
    ).values_list("public_id", "readable_accounts__public_id"):
        found[account].add(partner)
    return found
