"""Register what the platform runs, and hand it over: ownership over time, half-open, no gap.

A resource moves with everything below it, so an app takes its add-ons along.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.billed_time import require_unbilled
from accounts.models import Account, Partner, Resource, ResourceOwnership
from core.actor import Actor, acting_as
from core.db.history import create_tracked, update_tracked
from core.db.integrity import constraint_errors
from core.db.locks import share
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import Fact, publish_all


class PlatformIdTaken(Conflict):
    """The platform id names a registered resource; it is an identity for ever."""

    code = "platform_id_taken"
    title = "This platform id is registered"


class ParentElsewhere(Invalid):
    """A resource belongs to the account that owns what it is part of."""

    code = "parent_owned_elsewhere"
    title = "The parent belongs to another account"


class TransferNotLatest(Conflict):
    """Ownership is only continued, never rewritten."""

    code = "transfer_not_latest"
    title = "The owner was set later than that"


class OwnedAlready(Conflict):
    """The account owns the resource already."""

    code = "owned_already"
    title = "The account owns it already"


class OwnersChanged(Conflict):
    """Somebody else handed part of it over at the same moment."""

    code = "owners_changed"
    title = "The owner has just changed"
    retryable = True


@dataclass(frozen=True, slots=True)
class NewResource:
    """A resource as the platform announces it; `parent` must be registered already."""

    platform_id: str
    kind: str
    name: str
    account: Account
    owned_from: datetime
    parent: Resource | None = None
    provider: Partner | None = None


def register(
    *,
    platform_id: str,
    kind: str,
    name: str,
    account: Account,
    at: datetime,
    by: Actor,
    reason: str,
    parent: Resource | None = None,
) -> Resource:
    """Register a resource that `account` owns from `at` on.

    Raises: PlatformIdTaken, ParentElsewhere.
    """
    new = NewResource(platform_id, kind, name, account, owned_from=at, parent=parent)
    return register_all([new], at=at, by=by, reason=reason)[0]


def register_all(
    new: Sequence[NewResource], *, at: datetime, by: Actor, reason: str
) -> list[Resource]:
    """Register many resources in a few statements, all or none; each is owned from its own instant.

    Raises: PlatformIdTaken, ParentElsewhere.
    """
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"accounts_resource_platform_id_key": PlatformIdTaken}),
    ):
        _require_parents_with_owner(new)
        resources = create_tracked(
            [
                Resource(
                    platform_id=each.platform_id,
                    kind=each.kind,
                    name=each.name,
                    parent=each.parent,
                    provider=each.provider,
                )
                for each in new
            ]
        )
        create_tracked(
            [
                ResourceOwnership(
                    resource=resource, account=each.account, owned_from=each.owned_from
                )
                for resource, each in zip(resources, new, strict=True)
            ]
        )
        publish_all(
            [
                Fact(
                    "resource.registered",
                    resource.public_id,
                    {"platform_id": each.platform_id, "account": each.account.public_id},
                    account=each.account.public_id,
                )
                for resource, each in zip(resources, new, strict=True)
            ],
            at=at,
        )
    return resources


def rename(*, resource: Resource, name: str, by: Actor, reason: str) -> Resource:
    """Show a resource under another name; its platform id stays."""
    with acting_as(by, reason=reason), transaction():
        locked = Resource.objects.select_for_update(of=("self",)).get(pk=resource.pk)
        locked.name = name
        locked.save(update_fields=["name"])
    return locked


def set_provider(
    *, resource: Resource, provider: Partner | None, by: Actor, reason: str
) -> Resource:
    """Say whose add-on service a resource is of; that partner may report its usage."""
    with acting_as(by, reason=reason), transaction():
        locked = Resource.objects.select_for_update(of=("self",)).get(pk=resource.pk)
        locked.provider = provider
        locked.save(update_fields=["provider"])
    return locked


def transfer(
    *, resource: Resource, to: Account, at: datetime, by: Actor, reason: str
) -> list[Resource]:
    """Hand a resource and everything below it to an account from `at` on; returns what moved.

    What stands below but belongs to somebody else since later than `at` refuses the whole move.
    Raises: OwnedAlready, TransferNotLatest, TimeBilled, OwnersChanged.
    """
    with acting_as(by, reason=reason), transaction():
        locked = _lock_accounts({to.pk} | _owners(_tree(resource)))
        moved = _lock_tree(resource)
        owned = ResourceOwnership.objects.filter(
            resource__in=[each.pk for each in moved], owned_until__isnull=True
        )
        _require_movable(resource, to, at, list(owned.select_related("resource")))
        parties = {to.pk} | set(owned.values_list("account_id", flat=True))
        if not parties <= locked:
            raise OwnersChanged(f"{resource.platform_id} is being handed over; look at it again.")
        require_unbilled(parties, since=at, field="owned_from")
        leaving = owned.exclude(account=to)
        moving_ids = set(leaving.values_list("resource_id", flat=True))
        moving = [each for each in moved if each.pk in moving_ids]
        update_tracked(leaving, owned_until=at)
        create_tracked(
            [ResourceOwnership(resource=each, account=to, owned_from=at) for each in moving]
        )
        publish_all(
            [
                Fact(
                    "resource.transferred",
                    each.public_id,
                    {"account": to.public_id, "owned_from": at.isoformat()},
                    account=to.public_id,
                )
                for each in moving
            ],
            at=at,
        )
    return moving


_TREE = """
    WITH RECURSIVE tree AS (
        SELECT id FROM accounts_resource WHERE id = %s
        UNION
        SELECT child.id FROM accounts_resource AS child JOIN tree ON child.parent_id = tree.id
    )
    SELECT id FROM tree
"""


def _tree(resource: Resource) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_TREE, [resource.pk])
        return {row[0] for row in cursor.fetchall()}


def _owners(resource_ids: Collection[int]) -> set[int]:
    """The accounts that own these resources now."""
    owned = ResourceOwnership.objects.filter(resource__in=resource_ids, owned_until__isnull=True)
    return set(owned.values_list("account_id", flat=True))


def _lock_accounts(account_ids: set[int]) -> set[int]:
    """Lock the accounts, in the order of their keys as everybody does; return them."""
    accounts = Account.objects.select_for_update(of=("self",), no_key=True)
    return set(accounts.filter(pk__in=account_ids).order_by("pk").values_list("pk", flat=True))


def _lock_tree(resource: Resource) -> list[Resource]:
    """The resource and all below it, locked; what is being registered below is waited for."""
    locked: list[Resource] = []
    ids = {resource.pk}
    while len(ids) > len(locked):
        rows = Resource.objects.select_for_update(of=("self",)).order_by("pk")
        locked = list(rows.filter(pk__one_of=ids))
        ids = _tree(resource)
    return locked


def _require_movable(
    resource: Resource, to: Account, at: datetime, owned: Sequence[ResourceOwnership]
) -> None:
    if any(each.resource_id == resource.pk and each.account_id == to.pk for each in owned):
        raise OwnedAlready(f"{to.name} owns {resource.platform_id} already.")
    for each in owned:
        if each.account_id != to.pk and at <= each.owned_from:
            raise TransferNotLatest(
                f"{each.resource.platform_id} has its owner since "
                f"{each.owned_from:%Y-%m-%d %H:%M} UTC; a transfer must be later."
            )


def _require_parents_with_owner(new: Sequence[NewResource]) -> None:
    parents = {each.parent.pk for each in new if each.parent is not None}
    # A parent that is handed over takes along what is below it, so it stays until this is stored.
    share(Resource.objects.filter(pk__one_of=parents))
    owners: dict[int, list[ResourceOwnership]] = {}
    for ownership in ResourceOwnership.objects.filter(resource_id__one_of=parents):
        owners.setdefault(ownership.resource_id, []).append(ownership)
    for each in new:
        if each.parent is not None and not any(
            ownership.account_id == each.account.pk
            and ownership.owned_from <= each.owned_from
            and (ownership.owned_until is None or each.owned_from < ownership.owned_until)
            for ownership in owners.get(each.parent.pk, [])
        ):
            raise ParentElsewhere(
                f"{each.parent.platform_id} does not belong to {each.account.name} at "
                f"{each.owned_from:%Y-%m-%d %H:%M} UTC.",
                field="parent",
            )
