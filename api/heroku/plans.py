"""GET /plans, /addon-services, /dyno-sizes: what the prices of the key's accounts match.

A plan is a price that names a `plan`, a dyno size one that names a `size`. Where several accounts
have it at several prices, that of the oldest account is said; of an app it is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from accounts.models import CredentialScope
from api.heroku.addons import service_of, stub_of
from api.heroku.apps import app_named
from api.heroku.doors import heroku_read, told
from api.heroku.prices import monthly_price, unit_price_minor
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.catalogue.queries.price_book import BookPrice
from billing.contracts.queries.terms_at import terms_at
from billing.overview.queries.addons import PLAN, attached_to
from core.clock import now
from core.decimals import decimal_text
from core.errors import NotFound
from usage.models import Meter

ACCOUNTS_MAX: Final = 1_000
_SIZE: Final = "size"
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SoldPrice:
    """What one value of a dimension costs, and in which currency."""

    name: str
    price: BookPrice
    currency: str


@heroku_read(CredentialScope.ACCOUNTS_READ)
def services(request: HttpRequest, principal: PartnerPrincipal) -> HttpResponse:
    """The services that plans are of."""
    names = sorted({service_of(name) for name in _sold(_accounts(principal), PLAN)})
    return told([_service(name) for name in names])


@heroku_read(CredentialScope.ACCOUNTS_READ)
def service(request: HttpRequest, principal: PartnerPrincipal, service: str) -> HttpResponse:
    """One of them."""
    if all(service_of(name) != service for name in _sold(_accounts(principal), PLAN)):
        raise NotFound("Couldn't find that add-on service.")
    return told(_service(service))


@heroku_read(CredentialScope.ACCOUNTS_READ)
def service_plans(request: HttpRequest, principal: PartnerPrincipal, service: str) -> HttpResponse:
    """The plans of a service."""
    sold = _sold(_accounts(principal), PLAN)
    found = [_plan(each) for name, each in sorted(sold.items()) if service_of(name) == service]
    if not found:
        raise NotFound("Couldn't find that add-on service.")
    return told(found)


@heroku_read(CredentialScope.ACCOUNTS_READ)
def plan(request: HttpRequest, principal: PartnerPrincipal, plan: str) -> HttpResponse:
    """One plan by its name."""
    return told(_plan(_named(principal, PLAN, plan)))


@heroku_read(CredentialScope.ACCOUNTS_READ)
def plan_meters(request: HttpRequest, principal: PartnerPrincipal, plan: str) -> HttpResponse:
    """What a plan is measured by."""
    return told([_meter(_named(principal, PLAN, plan))])


@heroku_read(CredentialScope.ACCOUNTS_READ)
def plan_meter(
    request: HttpRequest, principal: PartnerPrincipal, plan: str, meter: str
) -> HttpResponse:
    """One of its meters."""
    found = _meter(_named(principal, PLAN, plan))
    if meter not in (found["id"], found["name"]):
        raise NotFound("Couldn't find that meter.")
    return told(found)


@heroku_read(CredentialScope.ACCOUNTS_READ)
def dyno_sizes(request: HttpRequest, principal: PartnerPrincipal, app: str = "") -> HttpResponse:
    """The sizes there are, or those an app may have."""
    if app:
        resource = app_named(principal, app)
        owner = attached_to([resource], at=now())[resource.pk].account
        accounts = {owner.pk: owner.currency}
    else:
        accounts = _accounts(principal)
    sold = _sold(accounts, _SIZE)
    return told([_dyno_size(sold[name]) for name in sorted(sold)])


@heroku_read(CredentialScope.ACCOUNTS_READ)
def dyno_size(request: HttpRequest, principal: PartnerPrincipal, size: str) -> HttpResponse:
    """One size by its name."""
    return told(_dyno_size(_named(principal, _SIZE, size)))


def _accounts(principal: PartnerPrincipal) -> dict[int, str]:
    """The currencies of the first thousand accounts, by id, oldest first."""
    rows = accounts_of(principal).order_by("pk").values_list("pk", "currency")
    return dict(rows[:ACCOUNTS_MAX])


def _sold(accounts: Mapping[int, str], dimension: str) -> dict[str, SoldPrice]:
    """The prices that name this dimension and nothing else, by its value."""
    found: dict[str, SoldPrice] = {}
    for account_id, terms in terms_at(accounts, at=now()).items():
        prices = (price for version in terms for price in version.prices)
        for price in prices:
            if set(price.match) == {dimension} and price.meter_id is not None:
                name = price.match[dimension]
                found.setdefault(name, SoldPrice(name, price, accounts[account_id]))
    return found


def _named(principal: PartnerPrincipal, dimension: str, name: str) -> SoldPrice:
    found = _sold(_accounts(principal), dimension).get(name)
    if found is None:
        raise NotFound(f"Couldn't find that {'plan' if dimension == PLAN else 'dyno size'}.")
    return found


def _service(name: str) -> dict[str, Any]:
    return stub_of(name) | {"human_name": name.title(), "state": "ga"}


def _plan(sold: SoldPrice) -> dict[str, Any]:
    return {
        **stub_of(sold.name),
        "addon_service": stub_of(service_of(sold.name)),
        "compliance": None,
        "default": False,
        "description": sold.price.name,
        "human_name": sold.price.name,
        "installable_inside_private_network": False,
        "installable_outside_private_network": True,
        "price": monthly_price(sold.price, sold.currency),
        "space_default": False,
        "state": "ga",
        "visible": True,
    }


def _meter(sold: SoldPrice) -> dict[str, Any]:
    """`price_cents` is text, of one unit after its conversion; empty where it has tiers."""
    assert sold.price.meter_id is not None  # _sold leaves fees out
    meter = Meter.objects.get(pk=sold.price.meter_id)
    unit = unit_price_minor(sold.price, sold.currency)
    included = sold.price.price.included
    return {
        "id": meter.public_id,
        "name": meter.code,
        "aggregation": meter.aggregation,
        "billing_description": sold.price.name,
        "billing_period": "month",
        "billing_unit": sold.price.price.unit or meter.unit,
        "end_time": None,
        "included_units": decimal_text(included.quantity) if included else "0",
        "price_cents": "" if unit is None else _exact(unit.numerator, unit.denominator),
        "product_description": meter.name,
        "rate_period": "month",
        "start_time": None,
    }


def _exact(numerator: int, denominator: int) -> str:
    """Unit prices are decimals, so the division ends."""
    return decimal_text((Decimal(numerator) / Decimal(denominator)).normalize())


def _dyno_size(sold: SoldPrice) -> dict[str, Any]:
    """What a machine is made of is not known here: null."""
    price = monthly_price(sold.price, sold.currency)
    return {
        **stub_of(sold.name),
        "architecture": None,
        "compute": None,
        "cost": {"cents": price["cents"], "unit": price["unit"]},
        "dedicated": None,
        "dyno_units": None,
        "generation": None,
        "memory": None,
        "precise_dyno_units": None,
        "private_space_only": False,
    }
