"""Holds: what waits, of what, until when; and the entries that reserved, used or freed its amount.

A hold is the pending side of the books: reserved when placed, posted in part or released by a later
entry, and over at its end without anybody doing anything. What is held counts as owed and not as
due.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.invoicing.models import Invoice
from billing.receivables.models.capacity import checked
from core.db.fields import MinorAmountField, PublicIdField
from core.db.models import AppendOnly, ends_after_start

_WITHIN_HOLD = """
    PERFORM FROM receivables_hold WHERE id = NEW.hold_id FOR NO KEY UPDATE;
    SELECT coalesce(sum(amount_minor), 0) INTO used FROM receivables_holdentry
    WHERE hold_id = NEW.hold_id;
    IF used < 0 THEN
        RAISE EXCEPTION 'hold % comes to %', NEW.hold_id, used
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_never_below_zero';
    END IF;
    RETURN NULL;
"""


class Hold(AppendOnly):
    """A reason to leave an account, an invoice or a part of one alone for a time [from, until).

    `processes` are those it stops. One on an invoice has an amount, in its entries; one on an
    account holds all of it. Holds may overlap.
    """

    class Process(models.TextChoices):
        DUNNING = "dunning", "Reminders and suspension"
        ISSUE = "issue", "Issuing invoices"
        AUTO_PAY = "auto_pay", "Automatic payment"
        REFUND = "refund", "Refunds"

    public_id = PublicIdField(prefix="hld")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="holds"
    )
    processes = ArrayField(models.CharField(max_length=16, choices=Process.choices))
    held_from = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=64, blank=True, help_text="Public id of what it is for.")
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            ends_after_start("hold_half_open", start="held_from", end="held_until"),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_says_why"),
            models.CheckConstraint(condition=Q(processes__len__gt=0), name="hold_stops_something"),
        ]

    def __str__(self) -> str:
        return f"Hold on {self.invoice or self.account}"


class HoldEntry(AppendOnly):
    """A change of what a hold holds: placed above 0, everything else below."""

    class Kind(models.TextChoices):
        PLACED = "placed", "Placed"
        POSTED = "posted", "Posted as a credit"
        SHRUNK = "shrunk", "Less is open by now"
        RELEASED = "released", "Released"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount_minor = MinorAmountField()
    source = models.CharField(max_length=64, blank=True, help_text="Public id of what did it.")
    effective_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "hold entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="placed", amount_minor__gt=0)
                | (~Q(kind="placed") & Q(amount_minor__lt=0)),
                name="hold_entry_signed",
            ),
            models.UniqueConstraint(
                fields=["hold"], condition=Q(kind="placed"), name="hold_placed_once"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, checked("hold_never_below_zero", _WITHIN_HOLD)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount_minor}"
