"""Facts that left an operation: one row each, written with the change it tells of.

Owns their order too: a fact is first untold, and gets its place in the feed once it is committed.
"""

from django.db import models
from django.db.models import Q

from core.db.fields import PublicIdField
from core.db.models import AppendOnly


class OutboxEvent(AppendOnly):
    """Something that happened to `subject`; `sequence` counts 1, 2, 3 … per subject.

    `payload` is a frozen snapshot: amounts and quantities are text, ids are public ids.
    """

    public_id = PublicIdField(prefix="evt")
    type = models.CharField(max_length=100, help_text="Past tense, such as invoice.issued.")
    subject = models.CharField(max_length=64, help_text="Public id of what it happened to.")
    account = models.CharField(
        max_length=30,
        blank=True,
        default="",
        db_default="",
        help_text="Public id of the account whose partners may hear of it; empty is nobody's.",
    )
    sequence = models.PositiveBigIntegerField()
    payload = models.JSONField()
    created_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "sequence"], name="outbox_event_once_in_sequence"
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1), name="outbox_event_sequence_from_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class UntoldEvent(models.Model):
    """A fact that has no place in the feed yet; written with it, gone when it has one.

    Numbers of rows become visible out of order, so "everything above the last one seen" would pass
    over what commits late. What is listed here is found whenever it commits.
    """

    event = models.OneToOneField(
        OutboxEvent, on_delete=models.PROTECT, primary_key=True, db_constraint=False
    )

    class Meta:
        verbose_name_plural = "untold events"

    def __str__(self) -> str:
        return str(self.event_id)


class FeedEntry(AppendOnly):
    """The place of a fact in the feed.

    Places are given by one at a time (`operations/telling.py`), so that whoever has read as far as
    a place has everything before it. Of one subject they rise with its sequence.
    """

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(OutboxEvent, on_delete=models.PROTECT, related_name="entry")
    account = models.CharField(max_length=30, blank=True, default="")
    type = models.CharField(max_length=100)
    told_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "feed entries"
        indexes = [models.Index(fields=["account", "position"], name="feed_entry_of_account")]
        constraints = [
            models.CheckConstraint(condition=Q(position__gte=1), name="feed_entry_from_one"),
        ]

    def __str__(self) -> str:
        return str(self.position)
