"""What the catalogue stores."""

from billing.catalogue.models.plans import Plan, PlanVersion, Price, Product
from billing.catalogue.models.worked_cases import WorkedCase

__all__ = [
    "Plan",
    "PlanVersion",
    "Price",
    "Product",
    "WorkedCase",
]
