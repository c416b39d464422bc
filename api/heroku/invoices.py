"""GET /account/invoices and /teams/{team}/invoices. Amounts are in minor units of the currency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import CredentialScope
from api.heroku.doors import heroku_read, instant_text, team_named, told
from api.heroku.ranges import asked_range, ranged
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.invoicing.models import Invoice
from billing.receivables.queries.open_items import OpenItem, open_items
from core.clock import now
from core.errors import NotFound

_COLUMNS: Final = {
    "id": "public_id",
    "created_at": "created_at",
    "period_start": "period_from",
    "period_end": "period_until",
}
_PENDING, _SUCCESSFUL = 0, 1


@heroku_read(CredentialScope.INVOICES_READ)
def account_invoices(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """Issued invoices of all that the key may read."""
    asked = asked_range(request.headers.get("Range", ""), _COLUMNS)
    return ranged(_issued(principal), asked, _shown)


@heroku_read(CredentialScope.INVOICES_READ)
def account_invoice(request: HttpRequest, principal: PartnerPrincipal, name: str) -> HttpResponse:
    """One of them, by id or number."""
    return told(_shown([_named(_issued(principal), name)])[0])


@heroku_read(CredentialScope.INVOICES_READ)
def team_invoices(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """Issued invoices of a team, by its id or name."""
    asked = asked_range(request.headers.get("Range", ""), _COLUMNS)
    return ranged(_issued(principal).filter(account=team_named(principal, team)), asked, _of_team)


@heroku_read(CredentialScope.INVOICES_READ)
def team_invoice(
    request: HttpRequest, principal: PartnerPrincipal, team: str, name: str
) -> HttpResponse:
    """One of them, by id or number."""
    rows = _issued(principal).filter(account=team_named(principal, team))
    return told(_of_team([_named(rows, name)])[0])


def _issued(principal: PartnerPrincipal) -> QuerySet[Invoice]:
    return Invoice.objects.filter(
        account__in=accounts_of(principal), state=Invoice.State.ISSUED, number__isnull=False
    )


def _named(rows: QuerySet[Invoice], name: str) -> Invoice:
    wanted = Q(public_id=name) | Q(number=name)
    if name.isascii() and name.isdigit() and len(name) < 19:
        wanted |= Q(sequence=int(name))
    found = rows.filter(wanted).order_by("-pk").first()
    if found is None:
        raise NotFound("Couldn't find that invoice.")
    return found


def _shown(invoices: Sequence[Invoice]) -> list[dict[str, Any]]:
    items = open_items(invoices, at=now())
    return [_invoice(each, items[each.pk]) for each in invoices]


def _of_team(invoices: Sequence[Invoice]) -> list[dict[str, Any]]:
    items = open_items(invoices, at=now())
    return [_invoice(each, items[each.pk]) | _paid(items[each.pk]) for each in invoices]


def _invoice(invoice: Invoice, item: OpenItem) -> dict[str, Any]:
    return {
        "id": invoice.public_id,
        "number": invoice.sequence,
        "period_start": instant_text(invoice.period_from),
        "period_end": instant_text(invoice.period_until),
        "charges_total": invoice.total_minor,
        "credits_total": item.credited_minor,
        "total": 0 if item.is_void else invoice.total_minor - item.credited_minor,
        "state": _PENDING if item.open_minor else _SUCCESSFUL,
        "created_at": instant_text(invoice.created_at),
        "updated_at": instant_text(invoice.issued_at or invoice.created_at),
    }


def _paid(item: OpenItem) -> dict[str, str]:
    return {"payment_status": "Pending" if item.open_minor else "Paid"}
