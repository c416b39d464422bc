"""The coupons of an account to read, and how often each was redeemed."""

from __future__ import annotations

from accounts.models import Account
from billing.contracts.models import CouponRedemption


def redemptions_of(account: Account) -> list[CouponRedemption]:
    """What an account redeemed, the last first; one query."""
    rows = CouponRedemption.objects.filter(account=account).select_related("coupon")
    return list(rows.order_by("-redeemed_at", "-pk")[:200])
