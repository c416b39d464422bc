"""Payments received, and what took one back: facts, each recorded once.

A payment is money of a payer. What is free of it is its amount less what was taken back, is being
refunded, and was settled; the settlements' trigger holds that at 0 or more.
"""

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from billing.receivables.models.capacity import LOCK_AND_CHECK_PAYMENT, checked
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.models import AppendOnly
from core.money import Money


class Payment(AppendOnly):
    """Money received from a payer.

    `source` and `external_key` say where it was reported: the same report is the same payment.
    """

    class Method(models.TextChoices):
        BANK = "bank", "Bank transfer"
        CARD = "card", "Card"
        DIRECT_DEBIT = "direct_debit", "Direct debit"
        CHECK = "check", "Check"
        OTHER = "other", "Other"

    public_id = PublicIdField(prefix="pay")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    currency = CurrencyField()
    amount_minor = MinorAmountField()
    method = models.CharField(max_length=16, choices=Method.choices)
    source = models.CharField(
        max_length=64, help_text="Who reported it: a bank, a gateway, a person."
    )
    external_key = models.CharField(max_length=200, help_text="Its name there; once per source.")
    reference = models.CharField(
        max_length=500, blank=True, help_text="What the payer wrote, as received."
    )
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["account", "-received_at", "-id"], name="payment_by_account"),
            models.Index(fields=["-received_at", "-id"], name="payment_by_receipt"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_is_money"),
            models.CheckConstraint(
                condition=Q(received_at__lte=F("recorded_at")), name="payment_not_ahead"
            ),
            models.UniqueConstraint(
                fields=["source", "external_key"], name="payment_reported_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} from {self.account}"

    @property
    def amount(self) -> Money:
        """What was received."""
        return Money.from_minor(self.amount_minor, self.currency)


class PaymentReversal(AppendOnly):
    """What took a payment back, in whole or in part: the bank, or a card network."""

    class Kind(models.TextChoices):
        BANK = "bank", "Taken back by the bank"
        CHARGEBACK = "chargeback", "Chargeback"
        EXCHANGED = "exchanged", "Exchanged for another currency"

    public_id = PublicIdField(prefix="prv")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="reversals")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount_minor = MinorAmountField(help_text="Of the payment's own money.")
    excess_minor = MinorAmountField(
        default=0, help_text="Taken beyond what was left of the payment: a loss, or to be claimed."
    )
    source = models.CharField(max_length=64)
    external_key = models.CharField(max_length=200)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, excess_minor__gte=0)
                & (Q(amount_minor__gt=0) | Q(excess_minor__gt=0)),
                name="payment_reversal_is_money",
            ),
            models.UniqueConstraint(
                fields=["source", "external_key"], name="payment_reversal_reported_once"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            checked("payment_reversal_within_its_payment", LOCK_AND_CHECK_PAYMENT),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.payment}"
