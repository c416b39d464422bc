"""Subscriptions and agreed prices under /admin."""

from billing.contracts.admin import (
    agreed_prices,
    changes,
    coupons,
    entitlements,
    seats,
    subscriptions,
)

__all__ = ["agreed_prices", "changes", "coupons", "entitlements", "seats", "subscriptions"]
