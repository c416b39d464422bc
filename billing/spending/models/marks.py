"""That a share of a limit was reached, once for each limit, share and billing period."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from billing.spending.models.limits import SpendingLimit
from core.db.fields import MinorAmountField, PublicIdField
from core.db.models import AppendOnly, ends_after_start


def seconds_text(took: timedelta) -> str:
    """A stretch of time in seconds, cut to one decimal."""
    tenths = took // timedelta(milliseconds=100)
    return f"{tenths // 10}.{tenths % 10} s"


class SpendingMark(AppendOnly):
    """What was spent reached `mark` per cent of a limit, or of the even pace.

    `event_source` and `event_id` name the event whose acceptance, at `accepted_at`, is the one that
    crossed; none where it was time alone, such as a dyno that runs. What was spent beyond the mark
    by the time it was told is the overshoot that the reaction time implies.
    """

    class Kind(models.TextChoices):
        SHARE = "share", "Share of the amount"
        PACE = "pace", "Pace"

    public_id = PublicIdField(prefix="lmk")
    # The constraint of limits and windows serves it.
    limit = models.ForeignKey(
        SpendingLimit, on_delete=models.PROTECT, related_name="reached", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    mark = models.PositiveSmallIntegerField()
    is_stop = models.BooleanField()
    window_from = models.DateTimeField()
    window_until = models.DateTimeField()
    mark_minor = MinorAmountField()
    spent_minor = MinorAmountField()
    event_source = models.CharField(max_length=255, blank=True, default="")
    event_id = models.CharField(max_length=255, blank=True, default="")
    accepted_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["limit", "kind", "mark", "window_from"], name="spending_mark_once"
            ),
            models.CheckConstraint(
                condition=Q(spent_minor__gte=F("mark_minor")), name="spending_mark_was_reached"
            ),
            models.CheckConstraint(
                condition=Q(is_stop=False) | Q(kind="share", mark=100), name="spending_stop_is_all"
            ),
            ends_after_start("spending_mark_window", start="window_from", end="window_until"),
        ]
        indexes = [
            models.Index(
                fields=["window_until"], condition=Q(is_stop=True), name="spending_stop_window"
            ),
            models.Index(fields=["-told_at"], name="spending_mark_told"),
        ]

    def __str__(self) -> str:
        return f"{self.mark} % of {self.limit_id}"

    @property
    def overshoot_minor(self) -> int:
        """What was spent beyond the mark by then, in minor units."""
        return self.spent_minor - self.mark_minor

    @property
    def reaction(self) -> timedelta | None:
        """From the event that crossed until it was told; None where no event crossed."""
        return None if self.accepted_at is None else self.told_at - self.accepted_at

    @property
    def reaction_text(self) -> str:
        """The same in seconds, with one decimal; empty where no event crossed."""
        return "" if self.reaction is None else seconds_text(self.reaction)


class SpendingResume(AppendOnly):
    """That what a limit stopped goes on: once for each stop."""

    class Because(models.TextChoices):
        ENDED = "ended", "The limit was ended"
        NEW_PERIOD = "new_period", "A billing period began"
        RAISED = "raised", "The limit was raised"
        REPLACED = "replaced", "Another limit stops it since"

    stop = models.OneToOneField(SpendingMark, on_delete=models.PROTECT, related_name="resume")
    because = models.CharField(max_length=16, choices=Because.choices)
    resumed_at = models.DateTimeField()
    resumed_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.get_because_display()} ({self.stop_id})"
