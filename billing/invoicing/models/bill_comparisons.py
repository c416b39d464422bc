"""A long invoice set against the one before it: the work that does so, and the parts it came to.

All of it follows from the two invoices and can be worked out again; nothing else refers to it.
"""

from django.db import models

from billing.invoicing.models.invoices import Invoice
from core.db.fields import MinorAmountField
from core.leases import WorkItem


class BillComparisonWork(WorkItem):
    """Two invoices to be told apart, or that were: once it is done, its parts are the answer.

    `made_from` is the digest of what both invoices say. An invoice that says something else by now,
    or stands beside another one, needs another comparison.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="comparisons")
    earlier = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="+")
    made_from = models.CharField(max_length=64, unique=True, help_text="SHA-256 of both invoices.")
    line_count = models.PositiveIntegerField(help_text="Lines of both.")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)

    class Meta(WorkItem.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.invoice} beside {self.earlier}"


class ComparedPart(models.Model):
    """One part of the difference, told apart by price or by app; `place` is its place among them.

    `about` and `effects` are what `billing.invoicing.bill_change.summaries` reads back.
    """

    comparison = models.ForeignKey(
        BillComparisonWork, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    by = models.CharField(max_length=8, help_text="What parts of one kind are told apart by.")
    place = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=500, blank=True, help_text="The price or the app.")
    minor = MinorAmountField(help_text="What it made.")
    about = models.JSONField()
    effects = models.JSONField(help_text="The largest ones.")
    more = models.PositiveIntegerField(default=0, help_text="Effects that are left out.")
    rest_minor = MinorAmountField(default=0, help_text="What those come to.")
    lines_before = models.JSONField(help_text="Positions on the invoice before.")
    lines_after = models.JSONField(help_text="Positions on the invoice.")

    class Meta:
        ordering = ("comparison", "by", "place")
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "by", "place"], name="compared_part_once_in_its_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()
