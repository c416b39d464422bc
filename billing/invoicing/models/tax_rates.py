"""What decides the tax of an invoice: rates by jurisdiction, class and date, exemptions, policies.

Each is proposed by one person and approved by another; only what is approved counts. A rate or
policy is never changed: a new one begins where it ends.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q

from accounts.models import Account
from accounts.models.accounts import validate_zone
from billing.invoicing.tax import DatePolicy, TaxRounding
from core.db.fields import PublicIdField, RateField
from core.db.models import Tracked, TsTzRange, another_person, ends_after_start


class TaxRate(Tracked):
    """A rate of a jurisdiction, such as DE or US-CA, for a class of products, for a time."""

    public_id = PublicIdField(prefix="txr")
    jurisdiction = models.CharField(max_length=16, help_text="Such as DE, or US-CA.")
    product_class = models.CharField(
        max_length=64, blank=True, help_text="Class of products it is for; empty is all others."
    )
    name = models.CharField(max_length=100, help_text="As printed, such as VAT.")
    rate = RateField(help_text="A share: 0.19 is 19 %.")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    proposed_by = models.CharField(max_length=200)
    proposer_ref = models.CharField(max_length=64, help_text="Their public id.")
    approved_by = models.CharField(max_length=200, blank=True)
    approver_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            ends_after_start("tax_rate_half_open", start="valid_from", end="valid_until"),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lt=1), name="tax_rate_is_a_share"
            ),
            another_person(
                "tax_rate_two_people",
                first="proposer_ref",
                second="approver_ref",
                told="approved_by",
            ),
            ExclusionConstraint(
                name="tax_rate_one_at_a_time",
                expressions=[
                    ("jurisdiction", RangeOperators.EQUAL),
                    ("product_class", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                condition=~Q(approved_by=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.jurisdiction}"


class TaxExemption(Tracked):
    """A certificate that a payer owes no tax, for a time; an empty jurisdiction is all."""

    public_id = PublicIdField(prefix="txe")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tax_exemptions")
    jurisdiction = models.CharField(max_length=16, blank=True)
    certificate = models.CharField(max_length=300, help_text="Its number and who issued it.")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    proposed_by = models.CharField(max_length=200)
    proposer_ref = models.CharField(max_length=64, help_text="Their public id.")
    approved_by = models.CharField(max_length=200, blank=True)
    approver_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            ends_after_start("tax_exemption_half_open", start="valid_from", end="valid_until"),
            another_person(
                "tax_exemption_two_people",
                first="proposer_ref",
                second="approver_ref",
                told="approved_by",
            ),
            models.CheckConstraint(condition=~Q(certificate=""), name="tax_exemption_has_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.account} exempt: {self.certificate}"


DECIDED_BY = [
    (DatePolicy.SERVICE_END.value, "Last day of the service"),
    (DatePolicy.ISSUE.value, "Day of issue"),
    (DatePolicy.BY_DAY.value, "Each day of the service for itself"),
]
ROUNDINGS = [
    (TaxRounding.HALF_UP.value, "Half away from zero"),
    (TaxRounding.HALF_EVEN.value, "Half to even"),
    (TaxRounding.DOWN.value, "Towards zero"),
    (TaxRounding.UP.value, "Away from zero"),
]


class JurisdictionPolicy(Tracked):
    """Which day decides a rate in a jurisdiction, and how its tax is rounded, for a time."""

    public_id = PublicIdField(prefix="txp")
    jurisdiction = models.CharField(max_length=16, help_text="Such as DE, or US-CA.")
    decided_by = models.CharField(max_length=16, choices=DECIDED_BY)
    rounding = models.CharField(max_length=16, choices=ROUNDINGS)
    zone = models.CharField(
        max_length=64, validators=[validate_zone], help_text="IANA time zone its days are of."
    )
    waits_for_register = models.BooleanField(
        help_text="A tax id that would shift the tax is billed only once its register answered."
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    proposed_by = models.CharField(max_length=200)
    proposer_ref = models.CharField(max_length=64, help_text="Their public id.")
    approved_by = models.CharField(max_length=200, blank=True)
    approver_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name_plural = "jurisdiction policies"
        constraints = [
            ends_after_start("tax_policy_half_open", start="valid_from", end="valid_until"),
            another_person(
                "tax_policy_two_people",
                first="proposer_ref",
                second="approver_ref",
                told="approved_by",
            ),
            ExclusionConstraint(
                name="tax_policy_one_at_a_time",
                expressions=[
                    ("jurisdiction", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                condition=~Q(approved_by=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction}: {self.get_decided_by_display()}"
