"""Pauses of queues, looks at the invariants, and releases that began to serve. Tables only."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from core.db.fields import PublicIdField
from core.db.models import AppendOnly

PAUSE_AT_MOST = timedelta(hours=24)
"""A pause that somebody forgets is over by tomorrow."""


class QueuePause(models.Model):
    """A span in which a queue's tasks are left alone: [paused_at, the earlier of until, ended_at).

    What was begun is finished. Nothing is lost: what there is to do is in the rows, and a ring
    after the pause finds it.
    """

    public_id = PublicIdField(prefix="pau")
    queue = models.CharField(max_length=32)
    paused_at = models.DateTimeField()
    until = models.DateTimeField(help_text="It ends by itself then.")
    paused_by = models.CharField(max_length=200)
    reason = models.TextField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True, default="")
    end_reason = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = "pause of a queue"
        verbose_name_plural = "pauses of queues"
        indexes = [models.Index(fields=["queue", "-paused_at"], name="duty_pause_by_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("paused_at"))
                & Q(until__lte=F("paused_at") + PAUSE_AT_MOST),
                name="duty_pause_is_short",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="", end_reason="")
                | (Q(ended_at__gte=F("paused_at")) & ~Q(ended_by="") & ~Q(end_reason="")),
                name="duty_pause_end_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(paused_by=""), name="duty_pause_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue} {self.paused_at:%Y-%m-%d %H:%M}"


class RuleLook(AppendOnly):
    """What a check of one invariant saw at an instant; `failed` says why it came to no end."""

    rule = models.CharField(max_length=16)
    text = models.TextField()
    looked_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    examined = models.PositiveBigIntegerField()
    violations = models.PositiveBigIntegerField()
    samples = models.JSONField(default=list)
    failed = models.CharField(max_length=200, blank=True, default="")

    class Meta(AppendOnly.Meta):
        verbose_name = "look at an invariant"
        verbose_name_plural = "looks at invariants"
        indexes = [models.Index(fields=["rule", "text", "-looked_at"], name="duty_look_newest")]

    def __str__(self) -> str:
        return f"{self.rule} {self.looked_at:%Y-%m-%d %H:%M}"


class ServedRelease(AppendOnly):
    """A release began to serve: its tables were brought up to date at this instant."""

    version = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "release that serves"
        verbose_name_plural = "releases that served"
        indexes = [models.Index(fields=["-at"], name="duty_release_newest")]

    def __str__(self) -> str:
        return self.version
