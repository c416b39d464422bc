"""Bill runs: which (account, period) a run covers, in chunks that workers lease.

The rows are the truth. A Celery message only wakes a worker up; losing or doubling one changes
nothing, because a chunk is claimed by lease and finished by its fencing token.
"""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from billing.invoicing.models.invoices import Invoice
from core.db.fields import PublicIdField
from core.db.models import ends_after_start
from core.leases import WorkItem


class BillRun(models.Model):
    """Bill every period that ended at or before `as_of` and has no issued invoice yet."""

    public_id = PublicIdField(prefix="run")
    as_of = models.DateTimeField(help_text="Periods that ended by this instant are billed.")
    grace = models.DurationField(help_text="Time after its end before a period is billed.")
    issues = models.BooleanField(
        default=True, help_text="Whether invoices are issued, or left as drafts to look at."
    )
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)
    reason = models.TextField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(grace__gte=timedelta(0), grace__lte=timedelta(days=31)),
                name="bill_run_grace",
            ),
            # What is issued cannot be taken back, so a run that issues looks at what has passed.
            models.CheckConstraint(
                condition=Q(issues=False) | Q(as_of__lte=F("started_at")),
                name="bill_run_issues_what_has_passed",
            ),
        ]

    def __str__(self) -> str:
        return f"Bill run {self.public_id}"


class BillRunChunk(WorkItem):
    """A set of accounts billed in one transaction by whoever holds the lease."""

    run = models.ForeignKey(BillRun, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()

    class Meta(WorkItem.Meta):
        constraints = [
            *WorkItem.Meta.constraints,
            models.UniqueConstraint(fields=["run", "number"], name="bill_run_chunk_number"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class BillRunItem(models.Model):
    """What became of one account and period in a run."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        BILLED = "billed", "Billed"
        UNCHANGED = "unchanged", "Unchanged"
        EMPTY = "empty", "Nothing to bill"
        PARKED = "parked", "Parked"

    class Empty(models.TextChoices):
        NOTHING = "nothing", "No usage and no fee"
        FREE = "free", "Usage, and all of it free"
        ROUNDS_AWAY = "rounds_away", "A fee that rounds to nothing"
        NOT_SUBSCRIBED = "not_subscribed", "No subscription, and nothing late"

    # The index of runs and states serves it.
    run = models.ForeignKey(BillRun, on_delete=models.PROTECT, related_name="items", db_index=False)
    chunk = models.ForeignKey(BillRunChunk, on_delete=models.PROTECT, related_name="items")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="bill_run_items")
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()
    zone = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, blank=True)
    empty_because = models.CharField(max_length=16, choices=Empty, blank=True, default="")
    parked_code = models.CharField(max_length=64, blank=True, default="")
    parked_reason = models.TextField(blank=True, default="")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "state"], name="bill_run_item_by_state"),
            models.Index(
                fields=["account"], condition=Q(state="parked"), name="bill_run_item_parked"
            ),
            models.Index(
                fields=["account", "period_until"],
                condition=Q(state="empty"),
                name="bill_run_item_empty",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "account", "period_from"], name="bill_run_item_once"
            ),
            ends_after_start("bill_run_item_period", start="period_from", end="period_until"),
            models.CheckConstraint(
                condition=Q(state="parked") & ~Q(parked_code="") & ~Q(parked_reason="")
                | ~Q(state="parked") & Q(parked_code="") & Q(parked_reason=""),
                name="bill_run_item_parked_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state="empty") & ~Q(empty_because="")
                | ~Q(state="empty") & Q(empty_because=""),
                name="bill_run_item_empty_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", settled_at__isnull=True)
                | ~Q(state="pending") & Q(settled_at__isnull=False),
                name="bill_run_item_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.period_from:%Y-%m-%d} {self.state}"
