"""The columns of a FOCUS file we write, by version; a reader of such files shares the names."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from core.errors import Invalid


class FocusVersion(StrEnum):
    """The versions a file can be written in."""

    V1_2 = "1.2"
    V1_4 = "1.4"


class FocusVersionUnknown(Invalid):
    """There is no such version, or it is not one of those that are written."""

    code = "focus_version_unknown"
    title = "Not a version that is written"


SUCCESSORS: Final = {"ProviderName": "ServiceProviderName", "PublisherName": "HostProviderName"}
"""What columns are called since FOCUS 1.3; 1.4 has no longer the old names."""

COLUMNS: Final = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
)
"""The columns of 1.2, in order of their names. Those that are conditional on what we do not have
(regions, commitment discounts, capacity reservations, tags) are left out.
"""


def columns_of(version: FocusVersion) -> tuple[str, ...]:
    """The header of a file."""
    if version is FocusVersion.V1_2:
        return COLUMNS
    return tuple(SUCCESSORS.get(name, name) for name in COLUMNS)


def version_of(text: str) -> FocusVersion:
    """The version a text names; 1.2 where it names none. Raises: FocusVersionUnknown."""
    try:
        return FocusVersion(text or FocusVersion.V1_2)
    except ValueError:
        named = " or ".join(FocusVersion)
        raise FocusVersionUnknown(f"The version is {named}.", field="version") from None
