"""Closing a month: what was checked, who waived what, who signed which figures, and the lock.

All append-only. A signature is of the digest of figures; where one figure moves the digest does,
and the signatures are of something that is not there any more.
"""

from django.db import models
from django.db.models import F, Q

from billing.ledger.models import Journal, PeriodLock
from core.db.fields import PublicIdField
from core.db.models import AppendOnly
from core.leases import WorkItem


class CloseCheck(AppendOnly):
    """The five totals and the counts of a month as they were worked out at an instant."""

    month_on = models.DateField(help_text="First day of the month.")
    figures = models.JSONField(help_text="Totals by link of the chain, and counts by code.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the figures that are signed.")
    checked_at = models.DateTimeField()
    checked_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["month_on", "id"], name="close_check_by_month")]
        constraints = [
            models.CheckConstraint(condition=Q(month_on__day=1), name="close_check_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m} checked {self.checked_at:%Y-%m-%d %H:%M}"


class CloseCheckWork(WorkItem):
    """A check somebody asked for, and how far it is; once it is done, what it came to.

    `through_account` is the last account whose use was compared, in order of their keys. `tally` is
    what was compared and counted so far, so that another worker goes on.
    """

    month_on = models.DateField(help_text="First day of the month.")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    through_account = models.BigIntegerField(default=0)
    compared_count = models.PositiveIntegerField(default=0, help_text="Accounts, so far.")
    total_count = models.PositiveIntegerField(
        null=True, blank=True, help_text="Accounts to compare, once a worker counted them."
    )
    tally = models.JSONField(default=dict)
    check_made = models.OneToOneField(
        CloseCheck, null=True, blank=True, on_delete=models.PROTECT, related_name="work"
    )

    class Meta(WorkItem.Meta):
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(month_on__day=1), name="close_check_work_of_a_month"
            ),
            models.UniqueConstraint(
                fields=["month_on"],
                condition=Q(state__in=["ready", "leased"]),
                name="close_check_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="done", check_made__isnull=False)
                | ~Q(state="done") & Q(check_made__isnull=True),
                name="close_check_work_done_is_a_check",
            ),
        ]

    def __str__(self) -> str:
        return f"Check of {self.month_on:%Y-%m} asked {self.asked_at:%Y-%m-%d %H:%M}"


class CloseWaiver(AppendOnly):
    """That a count of a month need not be zero, up to the number somebody looked at."""

    month_on = models.DateField()
    code = models.SlugField(max_length=64, help_text="The count that is waived.")
    count = models.PositiveIntegerField(help_text="What it came to; one more is not waived.")
    waived_at = models.DateTimeField()
    waived_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["month_on", "code"], name="close_waiver_by_month")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="close_waiver_says_why"),
            models.CheckConstraint(condition=Q(count__gt=0), name="close_waiver_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m} {self.code} up to {self.count}"


class CloseSignature(AppendOnly):
    """One person's word for the figures of a month, named by their digest."""

    public_id = PublicIdField(prefix="sgn")
    month_on = models.DateField()
    digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    signed_by = models.CharField(max_length=200)
    signed_by_id = models.CharField(max_length=64, help_text="Public id of the person.")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["month_on", "digest", "signed_by_id"], name="close_signed_once_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m} signed by {self.signed_by}"


class MonthClose(AppendOnly):
    """That a month was locked with figures that two persons signed; undone by lifting the lock."""

    month_on = models.DateField()
    lock = models.OneToOneField(PeriodLock, on_delete=models.PROTECT, related_name="close")
    # Its check is found by the row itself.
    check_made = models.ForeignKey(CloseCheck, on_delete=models.PROTECT, db_index=False)
    first = models.ForeignKey(
        CloseSignature, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    second = models.ForeignKey(
        CloseSignature, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["-month_on"], name="month_close_by_month")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(first=F("second")), name="month_close_two_signatures"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m} closed"


class JournalBatch(AppendOnly):
    """Journals of a month that were exported together; the same file whenever it is asked for."""

    public_id = PublicIdField(prefix="jbt")
    month_on = models.DateField()
    number = models.PositiveIntegerField(help_text="1 is the first of its month.")
    journal_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the file.")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "journal batches"
        constraints = [
            models.UniqueConstraint(
                fields=["month_on", "number"], name="journal_batch_number_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(journal_count__gt=0), name="journal_batch_of_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m}/{self.number}"


class BatchedJournal(AppendOnly):
    """That a journal left in a batch; in one only."""

    batch = models.ForeignKey(JournalBatch, on_delete=models.PROTECT, related_name="journals")
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, related_name="batched")

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.journal_id}"
