"""GET /account/invoice-address and /teams/{team}/invoice-address: what invoices are made out to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import Account, CredentialScope
from accounts.queries.profiles import profile_at
from api.heroku.doors import InvalidParams, heroku_read, team_named, told
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from core.clock import now
from core.errors import NotFound


@heroku_read(CredentialScope.ACCOUNTS_READ)
def account_address(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """That of the one account the key may read."""
    accounts = list(accounts_of(principal).order_by("pk")[:2])
    if len(accounts) > 1:
        raise InvalidParams("This key reads several accounts: ask for that of a team.")
    if not accounts:
        raise NotFound("Couldn't find that account.")
    return told(_address(accounts[0]))


@heroku_read(CredentialScope.ACCOUNTS_READ)
def team_address(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """That of a team."""
    return told(_address(team_named(principal, team)))


def _address(account: Account) -> dict[str, Any]:
    """Lines as they are printed; city and postal code are in them, and not told apart."""
    profile = profile_at(account, now())
    lines = profile.address.splitlines() if profile else []
    first, second, *rest = [*lines, "", ""]
    return {
        "address_1": first,
        "address_2": second,
        "city": "",
        "country": profile.country if profile else "",
        "heroku_id": account.public_id,
        "other": "\n".join(each for each in rest if each),
        "postal_code": "",
        "state": profile.region if profile else "",
        "use_invoice_address": True,
    }
