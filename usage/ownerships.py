"""Whose a resource was when: the look-up everything that places an event shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Resource, ResourceOwnership


@dataclass(frozen=True, slots=True)
class Ownership:
    """The account a resource belongs to during [owned_from, owned_until)."""

    account_id: int
    owned_from: datetime
    owned_until: datetime | None


@dataclass(frozen=True, slots=True)
class Owned:
    """A resource and everybody who owned it, in order of time."""

    id: int
    platform_id: str
    ownerships: tuple[Ownership, ...]
    provider_id: int | None = None

    def owner_at(self, at: datetime) -> int | None:
        """The account that owned it at that instant."""
        ownership = self.ownership_at(at)
        return None if ownership is None else ownership.account_id

    def ownership_at(self, at: datetime) -> Ownership | None:
        """The ownership that held at that instant."""
        for ownership in reversed(self.ownerships):
            if ownership.owned_from <= at:
                is_over = ownership.owned_until is not None and at >= ownership.owned_until
                return None if is_over else ownership
        return None


def owned_resources(resources: QuerySet[Resource]) -> dict[int, Owned]:
    """Resources with everybody who ever owned them, by id, in two queries."""
    rows = {
        id: (name, provider_id)
        for id, name, provider_id in resources.values_list("id", "platform_id", "provider_id")
    }
    ownerships: dict[int, list[Ownership]] = {id: [] for id in rows}
    for resource_id, account_id, start, end in (
        ResourceOwnership.objects.filter(resource_id__one_of=rows)
        .order_by("owned_from")
        .values_list("resource_id", "account_id", "owned_from", "owned_until")
    ):
        ownerships[resource_id].append(Ownership(account_id, start, end))
    return {
        id: Owned(id, name, tuple(ownerships[id]), provider_id)
        for id, (name, provider_id) in rows.items()
    }
