"""What is counted: meters and their immutable versions.

Owns the definition. Does not own how it is evaluated (usage.aggregate, usage.expressions) nor what
a unit costs (billing).
"""

from __future__ import annotations

import re

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.db.fields import PublicIdField
from core.db.models import Tracked, no_overlap
from usage.aggregate.rules import Aggregation, Bucket
from usage.models.columns import ExactField

_SECONDS = re.compile(r"[ -]?seconds?$")
AGGREGATIONS = [(each.value, each.value.replace("_", " ")) for each in Aggregation]
BUCKETS = [(each.value, each.value) for each in Bucket]


class Meter(Tracked):
    """One measured quantity, named for ever by its code; its rules are in its versions.

    What a figure means belongs to the meter: a version may read an event otherwise, it can never
    turn a sum into a maximum or a running total into a monthly one.
    """

    public_id = PublicIdField(prefix="mtr")
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=40)
    aggregation = models.CharField(max_length=20, choices=AGGREGATIONS)
    carries_over = models.BooleanField(
        default=False, help_text="The total continues into the next period."
    )
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Events from this instant on are held."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(aggregation__in=[each.value for each in Aggregation]),
                name="usage_meter_aggregation",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def event_unit(self) -> str:
        """The unit of what one event says: a meter of dyno-seconds is told of dynos."""
        if self.aggregation != Aggregation.DURATION:
            return self.unit
        return _SECONDS.sub("", self.unit)


def _names(*, max_length: int = 64) -> ArrayField[list[str], list[str]]:
    return ArrayField(models.CharField(max_length=max_length), default=list, blank=True)


class MeterVersion(models.Model):
    """How a meter reads events whose instant lies in [effective_from, effective_until).

    Immutable: the database lets only the end of an open version be set, once. `dimensions` price,
    `presentation` only explains; the two never mix, so a tier does not restart per process type.
    """

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    event_type = models.CharField(max_length=255)
    value_property = models.CharField(max_length=64, default="quantity", blank=True)
    value_expression = models.TextField(blank=True, default="")
    filter_expression = models.TextField(blank=True, default="")
    dimensions = _names()
    presentation = _names()
    state_key = _names()
    member_property = models.CharField(max_length=64, blank=True, default="")
    operation_property = models.CharField(max_length=64, blank=True, default="")
    group_property = models.CharField(max_length=64, blank=True, default="")
    bucket = models.CharField(max_length=4, choices=BUCKETS, blank=True, default="")
    percentile = models.PositiveSmallIntegerField(null=True, blank=True)
    sample_seconds = models.PositiveIntegerField(null=True, blank=True)
    scale = models.PositiveSmallIntegerField(default=10)
    signed = models.BooleanField(default=False)
    max_value = ExactField(null=True, blank=True)
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meter", "number"], name="usage_meterversion_number"),
            models.CheckConstraint(
                # A version superseded before it took effect is left empty, never deleted.
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gte=F("effective_from")),
                name="usage_meterversion_period",
            ),
            models.CheckConstraint(condition=Q(scale__lte=18), name="usage_meterversion_scale"),
            models.CheckConstraint(
                condition=Q(percentile__isnull=True) | Q(percentile__gte=1, percentile__lte=100),
                name="usage_meterversion_percentile",
            ),
            no_overlap(
                "usage_meterversion_no_overlap",
                same=["meter"],
                start="effective_from",
                end="effective_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id}/{self.number}"
