"""What the other addresses hang on: the account of a key, its teams and enterprises, their apps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import Account, CredentialScope, Resource
from api.heroku.doors import heroku_read, instant_text, team_named, told
from api.heroku.ranges import asked_range, ranged
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.overview.queries.addons import attached_to, owned_by
from core.clock import now
from core.errors import NotFound

_BY_NAME: Final = {"id": "public_id", "name": "name"}


@heroku_read(CredentialScope.ACCOUNTS_READ)
def account(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """Whose key it is: a partner, by its id."""
    return told({"id": principal.public_id, "email": "", "name": principal.name})


@heroku_read(CredentialScope.ACCOUNTS_READ)
def teams(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """Every account the key may read, but enterprises."""
    asked = asked_range(request.headers.get("Range", ""), _BY_NAME)
    rows = accounts_of(principal).exclude(kind=Account.Kind.ENTERPRISE)
    return ranged(rows.select_related("parent"), asked, _teams)


@heroku_read(CredentialScope.ACCOUNTS_READ)
def enterprises(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """The enterprises the key may read."""
    asked = asked_range(request.headers.get("Range", ""), _BY_NAME)
    return ranged(accounts_of(principal).filter(kind=Account.Kind.ENTERPRISE), asked, _teams)


@heroku_read(CredentialScope.ACCOUNTS_READ)
def team(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """One of them, by its id or name."""
    return told(_teams([team_named(principal, team)])[0])


@heroku_read(CredentialScope.ACCOUNTS_READ)
def apps(request: HttpRequest, principal: PartnerPrincipal, team: str = "") -> HttpResponse:
    """The apps of a team, or of all that the key may read."""
    asked = asked_range(request.headers.get("Range", ""), _BY_NAME)
    return ranged(_apps(principal, team), asked, _shown)


@heroku_read(CredentialScope.ACCOUNTS_READ)
def app(request: HttpRequest, principal: PartnerPrincipal, app: str) -> HttpResponse:
    """One app, by its id, its platform's id or its name."""
    return told(_shown([app_named(principal, app)])[0])


def app_named(principal: PartnerPrincipal, name: str, *, team: str = "") -> Resource:
    """The app of this id, platform id or name. Raises: NotFound."""
    rows = _apps(principal, team)
    for field in ("public_id", "platform_id", "name"):
        found = rows.filter(**{field: name}).order_by("pk").first()
        if found is not None:
            return found
    raise NotFound("Couldn't find that app.")


def stub(row: Account | Resource) -> dict[str, str]:
    """What one thing says of another."""
    return {"id": row.public_id, "name": row.name}


def team_stub(row: Account) -> dict[str, str]:
    """A team as an app or add-on names it."""
    kind = "enterprise" if row.kind == Account.Kind.ENTERPRISE else "team"
    return stub(row) | {"type": kind}


def _apps(principal: PartnerPrincipal, team: str) -> QuerySet[Resource]:
    """Raises: NotFound."""
    owners = (
        Account.objects.filter(pk=team_named(principal, team).pk)
        if team
        else accounts_of(principal)
    )
    return owned_by(owners, (Resource.Kind.APP,), at=now())


def _teams(rows: Sequence[Account]) -> list[dict[str, Any]]:
    return [
        stub(each)
        | {
            "created_at": instant_text(each.opened_at),
            "enterprise_account": stub(each.parent) if each.parent else None,
            "role": "viewer",
            "type": "enterprise" if each.parent else "team",
        }
        for each in rows
    ]


def _shown(rows: Sequence[Resource]) -> list[dict[str, Any]]:
    owners = attached_to(rows, at=now())
    return [
        stub(each)
        | {
            "created_at": instant_text(owners[each.pk].owned_from),
            "owner": {"id": owners[each.pk].account.public_id, "email": ""},
            "team": stub(owners[each.pk].account),
            "stack": None,
            "space": None,
        }
        for each in rows
    ]
