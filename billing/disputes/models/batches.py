"""Credits for many at once: a batch of lines that share a cause, and what became of each.

A row is worked out in the background by itself, by what works out a single claim. What it comes to
is put forward as a proposal of its own invoice; nothing here credits anything.
"""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from billing.disputes.models.incidents import Incident
from billing.disputes.models.lines import DisputeLine
from billing.disputes.reason_codes import CODES
from billing.invoicing.models import InvoiceLine
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.immutability import Always, Refuse, no_truncate
from core.db.models import AppendOnly
from core.leases import WorkItem
from core.money import Money


class CreditBatch(AppendOnly):
    """Lines of invoices that are wrong for one cause, gathered once."""

    public_id = PublicIdField(prefix="dcb")
    line = models.ForeignKey(
        DisputeLine,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batches",
        help_text="The contested line whose cause they share.",
    )
    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batches",
        help_text="The incident that they are given something for.",
    )
    reason_code = models.CharField(max_length=32, choices=CODES, blank=True, default="")
    cause = models.TextField(help_text="What they share, in words.")
    reason = models.TextField()
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "credit batches"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="credit_batch_says_why"),
            models.CheckConstraint(
                condition=Q(line__isnull=False, incident__isnull=True) & ~Q(reason_code="")
                | Q(line__isnull=True, incident__isnull=False, reason_code=""),
                name="credit_batch_has_one_cause",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def source_number(self) -> str:
        """What it comes from, as proposals name it."""
        if self.line is not None:
            return self.line.case.number
        assert self.incident is not None  # one of the two
        return self.incident.public_id


class CreditBatchRow(WorkItem):
    """One line of a batch: to be worked out, then put forward with the others of its invoice.

    Amounts are minor units before tax; `gross_minor` is with it. A row that comes to nothing says
    why and is never put forward.
    """

    attempts_max: ClassVar[int] = 3

    batch = models.ForeignKey(
        CreditBatch, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict)
    currency = CurrencyField()
    credits = models.JSONField(default=dict, help_text="What is credited of each charge.")
    credit_minor = MinorAmountField(default=0)
    gross_minor = MinorAmountField(default=0)
    nothing_because = models.TextField(blank=True, default="")
    left_out_because = models.TextField(blank=True, default="")
    proposal = models.CharField(max_length=64, blank=True, default="", db_index=True)
    settled_by = models.CharField(max_length=64, blank=True, default="")

    class Meta(WorkItem.Meta):
        constraints = [
            *WorkItem.Meta.constraints,
            models.UniqueConstraint(fields=["batch", "invoice_line"], name="credit_row_once"),
            models.UniqueConstraint(
                fields=["invoice_line"],
                condition=~Q(proposal="") & Q(settled_by=""),
                name="credit_row_waits_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(credit_minor__gt=0, gross_minor__gte=F("credit_minor"), nothing_because="")
                | Q(credit_minor=0, gross_minor=0) & ~Q(nothing_because=""),
                name="credit_row_comes_to_something_or_says_why",
            ),
            models.CheckConstraint(
                condition=Q(proposal="") | Q(state="done", credit_minor__gt=0, left_out_because=""),
                name="credit_row_put_forward_is_worked_out",
            ),
            models.CheckConstraint(
                condition=Q(settled_by="") | ~Q(proposal=""), name="credit_row_settled_by_proposal"
            ),
        ]
        triggers = [
            Always(
                name="credit_row_settled_stays",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__settled_by=""),
                func="""
                    RAISE EXCEPTION 'a settled row of a batch stays as it is'
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'credit_row_settled_stays';
                """,
            ),
            Refuse(name="credit_row_stays", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.pk}"

    @property
    def credit(self) -> Money:
        """Before tax."""
        return Money.from_minor(self.credit_minor, self.currency)

    @property
    def gross(self) -> Money:
        """With tax."""
        return Money.from_minor(self.gross_minor, self.currency)
