"""What decides the tax of an invoice: rates by jurisdiction, class and date, and exemptions.

Both are proposed by one person and approved by another; only what is approved counts. A rate is
never changed: a new one begins where it ends.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from core.db.fields import PublicIdField, RateField
from core.db.models import Tracked, TsTzRange, ends_after_start


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
    approved_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            ends_after_start("tax_rate_half_open", start="valid_from", end="valid_until"),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lt=1), name="tax_rate_is_a_share"
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("proposed_by")), name="tax_rate_two_people"
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
    approved_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            ends_after_start("tax_exemption_half_open", start="valid_from", end="valid_until"),
            models.CheckConstraint(
                condition=~Q(approved_by=F("proposed_by")), name="tax_exemption_two_people"
            ),
            models.CheckConstraint(condition=~Q(certificate=""), name="tax_exemption_has_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.account} exempt: {self.certificate}"
