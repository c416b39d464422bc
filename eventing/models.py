"""Facts that left an operation: one row each, written with the change it tells of."""

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
