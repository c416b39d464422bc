"""Settling held events as work that can stop anywhere and goes on: what was chosen, and how far."""

from django.db import models
from django.db.models import F, Q

from core.db.fields import PublicIdField
from core.leases import WorkItem
from usage.models.quarantine import QuarantineReason


class HeldSettlement(WorkItem):
    """One decision on many held events: who chose which, why, and what became of them so far.

    What is empty narrows nothing. Events are taken in the order of their rows, and each once:
    `reached` is the last that was taken. `gone_count` were not held any more when their turn came.
    """

    class Verb(models.TextChoices):
        RETRY = "retry", "Try again"
        RELEASE = "release", "Release"
        DROP = "drop", "Drop"

    public_id = PublicIdField(prefix="hst")
    verb = models.CharField(max_length=8, choices=Verb.choices)
    held_for = models.CharField(max_length=20, choices=QuarantineReason)
    keys = models.JSONField(default=list, blank=True)
    subjects = models.JSONField(default=list, blank=True)
    type = models.CharField(max_length=255, blank=True, default="")
    source = models.CharField(max_length=255, blank=True, default="")
    occurred_from = models.DateTimeField(null=True, blank=True)
    occurred_until = models.DateTimeField(null=True, blank=True)
    through = models.BigIntegerField(help_text="The last event that was seen when it was chosen.")
    started_at = models.DateTimeField()
    started_by_id = models.CharField(max_length=64)
    started_by = models.CharField(max_length=200)
    reason = models.TextField()
    total_count = models.PositiveIntegerField()
    taken_count = models.PositiveIntegerField(default=0)
    settled_count = models.PositiveIntegerField(default=0)
    gone_count = models.PositiveIntegerField(default=0)
    still_held = models.JSONField(default=dict, blank=True, help_text="How many, by reason.")
    reached = models.BigIntegerField(default=0)

    class Meta(WorkItem.Meta):
        indexes = [
            *WorkItem.Meta.indexes,
            models.Index(fields=["-started_at", "-id"], name="held_settlement_by_start"),
        ]
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="held_settlement_says_why"),
            models.CheckConstraint(
                condition=Q(settled_count__lte=F("taken_count"), taken_count__lte=F("total_count")),
                name="held_settlement_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.total_count} held events"

    @property
    def is_done(self) -> bool:
        """Whether every event had its turn."""
        return self.state == self.State.DONE
