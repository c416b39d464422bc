"""GET /account/credits and /teams/{team}/credits: credit in money, in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import CredentialScope
from api.heroku.doors import heroku_read, instant_text, team_named, told
from api.heroku.ranges import asked_range, ranged
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.invoicing.models import CreditGrant
from billing.invoicing.queries.grants import with_left
from core.errors import NotFound

_COLUMNS: Final = {"id": "public_id", "created_at": "granted_at"}


@heroku_read(CredentialScope.INVOICES_READ)
def account_credits(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """Those of all that the key may read."""
    return _list(request, _credits(principal))


@heroku_read(CredentialScope.INVOICES_READ)
def account_credit(request: HttpRequest, principal: PartnerPrincipal, credit: str) -> HttpResponse:
    """One of them by its id."""
    found = with_left(_credits(principal).filter(public_id=credit)).first()
    if found is None:
        raise NotFound("Couldn't find that credit.")
    return told(_credit(found))


@heroku_read(CredentialScope.INVOICES_READ)
def team_credits(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """Those of one team."""
    return _list(request, _credits(principal).filter(account=team_named(principal, team)))


def _credits(principal: PartnerPrincipal) -> QuerySet[CreditGrant]:
    """Grants of money; those of units have no amount to say."""
    return CreditGrant.objects.filter(account__in=accounts_of(principal), unit="")


def _list(request: HttpRequest, rows: QuerySet[CreditGrant]) -> HttpResponse:
    asked = asked_range(request.headers.get("Range", ""), _COLUMNS)
    return ranged(with_left(rows), asked, _shown)


def _shown(rows: Sequence[CreditGrant]) -> list[dict[str, Any]]:
    return [_credit(each) for each in rows]


def _credit(grant: CreditGrant) -> dict[str, Any]:
    at = instant_text(grant.granted_at)
    return {
        "id": grant.public_id,
        "title": grant.name,
        "amount": int(grant.amount),
        "balance": int(grant.left),  # type: ignore[attr-defined]  # annotated
        "created_at": at,
        "expires_at": instant_text(grant.expires_at) if grant.expires_at else None,
        "updated_at": at,
    }
