"""Which partners hear of the events of which accounts: those that may read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from accounts.models import Partner
from eventing.audience import Readers


def readers_of(accounts: Collection[str]) -> Readers:
    """Who may hear of these accounts, by their public ids."""
    found: dict[str, set[str]] = defaultdict(set)
    if accounts:
        for partner, account in Partner.objects.filter(
            readable_accounts__public_id__in=accounts
        ).values_list("public_id", "readable_accounts__public_id"):
            found[account].add(partner)
    house = Partner.objects.filter(reads_every_account=True)
    return Readers(frozenset(house.values_list("public_id", flat=True)), found)
