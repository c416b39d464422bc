"""What is attached to apps at an instant, the plan each is on, and what that costs its account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Account, Resource, ResourceOwnership
from billing.catalogue.queries.price_book import BookPrice
from billing.contracts.queries.terms_at import price_had, terms_at
from usage.models import Interval

PLAN: Final = "plan"
"""The dimension that says which plan an add-on is on."""

ATTACHED: Final = (Resource.Kind.ADDON, Resource.Kind.DATABASE)


@dataclass(frozen=True, slots=True)
class AttachedAddon:
    """An add-on; `plan` is empty where none was reported, `price` None where none is had for it."""

    resource: Resource
    account: Account
    attached_at: datetime
    plan: str
    price: BookPrice | None


def owned_by(
    account_ids: Collection[int] | QuerySet[Account], kinds: Collection[str], *, at: datetime
) -> QuerySet[Resource]:
    """The resources of these kinds that the accounts own at an instant."""
    owned = ResourceOwnership.objects.filter(_holds(at), account__in=account_ids)
    return Resource.objects.filter(Exists(owned.filter(resource=OuterRef("pk"))), kind__in=kinds)


def attached_to(resources: Sequence[Resource], *, at: datetime) -> dict[int, ResourceOwnership]:
    """Who owns each resource at an instant, its account loaded; one query."""
    rows = ResourceOwnership.objects.filter(
        _holds(at), resource_id__in=[each.pk for each in resources]
    )
    return {each.resource_id: each for each in rows.select_related("account").order_by("pk")}


def attached_addons(resources: Sequence[Resource], *, at: datetime) -> list[AttachedAddon]:
    """A page of add-ons with what each is on, in the order given; eight queries for all."""
    ids = [each.pk for each in resources]
    owners = attached_to(resources, at=at)
    states = _states(ids, at)
    terms = terms_at({each.account_id for each in owners.values()}, at=at)
    found = []
    for resource in resources:
        owner = owners[resource.pk]
        meter_id, plan = states.get(resource.pk, (None, ""))
        price = meter_id and price_had(terms[owner.account_id], meter_id, {PLAN: plan})
        found.append(AttachedAddon(resource, owner.account, owner.owned_from, plan, price or None))
    return found


def _states(resource_ids: Collection[int], at: datetime) -> dict[int, tuple[int, str]]:
    """The meter and plan of each resource whose state names one at the instant."""
    open_then = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
    rows = Interval.objects.filter(
        open_then, resource_id__in=resource_ids, started_at__lte=at
    ).values_list("resource_id", "meter_id", "dimension_set__pricing")
    return {
        resource_id: (meter_id, str(pricing[PLAN]))
        for resource_id, meter_id, pricing in rows.order_by("started_at", "pk")
        if PLAN in pricing
    }


def _holds(at: datetime) -> Q:
    return Q(owned_from__lte=at) & (Q(owned_until__isnull=True) | Q(owned_until__gt=at))
