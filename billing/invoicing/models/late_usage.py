"""The late-usage ledger: what became of usage that arrived after its invoice was issued.

Append-only. A decision settles everything received for one issued invoice up to `through_at`; a
late event's fate is that of the first decision that reaches it, and open while there is none.
"""

from django.db import models
from django.db.models import Q

from billing.invoicing.models.invoices import Invoice
from core.db.fields import MinorAmountField, PublicIdField, QuantityField
from core.db.models import AppendOnly


def stands(prefix: str = "") -> Q:
    """Decisions that hold: what was billed on an invoice that is void by now is open again.

    `prefix` is the way to the decision.
    """
    return Q(**{f"{prefix}billed_on__void__isnull": True})


class LateUsageDecision(AppendOnly):
    """One fate for the late usage of an issued invoice, received up to `through_at`."""

    class Fate(models.TextChoices):
        BILLED = "billed", "Billed on a later invoice"
        WAIVED = "waived", "Waived"

    public_id = PublicIdField(prefix="lat")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="late_decisions")
    fate = models.CharField(max_length=16, choices=Fate.choices)
    through_at = models.DateTimeField()
    billed_on = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="late_billed"
    )
    amount_minor = MinorAmountField(help_text="What the decision bills, or lets go.")
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(fate="billed", billed_on__isnull=False)
                | Q(fate="waived", billed_on__isnull=True),
                name="late_decision_billed_names_invoice",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="late_decision_says_why"),
            models.UniqueConstraint(
                fields=["invoice", "billed_on"],
                condition=Q(fate="billed"),
                name="late_decision_billed_once_per_invoice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.fate} through {self.through_at:%Y-%m-%d %H:%M}"


class LateUsageAmount(AppendOnly):
    """What a decision settled of one charge: the metered quantity and the amount it came to."""

    decision = models.ForeignKey(
        LateUsageDecision, on_delete=models.PROTECT, related_name="amounts"
    )
    charge_key = models.CharField(max_length=300)
    quantity = QuantityField(help_text="In the meter's unit; below 0 when usage was taken back.")
    amount_minor = MinorAmountField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "charge_key"], name="late_amount_once_per_charge"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.charge_key} {self.amount_minor}"
