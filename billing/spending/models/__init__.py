"""The tables of limits on spending."""

from billing.spending.models.limits import SpendingLimit
from billing.spending.models.marks import SpendingMark, SpendingResume
from billing.spending.models.watches import SpendingWatch

__all__ = ["SpendingLimit", "SpendingMark", "SpendingResume", "SpendingWatch"]
