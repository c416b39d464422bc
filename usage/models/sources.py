"""Who sends events, what kinds there are, and the receipt of every request that changed something.

Does not own who a partner is (accounts) nor how a request was authenticated (api).
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.db.fields import PublicIdField
from core.db.models import AppendOnly, Tracked

DEFAULT_MAX_LATE = timedelta(days=62)
DEFAULT_MAX_EARLY = timedelta(minutes=5)


class Source(Tracked):
    """One reporter of events: the CloudEvents `source`, for ever that of one partner.

    An event older than `max_late` on receipt is kept in quarantine; one further ahead than
    `max_early` is refused, because no clock is that wrong by accident.
    """

    public_id = PublicIdField(prefix="src")
    name = models.CharField(max_length=255, unique=True)
    partner = models.ForeignKey(
        "accounts.Partner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    max_late = models.DurationField(default=DEFAULT_MAX_LATE)
    max_early = models.DurationField(default=DEFAULT_MAX_EARLY)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(max_late__gt=timedelta(0)) & Q(max_early__gte=timedelta(0)),
                name="usage_source_window_is_real",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourceProgress(Tracked):
    """How far a source says its reports are complete, and whether bills wait for it.

    All events before `complete_through` are sent. `meter_codes` are the meters it feeds; none named
    is all. How far it is is no change of what was decided, and leaves no history.
    """

    bookkeeping_fields = frozenset({"complete_through", "sequence", "reported_at", "reported_by"})

    source = models.OneToOneField(Source, on_delete=models.PROTECT, related_name="progress")
    is_required = models.BooleanField(
        default=False, help_text="Whether bills of its meters wait until it is complete."
    )
    meter_codes = ArrayField(
        models.SlugField(max_length=64),
        default=list,
        blank=True,
        help_text="Meters it feeds; none is all.",
    )
    complete_through = models.DateTimeField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name_plural = "source progress"
        constraints = [
            models.CheckConstraint(
                condition=Q(complete_through__isnull=True, reported_at__isnull=True)
                | Q(complete_through__isnull=False, reported_at__isnull=False),
                name="usage_source_progress_reported",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.complete_through or 'has not said'}"


class EventType(models.Model):
    """The name of a kind of event, such as formation.scaled, kept short on each event row."""

    name = models.CharField(max_length=255, unique=True)

    def __str__(self) -> str:
        return self.name


class Receipt(AppendOnly):
    """What one request brought: when, from whom, and how many events got which verdict.

    `source_hours` says of which hours its new events tell: how many by source and UTC hour, as
    {"12": {"2026-10-05T09": 60}}, the source by its number. Read by usage.queries.source_hours.
    Written only when the request changed something, so a replayed batch leaves no trace. The
    partner has no constraint in the database: it would lock that one row in every request.
    """

    request_id = models.CharField(max_length=100)
    partner = models.ForeignKey(
        "accounts.Partner",
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
    )
    backfill = models.ForeignKey(
        "usage.Backfill", on_delete=models.PROTECT, null=True, blank=True, related_name="receipts"
    )
    actor_name = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    sent_count = models.PositiveIntegerField()
    accepted_count = models.PositiveIntegerField()
    duplicate_count = models.PositiveIntegerField()
    conflict_count = models.PositiveIntegerField()
    quarantined_count = models.PositiveIntegerField()
    rejected_count = models.PositiveIntegerField()
    source_hours = models.JSONField(default=dict, db_default={})

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["received_at"], name="usage_receipt_received")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    sent_count=F("accepted_count")
                    + F("duplicate_count")
                    + F("conflict_count")
                    + F("quarantined_count")
                    + F("rejected_count")
                ),
                name="usage_receipt_counts_add_up",
            ),
        ]

    def __str__(self) -> str:
        return self.request_id
