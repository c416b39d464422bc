"""What was agreed with an account about its invoices, beside the terms of its billing profile."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Account
from core.db.fields import MinorAmountField
from core.db.models import Tracked

GRACE_DAYS_MAX = 31
"""As for a run: usage that is not billed a month after its end is a mistake, not patience."""


class InvoiceTerms(Tracked):
    """How an account is invoiced; one without a row has none of it.

    `threshold_minor`, in minor units of the account's currency, bills what was used as soon as it
    comes to that much. What is printed is copied onto the invoice when it is drafted.
    """

    locked_after = ("account",)

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="invoice_terms")
    grace_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(GRACE_DAYS_MAX)],
        help_text="Least days from the end of a period to its bill; empty: as the run says.",
    )
    consolidates = models.BooleanField(
        default=False, help_text="One invoice for all accounts it pays for, a statement for each."
    )
    threshold_minor = MinorAmountField(  # type: ignore[misc]  # null has no generic
        null=True,
        blank=True,
        help_text="Usage that comes to this much within a period is billed at once.",
    )
    purchase_order = models.CharField(max_length=100, blank=True, default="")
    note = models.TextField(max_length=1_000, blank=True, default="")

    class Meta:
        verbose_name_plural = "invoice terms"
        constraints = [
            models.CheckConstraint(
                condition=Q(grace_days__isnull=True) | Q(grace_days__lte=GRACE_DAYS_MAX),
                name="invoice_terms_grace",
            ),
            models.CheckConstraint(
                condition=Q(threshold_minor__isnull=True) | Q(threshold_minor__gt=0),
                name="invoice_terms_threshold_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"Invoice terms of {self.account_id}"
