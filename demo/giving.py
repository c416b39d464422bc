"""Credit, a coupon and a change that waits: what the month to come is billed with.

Each thing is done once, however often it is told.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from accounts.models import Account
from accounts.permissions import Role
from billing.contracts.models import Coupon, CouponRedemption, Subscription, SubscriptionChange
from billing.contracts.models.changes import ChangeTiming, SubscriptionVerb
from billing.contracts.operations import coupons
from billing.contracts.operations.coupons import CouponTerms
from billing.invoicing.models import CreditGrant
from billing.invoicing.operations import grants
from billing.invoicing.operations.grants import GrantTerms
from billing.whatif.operations import change_quotes
from billing.whatif.operations.change_quotes import ChangeAsk
from core.actor import Actor
from demo.reference.people import actor_of, holder_of

GRANTED: Final = "Mapletree Payroll"
REDEEMS: Final = "Harbour & Finch"


def give(*, at: datetime) -> None:
    """Grant credit to one account, redeem a coupon for another, have a change wait for a third."""
    approver = actor_of(holder_of(Role.FINANCE_APPROVER))
    support = actor_of(holder_of(Role.SENIOR_SUPPORT))
    _grant(at=at, by=approver)
    _redeem(at=at, by=support)
    _change(at=at, by=support)


def _grant(*, at: datetime, by: Actor) -> None:
    account = Account.objects.filter(name=GRANTED).first()
    if account is None or CreditGrant.objects.filter(account=account).exists():
        return
    for name, minor, days, priority in (
        ("Migration bonus", 25_000, 365, 50),
        ("Sorry for the slow week", 4_000, 60, 10),
    ):
        terms = GrantTerms(
            kind=CreditGrant.Kind.PROMOTIONAL if priority == 50 else CreditGrant.Kind.GOODWILL,
            name=name,
            amount=Decimal(minor),
            effective_from=at,
            expires_at=at + timedelta(days=days),
            priority=priority,
            reason_code="promotion" if priority == 50 else "goodwill",
            ticket="SUP-412",
        )
        grants.grant(account=account, terms=terms, at=at, by=by, reason="Promised in May")


def _redeem(*, at: datetime, by: Actor) -> None:
    account = Account.objects.filter(name=REDEEMS).first()
    if account is None or CouponRedemption.objects.filter(account=account).exists():
        return
    if not Coupon.objects.filter(code="workshop-10").exists():
        terms = CouponTerms(
            code="workshop-10",
            name="Workshop bonus",
            redemptions_max=50,
            share=Decimal("0.1"),
            periods=3,
        )
        coupons.make(terms=terms, at=at, by=by, reason="Given to who attends a workshop")
    coupons.redeem(account=account, code="workshop-10", at=at, by=by, reason="Attended in May")


def _change(*, at: datetime, by: Actor) -> None:
    if SubscriptionChange.objects.exists():
        return
    eco = Subscription.objects.filter(plan__code="eco", ended_at__isnull=True)
    subscription = eco.select_related("account", "plan").order_by("pk").first()
    if subscription is None:
        return
    ask = ChangeAsk(ChangeTiming.PERIOD_END, kind=SubscriptionVerb.CANCEL)
    quote = change_quotes.quote(subscription=subscription, ask=ask, at=at, by=by)
    change_quotes.execute(quote=quote, at=at, by=by, reason="Moves to standard dynos")
