"""What a promise of time runs by: the hours somebody works, and the events of each clock."""

from django.db import models
from django.db.models import Q

from billing.disputes.models.cases import DisputeCase
from core.db.models import AppendOnly


class ServiceHours(AppendOnly):
    """One version of when support works and how long an answer and a decision may take.

    `document`: `zone`, `week` (times by day, Monday is "0"), `closed_on` (days), `targets` (minutes
    of working time by priority, for `first_answer` and `decision`).
    """

    version = models.PositiveIntegerField(unique=True)
    document = models.JSONField()
    adopted_at = models.DateTimeField()
    adopted_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "service hours"
        constraints = [
            models.CheckConstraint(condition=Q(version__gt=0), name="service_hours_from_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="service_hours_say_why"),
        ]

    def __str__(self) -> str:
        return f"Hours of service {self.version}"


class ClockEvent(AppendOnly):
    """Something that happened to one of a case's two promises; when it is due follows from all."""

    class Clock(models.TextChoices):
        FIRST_ANSWER = "first_answer", "First answer"
        DECISION = "decision", "Decision"

    class Kind(models.TextChoices):
        START = "start", "Started"
        PAUSE = "pause", "Paused"
        RESUME = "resume", "Resumed"
        MET = "met", "Met"
        BREACHED = "breached", "Missed"

    case = models.ForeignKey(DisputeCase, on_delete=models.PROTECT, related_name="clock_events")
    clock = models.CharField(max_length=12, choices=Clock.choices)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["case", "clock", "kind"],
                condition=Q(kind__in=["start", "met", "breached"]),
                name="clock_event_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_clock_display()} {self.get_kind_display().lower()}"
