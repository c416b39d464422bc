"""The time of accounts that is billed, in as few spans as possible: usually one an account."""

from django.db import models

from accounts.models import Account
from core.db.models import ends_after_start, no_overlap


class BilledSpan(models.Model):
    """During [billed_from, billed_until) everything of an account is issued, or came to nothing.

    Kept by `billing.invoicing.billed_time`, which joins spans that touch, so that what is due is
    found without reading what was billed. Which invoice, or which item of a run came to nothing, is
    on those.
    """

    # The constraint against overlaps is its index.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="billed_spans", db_index=False
    )
    billed_from = models.DateTimeField()
    billed_until = models.DateTimeField()

    class Meta:
        constraints = [
            ends_after_start("billed_span_half_open", start="billed_from", end="billed_until"),
            no_overlap(
                "billed_span_once", same=["account"], start="billed_from", end="billed_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.billed_from:%Y-%m-%d} to {self.billed_until:%Y-%m-%d}"
