"""The price list as plans with one published version each, and who is subscribed to what."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from accounts.models import Account
from billing.catalogue.models import Plan
from billing.catalogue.operations import plans as catalogue
from billing.catalogue.operations.plans import CaseTerms, PriceTerms
from billing.contracts.operations import subscriptions
from billing.publishing import operations as publishing
from core.actor import Actor
from demo.platform.play import Play
from demo.platform.values import AccountKind
from demo.reference import examples, tariff
from demo.reference.customers import CURRENCY

CONTRACT_DISCOUNT_PERCENT = "12"
_REASON = "The price list the demo starts with"


def publish_plans(
    meters: tariff.Meters, *, effective_from: datetime, at: datetime, by: Actor
) -> dict[str, Plan]:
    """Four plans by code, in force from `effective_from`."""
    platform = catalogue.create_product(code="platform", name="Platform", by=by, reason=_REASON)
    support = catalogue.create_product(code="support", name="Support", by=by, reason=_REASON)
    contract = tariff.pay_as_you_go(meters, contract_discount=CONTRACT_DISCOUNT_PERCENT)
    offers = (
        (platform, "pay-as-you-go", "Pay as you go", tariff.pay_as_you_go(meters)),
        (platform, "enterprise", "Enterprise", contract),
        (platform, "eco", "Eco", tariff.eco(meters)),
        (support, "enterprise-support", "Enterprise support", tariff.enterprise_support()),
    )
    plans = {}
    for product, code, name, prices in offers:
        plan = catalogue.create_plan(
            product=product, code=code, name=name, currency=CURRENCY, by=by, reason=_REASON
        )
        cases = examples.CASES[code]
        _publish(plan, prices, cases, effective_from=effective_from, at=at, by=by)
        plans[code] = plan
    return plans


def subscribe(
    play: Play, opened: Mapping[str, Account], plans: Mapping[str, Plan], *, by: Actor
) -> None:
    """Each account on its plans from the finished month's first instant, or from its opening."""
    eco_users = _eco_users(play)
    for each in play.accounts:
        codes = [_plan_of(each.kind, each.parent)]
        if each.key in eco_users:
            codes.append("eco")
        for code in codes:
            subscriptions.start(
                account=opened[each.key],
                plan=plans[code],
                at=max(each.opened_at, play.time.opens(each.zone)),
                by=by,
                reason=f"{each.name} chose {plans[code].name}",
            )


def _plan_of(kind: AccountKind, parent: str | None) -> str:
    if kind is AccountKind.ENTERPRISE:
        return "enterprise-support"
    return "enterprise" if parent else "pay-as-you-go"


def _eco_users(play: Play) -> set[str]:
    asleep_at_night = {
        held.subject for held in play.report.held if held.dimensions.get("size") == "eco"
    }
    return {
        tenure.account
        for app in play.apps
        if app.platform_id in asleep_at_night
        for tenure in app.tenures
    }


def _publish(
    plan: Plan,
    prices: list[PriceTerms],
    cases: Sequence[CaseTerms],
    *,
    effective_from: datetime,
    at: datetime,
    by: Actor,
) -> None:
    version = catalogue.draft_version(
        plan=plan, effective_from=effective_from, prices=prices, cases=cases, by=by, reason=_REASON
    )
    publishing.publish(version=version, at=at, by=by, reason=_REASON)
