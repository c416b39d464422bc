"""Adjustments: amounts somebody decided on, which the next invoice of an account bills or gives."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from billing.invoicing.models.invoices import Invoice
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.models import AppendOnly
from core.money import Money


class Adjustment(AppendOnly):
    """An amount before tax that goes on the account's next invoice: above 0 it is charged.

    `corrects` is the issued invoice it is about, whose date its tax is of. It is undone only by one
    of the opposite amount that names it.
    """

    class Reason(models.TextChoices):
        BILLING_ERROR = "billing_error", "Billing error"
        CREDIT_UNDONE = "credit_undone", "A credit note was too much"
        PRICE_NOT_AS_AGREED = "price_not_as_agreed", "Price not as agreed"
        GOODWILL = "goodwill", "Goodwill"
        TRUE_UP = "true_up", "Units agreed and not used"
        BY_MISTAKE = "by_mistake", "An adjustment made by mistake"

    public_id = PublicIdField(prefix="adj")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="adjustments")
    currency = CurrencyField()
    amount_minor = MinorAmountField()
    description = models.CharField(max_length=200, help_text="As it is printed on the invoice.")
    corrects = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="adjustments"
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal"
    )
    reason_code = models.CharField(max_length=32, choices=Reason.choices)
    ticket = models.CharField(max_length=100, blank=True)
    reason = models.TextField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="adjustment_of_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_says_why"),
            models.CheckConstraint(condition=~Q(description=""), name="adjustment_is_printed"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
                name="adjustment_reverses_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description} {self.amount}"

    @property
    def amount(self) -> Money:
        """Before tax; above 0 it is charged."""
        return Money.from_minor(self.amount_minor, self.currency)

    @property
    def line_key(self) -> str:
        """The key of the line that bills it."""
        return f"adjustment:{self.public_id}"


class AdjustmentBilled(AppendOnly):
    """That an issued invoice bills an adjustment. Where the invoice is void by now, it is open."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, related_name="billed")
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="adjustments_billed"
    )

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "adjustments billed"
        constraints = [
            models.UniqueConstraint(
                fields=["adjustment", "invoice"], name="adjustment_billed_once_per_invoice"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.adjustment} on {self.invoice}"


def unbilled() -> Q:
    """Adjustments that no live invoice bills."""
    standing = AdjustmentBilled.objects.filter(
        adjustment=models.OuterRef("pk"), invoice__void__isnull=True
    )
    return Q(~models.Exists(standing))
