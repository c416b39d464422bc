"""GET /account/rate-limits, and /account/delinquency and /teams/{team}/delinquency."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from accounts.models import CredentialScope
from api.heroku.doors import heroku_read, team_named, told
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.receivables.queries.dunning import Delinquency, delinquencies, delinquency
from core.clock import now

ACCOUNTS_MAX: Final = 1_000
READS: Final = 4_500
"""What Heroku allows at once. Reads are not rationed here, so it never gets less."""


@heroku_read(CredentialScope.INVOICES_READ)
def rate_limits(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """What clients ask first, to see whether their key is good."""
    return told({"remaining": READS})


@heroku_read(CredentialScope.PAYMENTS_READ)
def account_delinquency(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """The earliest days among what the key may read, the first thousand accounts."""
    accounts = list(accounts_of(principal).order_by("pk")[:ACCOUNTS_MAX])
    return told(_shown(delinquencies(accounts, at=now())))


@heroku_read(CredentialScope.PAYMENTS_READ)
def team_delinquency(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """The days of one team."""
    return told(_shown([delinquency(team_named(principal, team), at=now())]))


def _shown(found: list[Delinquency]) -> dict[str, Any]:
    return {
        "scheduled_suspension_time": _first(each.suspended_on for each in found),
        "scheduled_deletion_time": _first(each.deleted_on for each in found),
    }


def _first(days: Any) -> str | None:
    said: list[date] = sorted(filter(None, days))
    return f"{said[0].isoformat()}T00:00:00Z" if said else None
