"""What became of the one invoice of a payer for all the accounts it pays for."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.invoicing.models.invoices import Invoice
from core.db.models import ends_after_start


class Consolidation(models.Model):
    """A month of a payer: issued with all its statements, or parked and why; never some of them."""

    class State(models.TextChoices):
        ISSUED = "issued", "Issued"
        PARKED = "parked", "Parked"
        EMPTY = "empty", "Nothing to bill"

    # The unique month serves it.
    payer = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="consolidations", db_index=False
    )
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State)
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, null=True, blank=True)
    parked_code = models.CharField(max_length=64, blank=True, default="")
    parked_reason = models.TextField(blank=True, default="")
    settled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payer", "period_from"], name="consolidation_once"),
            ends_after_start("consolidation_period", start="period_from", end="period_until"),
            models.CheckConstraint(
                condition=Q(state="issued", invoice__isnull=False, parked_code="")
                | (Q(state="parked", invoice__isnull=True) & ~Q(parked_code=""))
                | Q(state="empty", invoice__isnull=True, parked_code=""),
                name="consolidation_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer_id} {self.period_from:%Y-%m-%d} {self.state}"
