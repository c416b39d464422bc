"""Refunds: a request, and the attempts to carry it out.

A refund takes its money at once from the payment or credit note it is of, so that nothing is given
back twice. Attempts end it: paid out, or failed or cancelled, and then the money is free again. An
unknown outcome ends nothing; it is asked again with the same key.
"""

from django.db import models
from django.db.models import Q

from billing.invoicing.models import CreditNote
from billing.receivables.models.capacity import LOCK_AND_CHECK_SOURCES, checked
from billing.receivables.models.payments import Payment
from core.db.fields import MinorAmountField, PublicIdField
from core.db.models import AppendOnly


class Refund(AppendOnly):
    """A request to give money back to a payer.

    It goes back the way `payment` came; `credit_note` is what it is owed for, and none where it is
    cash that was never used.
    """

    public_id = PublicIdField(prefix="rfd")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    credit_note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    amount_minor = MinorAmountField()
    gateway = models.SlugField(max_length=32)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_is_money"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            checked("refund_within_its_source", LOCK_AND_CHECK_SOURCES),
        ]

    def __str__(self) -> str:
        return f"Refund {self.public_id}"


class RefundAttempt(AppendOnly):
    """One call of the gateway, and what it said."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", "Paid out"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        UNKNOWN = "unknown", "Not known"

    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    gateway_reference = models.CharField(max_length=200, blank=True)
    said = models.CharField(max_length=500, blank=True, help_text="What the gateway answered.")
    attempted_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["refund", "number"], name="refund_attempt_numbered"),
            models.UniqueConstraint(
                fields=["refund"],
                condition=~Q(outcome="unknown"),
                name="refund_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refund} {self.outcome}"
