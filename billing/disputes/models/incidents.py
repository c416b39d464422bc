"""Incidents: a time in which meters of a part of the platform were wrong, and what became of it."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core.db.fields import PublicIdField
from core.db.immutability import Always, no_truncate
from core.db.models import Tracked, ends_after_start


class Incident(Tracked):
    """What went wrong, from when to when, for which meters and which part of them.

    `match` narrows to values of dimensions, such as {"region": "eu"}. `steps` is the formula:
    where a resource was up less than so many percent of a month, that percentage of the month's
    charge is given; the last step that fits counts. How it stands is worked out and never stored,
    but for its end: what is closed stays as it is.
    """

    public_id = PublicIdField(prefix="inc")
    title = models.CharField(max_length=200)
    happened = models.TextField(help_text="What happened, in words for customers.")
    down_from = models.DateTimeField()
    down_until = models.DateTimeField(null=True, blank=True, help_text="Empty while it lasts.")
    meter_codes = ArrayField(models.CharField(max_length=64))
    match = models.JSONField(default=dict, blank=True)
    steps = models.JSONField(help_text="Pairs of percent up, and percent given.")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["-opened_at", "-id"], name="incident_by_opening")]
        constraints = [
            ends_after_start("incident_half_open", start="down_from", end="down_until"),
            models.CheckConstraint(condition=~Q(meter_codes=[]), name="incident_is_of_a_meter"),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(happened=""), name="incident_says_what_happened"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by="")
                | Q(closed_at__isnull=False, down_until__isnull=False) & ~Q(closed_by=""),
                name="incident_closed_is_over",
            ),
        ]
        triggers = [
            Always(
                name="incident_closed_stays",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
                func="""
                    RAISE EXCEPTION 'a closed incident stays as it is'
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'incident_closed_stays';
                """,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.title
