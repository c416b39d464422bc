"""GET /addons and its kin: what is attached, with the price it is billed at.

`cents` is in minor units of the account's currency, for a month; what is billed by what was used
is metered and has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import Account, CredentialScope, Resource
from api.heroku.apps import app_named, stub, team_stub
from api.heroku.doors import heroku_read, instant_text, team_named, told
from api.heroku.prices import monthly_price
from api.heroku.ranges import asked_range, ranged
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.overview.queries.addons import ATTACHED, AttachedAddon, attached_addons, owned_by
from core.clock import now
from core.errors import NotFound

_COLUMNS: Final = {"id": "public_id", "name": "name"}


@heroku_read(CredentialScope.ACCOUNTS_READ)
def addons(request: HttpRequest, principal: PartnerPrincipal, team: str = "") -> HttpResponse:
    """Those of a team, or of all that the key may read."""
    owners = accounts_of(principal)
    if team:
        owners = owners.filter(pk=team_named(principal, team).pk)
    return _list(request, owned_by(owners, ATTACHED, at=now()))


@heroku_read(CredentialScope.ACCOUNTS_READ)
def app_addons(request: HttpRequest, principal: PartnerPrincipal, app: str) -> HttpResponse:
    """Those of one app."""
    rows = owned_by(accounts_of(principal), ATTACHED, at=now())
    return _list(request, rows.filter(parent=app_named(principal, app)))


@heroku_read(CredentialScope.ACCOUNTS_READ)
def addon(request: HttpRequest, principal: PartnerPrincipal, addon: str) -> HttpResponse:
    """One add-on, by its id, its platform's id or its name."""
    return told(_shown([addon_named(principal, addon)])[0])


@heroku_read(CredentialScope.ACCOUNTS_READ)
def app_addon(
    request: HttpRequest, principal: PartnerPrincipal, app: str, addon: str
) -> HttpResponse:
    """The same of one app."""
    found = addon_named(principal, addon)
    if found.parent_id != app_named(principal, app).pk:
        raise NotFound("Couldn't find that add-on.")
    return told(_shown([found])[0])


@heroku_read(CredentialScope.ACCOUNTS_READ)
def attachments(
    request: HttpRequest, principal: PartnerPrincipal, app: str = "", addon: str = ""
) -> HttpResponse:
    """Where add-ons are attached: each to the app it belongs to, under its own name."""
    rows = owned_by(accounts_of(principal), ATTACHED, at=now()).filter(parent__isnull=False)
    if app:
        rows = rows.filter(parent=app_named(principal, app))
    if addon:
        rows = rows.filter(pk=addon_named(principal, addon).pk)
    asked = asked_range(request.headers.get("Range", ""), _COLUMNS)
    return ranged(rows.select_related("parent"), asked, _attachments)


def addon_named(principal: PartnerPrincipal, name: str) -> Resource:
    """The add-on of this id, platform id or name. Raises: NotFound."""
    rows = owned_by(accounts_of(principal), ATTACHED, at=now()).select_related("parent")
    for field in ("public_id", "platform_id", "name"):
        found = rows.filter(**{field: name}).order_by("pk").first()
        if found is not None:
            return found
    raise NotFound("Couldn't find that add-on.")


def service_of(plan: str) -> str:
    """The service of a plan: what stands before the colon."""
    return plan.partition(":")[0]


def _list(request: HttpRequest, rows: QuerySet[Resource]) -> HttpResponse:
    asked = asked_range(request.headers.get("Range", ""), _COLUMNS)
    return ranged(rows.select_related("parent"), asked, _shown)


def _shown(rows: Sequence[Resource]) -> list[dict[str, Any]]:
    return [_addon(each) for each in attached_addons(rows, at=now())]


def _addon(found: AttachedAddon) -> dict[str, Any]:
    resource, app = found.resource, found.resource.parent
    since = instant_text(found.attached_at)
    price = monthly_price(found.price, found.account.currency)
    return {
        **stub(resource),
        "actions": [],
        "addon_service": stub_of(service_of(found.plan)),
        "app": stub(app) if app else None,
        "billed_price": price,
        "billing_entity": _billed(found.account, app),
        "config_vars": [],
        "created_at": since,
        "plan": stub_of(found.plan) | {"price": price},
        "provider_id": resource.platform_id,
        "state": "provisioned",
        "updated_at": since,
        "web_url": None,
    }


def _attachments(rows: Sequence[Resource]) -> list[dict[str, Any]]:
    found = []
    for each in rows:
        assert each.parent is not None  # attachments() asks for those
        app = stub(each.parent)
        found.append(
            stub(each)
            | {"addon": stub(each) | {"app": app}, "app": app, "namespace": None, "web_url": None}
        )
    return found


def stub_of(name: str) -> dict[str, str]:
    """A plan, service or size, which has no other id than its name."""
    return {"id": name, "name": name}


def _billed(owner: Account, app: Resource | None) -> dict[str, str]:
    return team_stub(owner) if app is None else stub(app) | {"type": "app"}
