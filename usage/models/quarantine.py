"""Events that are well-formed but cannot be billed, with the reason and what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from usage.models.columns import ExactField, ExactJSONField
from usage.models.sources import Receipt, Source


class QuarantineReason(models.TextChoices):
    """Why an event is held. The first that applies, in this order."""

    UNKNOWN_TYPE = "unknown_type", "no meter reads this type of event"
    RETIRED_METER = "retired_meter", "the meters of this type had ended by then"
    BEFORE_METER = "before_meter", "no meter of this type existed yet"
    UNKNOWN_SUBJECT = "unknown_subject", "no resource has this platform id"
    UNOWNED = "unowned", "nobody owned the resource at that instant"
    NO_SUBSCRIPTION = "no_subscription", "the owner had no subscription at that instant"
    AFTER_TERMINATION = "after_termination", "the owner's subscription had ended by then"
    TOO_LATE = "too_late", "older than the source may report"
    MISSING_PROPERTY = "missing_property", "a property the meter needs is absent"
    UNREADABLE_PROPERTY = "unreadable_property", "a property the meter needs cannot be read"
    ABSURD_QUANTITY = "absurd_quantity", "the value is beyond what the meter holds possible"
    NO_PRICE = "no_price", "no price covers these dimensions"
    NOT_JUDGED = "not_judged", "judging it failed unexpectedly"


WAIVABLE = frozenset(
    {
        QuarantineReason.TOO_LATE,
        QuarantineReason.ABSURD_QUANTITY,
        QuarantineReason.NO_SUBSCRIPTION,
        QuarantineReason.AFTER_TERMINATION,
        QuarantineReason.NO_PRICE,
    }
)
"""Reasons a person may decide not to apply; the others need a fix, not a decision."""


class QuarantineState(models.TextChoices):
    """Where a held event stands."""

    HELD = "held", "held"
    RELEASED = "released", "released"
    DROPPED = "dropped", "dropped"


class QuarantinedEvent(models.Model):
    """One held event with its whole content; released it becomes an Event under the same key.

    `reason` is the present one: a retry that fails for another reason says so here.
    """

    key = models.UUIDField(unique=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    occurred_at = models.DateTimeField()
    quantity = ExactField(null=True)
    data = ExactJSONField(null=True)
    reason = models.CharField(max_length=20, choices=QuarantineReason)
    detail = models.TextField()
    receipt = models.ForeignKey(
        Receipt, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    position = models.SmallIntegerField(db_default=0)
    sequence = models.CharField(max_length=201, blank=True, db_default="")
    received_at = models.DateTimeField()
    tried_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last tried again, in vain."
    )
    state = models.CharField(max_length=8, choices=QuarantineState, default=QuarantineState.HELD)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=QuarantineState.HELD, decided_at__isnull=True)
                | Q(
                    state__in=[QuarantineState.RELEASED, QuarantineState.DROPPED],
                    decided_at__isnull=False,
                )
                & ~Q(decided_by="")
                & ~Q(decided_reason=""),
                name="usage_quarantine_decided",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reason", "received_at", "id"],
                condition=Q(state=QuarantineState.HELD),
                name="usage_quarantine_held",
            ),
            models.Index(fields=["subject", "occurred_at"], name="usage_quarantine_subject"),
        ]

    def __str__(self) -> str:
        return self.event_id
