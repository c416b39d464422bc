"""A plan that is paid by the year, with seats: sold to one account from the month to come on, so
that no amount of the finished month changes.

Each thing is done once, however often it is told.
"""

from datetime import datetime, timedelta
from typing import Final

from accounts.models import Account
from accounts.permissions import Role
from billing.catalogue.models import Plan, Product
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import Subscription
from billing.contracts.models.changes import ChangeTiming
from billing.contracts.operations import seats, subscriptions
from billing.publishing import operations as publishing
from billing.whatif.operations import change_quotes
from billing.whatif.operations.change_quotes import ChangeAsk
from core.actor import Actor
from demo.reference.customers import CURRENCY
from demo.reference.people import actor_of, holder_of

BUYS: Final = "Harbour & Finch"
CODE: Final = "team-year"
_BOUGHT: Final = 5
_HOLDERS: Final = (
    "ada@harbourfinch.example",
    "ben@harbourfinch.example",
    "cleo@harbourfinch.example",
)
_PRICES: Final = (
    PriceTerms(
        code="team-year",
        name="Team space, a year",
        definition={"model": "flat", "amount": "1188.00", "cycle": "year"},
    ),
    PriceTerms(
        code="seats",
        name="Team seats",
        definition={"model": "per_unit", "unit_price": "12.00", "unit": "seat", "seats": "day"},
    ),
)


def sell_seats(*, at: datetime) -> None:
    """Offer the plan, have one account take it, buy seats as quoted, and say who holds them."""
    account = Account.objects.filter(name=BUYS).first()
    if account is None or Plan.objects.filter(code=CODE).exists():
        return
    finance, support = (
        actor_of(holder_of(role)) for role in (Role.FINANCE_ADMIN, Role.SENIOR_SUPPORT)
    )
    plan = _offer(at=at, by=finance)
    reason = "They asked for a space of their own"
    held = subscriptions.start(account=account, plan=plan, at=at, by=support, reason=reason)
    _buy(held, _BOUGHT, ChangeTiming.NOW, at=at, by=support)
    _buy(held, _BOUGHT + 3, ChangeTiming.PERIOD_END, at=at, by=support)
    for number, holder in enumerate(_HOLDERS):
        seats.take(
            subscription=held,
            price_code="seats",
            holder=holder,
            since=at + timedelta(minutes=number),
            at=at,
            by=support,
            reason="Joined the team",
        )


def _offer(*, at: datetime, by: Actor) -> Plan:
    reason = "Teams want to pay by the year"
    product = Product.objects.filter(code="teams").first() or plans.create_product(
        code="teams", name="Team spaces", by=by, reason=reason
    )
    plan = plans.create_plan(
        product=product, code=CODE, name="Team space", currency=CURRENCY, by=by, reason=reason
    )
    version = plans.draft_version(
        plan=plan, effective_from=at, prices=_PRICES, by=by, reason=reason
    )
    publishing.publish(version=version, at=at, by=by, reason=reason)
    return plan


def _buy(held: Subscription, count: int, when: ChangeTiming, *, at: datetime, by: Actor) -> None:
    ask = ChangeAsk(when, price_code="seats", quantity=count)
    quote = change_quotes.quote(subscription=held, ask=ask, at=at, by=by)
    change_quotes.execute(quote=quote, at=at, by=by, reason="More people join")
