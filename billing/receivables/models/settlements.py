"""Settlements: amounts that go from a payment, a credit note or a loss to an invoice."""

from django.db import models
from django.db.models import F, Q

from billing.invoicing.models import CreditNote, Invoice
from billing.receivables.models.capacity import LOCK_AND_CHECK_INVOICE, REVERSES_ALL, checked
from billing.receivables.models.payments import Payment
from core.db.fields import MinorAmountField, PublicIdField
from core.db.models import AppendOnly


class Settlement(AppendOnly):
    """One amount that settles some of an invoice; below 0 where it takes another back whole.

    Open of an invoice at an instant is its total less the settlements effective by then.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", "Payment"
        CREDIT_NOTE = "credit_note", "Credit note"
        WRITE_OFF = "write_off", "Write-off"
        BANK_CHARGE = "bank_charge", "Bank charge"

    public_id = PublicIdField(prefix="stl")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="settlements", db_index=False
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="settlements"
    )
    credit_note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, null=True, blank=True, related_name="settlements"
    )
    amount_minor = MinorAmountField()
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal"
    )
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["invoice", "effective_at"], name="settlement_by_invoice")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="payment", payment__isnull=False, credit_note__isnull=True)
                | Q(kind="credit_note", payment__isnull=True, credit_note__isnull=False)
                | Q(
                    kind__in=["write_off", "bank_charge"],
                    payment__isnull=True,
                    credit_note__isnull=True,
                ),
                name="settlement_has_one_source",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount_minor__gt=0)
                | Q(reverses__isnull=False, amount_minor__lt=0),
                name="settlement_below_zero_takes_back",
            ),
            models.CheckConstraint(
                condition=Q(effective_at__lte=F("recorded_at")), name="settlement_not_ahead"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="settlement_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            checked("settlement_within_what_there_is", LOCK_AND_CHECK_INVOICE),
            checked("settlement_reverses_all", REVERSES_ALL),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount_minor} on {self.invoice}"
