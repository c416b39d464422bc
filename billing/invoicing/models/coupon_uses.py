"""That an issued invoice took something off for a coupon; once a billing period."""

from django.db import models

from billing.contracts.models import CouponRedemption
from billing.invoicing.models.invoices import Invoice
from core.db.fields import MinorAmountField
from core.db.models import AppendOnly


class CouponUse(AppendOnly):
    """One billing period of a redemption. Where the invoice is void by now, it does not count."""

    redemption = models.ForeignKey(CouponRedemption, on_delete=models.PROTECT, related_name="uses")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="coupon_uses")
    amount_minor = MinorAmountField(help_text="What was taken off before tax.")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["redemption", "invoice"], name="coupon_used_once_per_invoice"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.redemption_id} on {self.invoice_id}"
