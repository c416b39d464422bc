"""What contracts store."""

from billing.contracts.models.price_overrides import PriceOverride
from billing.contracts.models.subscriptions import Subscription

__all__ = [
    "PriceOverride",
    "Subscription",
]
