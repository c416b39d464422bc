"""The built-in engine's rows: rates, exemptions and policies that two people put in force."""

from collections import defaultdict
from collections.abc import Collection

from billing.invoicing.models import JurisdictionPolicy, TaxExemption, TaxRate
from billing.invoicing.tax import DatePolicy, TaxRounding
from billing.invoicing.tax_tables import (
    ExemptionInForce,
    PolicyInForce,
    RateInForce,
    TaxTables,
)


def tables_of(payer_ids: Collection[int]) -> TaxTables:
    """All rates and policies, and the exemptions of these payers; three queries."""
    exemptions: dict[int, list[ExemptionInForce]] = defaultdict(list)
    rows = TaxExemption.objects.filter(account_id__one_of=payer_ids).exclude(approved_by="")
    for row in rows.order_by("valid_from"):
        exemptions[row.account_id].append(
            ExemptionInForce(
                row.account_id, row.jurisdiction, row.certificate, row.valid_from, row.valid_until
            )
        )
    return TaxTables(_rates(), exemptions, _policies())


def _rates() -> list[RateInForce]:
    rates = TaxRate.objects.exclude(approved_by="").order_by("jurisdiction", "valid_from")
    return [
        RateInForce(
            row.jurisdiction,
            row.product_class,
            row.name,
            row.rate,
            row.valid_from,
            row.valid_until,
        )
        for row in rates
    ]


def _policies() -> list[PolicyInForce]:
    rows = JurisdictionPolicy.objects.exclude(approved_by="").order_by("jurisdiction", "valid_from")
    return [
        PolicyInForce(
            row.jurisdiction,
            DatePolicy(row.decided_by),
            TaxRounding(row.rounding),
            row.zone,
            row.waits_for_register,
            row.valid_from,
            row.valid_until,
        )
        for row in rows
    ]
