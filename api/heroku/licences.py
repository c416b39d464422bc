"""GET /teams/{team}/licenses and /license-collections: what was agreed, and how much is used up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import CredentialScope
from api.heroku.doors import heroku_read, instant_text, team_named, told
from api.heroku.ranges import asked_range, ranged
from api.tokens import PartnerPrincipal
from billing.licences.models import License, LicenseProduct
from core.clock import now
from usage.aggregate.exact import plain

_COLUMNS: Final = {"id": "public_id", "start_date": "starts_at", "end_date": "ends_at"}


@heroku_read(CredentialScope.INVOICES_READ)
def licenses(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """What the licences of a team that hold now sell."""
    at = now()
    held = _of(principal, team).filter(starts_at__lte=at, ends_at__gt=at).order_by("public_id")
    return told([shown for each in held for shown in _products(each)])


@heroku_read(CredentialScope.INVOICES_READ)
def collections(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """The same of every term there was, is or will be."""
    asked = asked_range(request.headers.get("Range", ""), _COLUMNS)
    return ranged(_of(principal, team), asked, _collections)


def _of(principal: PartnerPrincipal, team: str) -> QuerySet[License]:
    """Raises: NotFound."""
    rows = License.objects.filter(account=team_named(principal, team))
    return rows.prefetch_related("products__commitments__buckets")


def _collections(rows: Sequence[License]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.public_id,
            "name": each.name,
            "start_date": instant_text(each.starts_at),
            "end_date": instant_text(each.ends_at),
            "licenses": _products(each),
        }
        for each in rows
    ]


def _products(row: License) -> list[dict[str, Any]]:
    return [
        {
            "code": each.code,
            "name": each.name,
            "qty": plain(each.quantity),
            "consumed": plain(_consumed(each)),
            "start_date": instant_text(row.starts_at),
            "end_date": instant_text(row.ends_at),
        }
        for each in sorted(row.products.all(), key=lambda product: product.code)
    ]


def _consumed(product: LicenseProduct) -> Decimal:
    """What issued invoices drew of its pools, in all windows."""
    pools = product.commitments.all()
    return sum((window.drawn for pool in pools for window in pool.buckets.all()), Decimal(0))
