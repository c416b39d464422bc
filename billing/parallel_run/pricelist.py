"""The provider's list prices as published plans, and who is subscribed to them when.

A price is known by SKU, list price and unit together, so a changed price is another price and no
published version is ever touched: what a file brings that is new is published as the next plan of
the provider's price list. An account has a plan for exactly the billing months it is used in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from accounts.models import Account
from billing.catalogue.models import Plan, Price, Product
from billing.catalogue.operations import plans as catalogue
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import Subscription
from billing.contracts.operations import subscriptions
from billing.parallel_run.charges import EARLIEST, SkuPrice
from billing.parallel_run.columns import printable
from billing.parallel_run.import_setup import DIMENSIONS, slug_of
from billing.parallel_run.imported_by import ImportedBy
from billing.publishing import operations as publishing
from core.periods import Period
from usage.models import Meter


@dataclass(frozen=True, slots=True, order=True)
class PriceList:
    """Whose prices, in which currency."""

    provider: str
    currency: str


def ensure_prices(
    prices: PriceList, wanted: Mapping[SkuPrice, str], *, meter: Meter, doing: ImportedBy
) -> dict[SkuPrice, Plan]:
    """The plan that has each price; those not yet published are, with the names given.

    One plan for all that is new, in the order of SKU and price.
    """
    product = _product(prices, doing)
    plans = Plan.objects.filter(product=product, currency=prices.currency)
    known = {
        price_of(price.match): price.plan_version.plan
        for price in Price.objects.filter(
            plan_version__plan__in=plans, plan_version__state="published"
        ).select_related("plan_version__plan")
    }
    new = {price: wanted[price] for price in sorted(wanted) if price not in known}
    if new:
        number = plans.count() + 1
        provider = printable(prices.provider, longest=80)
        plan = catalogue.create_plan(
            product=product,
            code=f"{product.code}-{prices.currency.lower()}-{number}",
            name=f"{provider} list prices {prices.currency}, part {number}",
            currency=prices.currency,
            by=doing.by,
            reason=doing.reason,
        )
        _publish(plan, [_terms(price, name, meter) for price, name in new.items()], doing)
        known |= dict.fromkeys(new, plan)
    return {price: known[price] for price in wanted}


def _product(prices: PriceList, doing: ImportedBy) -> Product:
    code = f"focus-{slug_of(prices.provider)}"
    found = Product.objects.filter(code=code).first()
    return found or catalogue.create_product(
        code=code,
        name=f"{printable(prices.provider, longest=150)} at list price",
        by=doing.by,
        reason=doing.reason,
    )


def _publish(plan: Plan, prices: list[PriceTerms], doing: ImportedBy) -> None:
    version = catalogue.draft_version(
        plan=plan, effective_from=EARLIEST, prices=prices, by=doing.by, reason=doing.reason
    )
    publishing.publish(version=version, at=doing.at, by=doing.by, reason=doing.reason)


def _terms(price: SkuPrice, name: str, meter: Meter) -> PriceTerms:
    identity = "\0".join([price.sku, price.list_price, price.unit])
    return PriceTerms(
        code=f"sku-{blake2b(identity.encode(), digest_size=16).hexdigest()}",
        name=printable(name, price.sku),
        definition={"model": "per_unit", "unit_price": price.list_price, "unit": price.unit},
        meter=meter,
        match=dimensions_of(price),
    )


def dimensions_of(price: SkuPrice) -> dict[str, str]:
    """The dimensions usage has that this price is for."""
    return dict(zip(DIMENSIONS, (price.sku, price.list_price, price.unit), strict=True))


def price_of(dimensions: Mapping[str, str]) -> SkuPrice:
    """The price with these dimensions."""
    return SkuPrice(*(dimensions[name] for name in DIMENSIONS))


def ensure_subscriptions(
    account: Account, months: Iterable[tuple[Period, Collection[Plan]]], doing: ImportedBy
) -> None:
    """Subscribe an account to each plan for each of the months, where it is not already."""
    have: dict[int, set[Period]] = defaultdict(set)
    for plan_id, start, end in Subscription.objects.filter(account=account).values_list(
        "plan_id", "started_at", "ended_at"
    ):
        if end is not None:
            have[plan_id].add(Period(start, end))
    for month, plans in months:
        for plan in sorted(plans, key=lambda each: each.pk):
            if month not in have[plan.pk]:
                subscriptions.start(
                    account=account,
                    plan=plan,
                    at=month.start,
                    until=month.end,
                    by=doing.by,
                    reason=doing.reason,
                )
