"""Who typed a one-off invoice, and who else let it go."""

from django.db import models
from django.db.models import Q

from billing.invoicing.models.invoices import Invoice
from core.db.models import Tracked, another_person


class OneOffInvoice(Tracked):
    """The two persons of a typed invoice: one prepares it, another issues it.

    Without the second the database lets nobody issue it. One that is discarded goes with its draft.
    """

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="one_off")
    prepared_by = models.CharField(max_length=200)
    preparer_ref = models.CharField(max_length=64, help_text="Their public id.")
    prepared_at = models.DateTimeField()
    reason = models.TextField()
    ticket = models.CharField(max_length=100, blank=True)
    approved_by = models.CharField(max_length=200, blank=True, default="")
    approver_ref = models.CharField(max_length=64, blank=True, default="")
    approved_at = models.DateTimeField(null=True, blank=True)
    approval_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="one_off_says_why"),
            another_person(
                "one_off_two_people",
                first="preparer_ref",
                second="approver_ref",
                told="approved_by",
            ),
            models.CheckConstraint(
                condition=Q(approved_by="", approved_at__isnull=True)
                | (~Q(approved_by="") & Q(approved_at__isnull=False)),
                name="one_off_approved_at",
            ),
        ]

    def __str__(self) -> str:
        return f"One-off {self.invoice_id}"
