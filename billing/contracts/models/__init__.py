"""What contracts store."""

from billing.contracts.models.changes import (
    ChangeOutcome,
    ChangePolicy,
    SubscriptionChange,
    SubscriptionPause,
)
from billing.contracts.models.coupons import Coupon, CouponRedemption
from billing.contracts.models.entitlements import Entitlement
from billing.contracts.models.price_overrides import PriceOverride
from billing.contracts.models.seats import BoughtSeats, SeatHolder
from billing.contracts.models.subscriptions import Subscription

__all__ = [
    "BoughtSeats",
    "ChangeOutcome",
    "ChangePolicy",
    "Coupon",
    "CouponRedemption",
    "Entitlement",
    "PriceOverride",
    "SeatHolder",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionPause",
]
