"""Resources and their owners over time, as screens show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account, Resource, ResourceOwnership
from billing.invoicing.queries.invoices import Party
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound

LATEST_FIRST = PageOrder("owned_from", cursor="pk")


class ResourceNotFound(NotFound):
    """No resource has this id."""

    code = "resource_not_found"
    title = "No such resource"


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A resource as the platform and the invoice call it."""

    public_id: str
    platform_id: str
    name: str
    kind: str
    parent: str


@dataclass(frozen=True, slots=True)
class OwnedRow:
    """A stretch of time in which an account owned a resource; `until` None: it still does."""

    resource: ResourceRow
    owner: Party
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ResourceDetail:
    """A resource, everyone who owned it in order, and what is below it."""

    row: ResourceRow
    owners: Sequence[OwnedRow]
    children: Sequence[ResourceRow]


def owned_page(account: Account, *, position: Position) -> Page[OwnedRow]:
    """What an account owns or owned, latest first; at most two queries. Raises: UnknownCursor."""
    rows = ResourceOwnership.objects.filter(account=account).select_related(
        "resource__parent", "account"
    )
    return page_of(rows, order=LATEST_FIRST, position=position).showing(_owned)


def find(public_id: str) -> Resource:
    """The resource with this id. Raises: ResourceNotFound."""
    resource = Resource.objects.select_related("parent").filter(public_id=public_id[:64]).first()
    if resource is None:
        raise ResourceNotFound(f"There is no resource {public_id[:64]}.", wanted=public_id[:64])
    return resource


def detail(resource: Resource) -> ResourceDetail:
    """One resource, everyone who owned it, and what is below it; two queries."""
    owners = resource.ownerships.select_related("account", "resource__parent")
    children = resource.children.select_related("parent").order_by("kind", "name", "pk")
    return ResourceDetail(
        row=_row(resource),
        owners=[_owned(each) for each in owners.order_by("-owned_from")],
        children=[_row(child) for child in children],
    )


def _owned(ownership: ResourceOwnership) -> OwnedRow:
    owner = ownership.account
    return OwnedRow(
        resource=_row(ownership.resource),
        owner=Party(owner.public_id, owner.name),
        since=ownership.owned_from,
        until=ownership.owned_until,
    )


def _row(resource: Resource) -> ResourceRow:
    return ResourceRow(
        public_id=resource.public_id,
        platform_id=resource.platform_id,
        name=resource.name,
        kind=resource.get_kind_display(),
        parent=resource.parent.name if resource.parent else "",
    )
