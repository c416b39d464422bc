"""What is derived from raw events and may be dropped at any time: figures and intervals.

Owns the tables. `usage.derivation.refresh` and `rebuild` reproduce every row from raw events.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Q

from core.db.models import TsTzRange, ends_after_start
from usage.models.columns import ExactField, ExactJSONField
from usage.models.meters import Meter


class DimensionSet(models.Model):
    """One combination of dimension values, kept once. `text` is its canonical JSON."""

    text = models.TextField(unique=True)
    pricing = ExactJSONField()
    presentation = ExactJSONField()

    def __str__(self) -> str:
        return self.text


class UsageDay(models.Model):
    """What a meter saw of a resource on one local day of the account that owned it.

    `day` is a day of the account's billing zone. `quantity` is the day's figure in the meter's own
    terms (a sum for means too), `moment` the sum of value × microseconds since 1970 for
    time-weighted sums, `state` what is needed to merge days that do not simply add up. `is_carried`
    rows belong to meters whose total continues into the next period.
    """

    day = models.DateField()
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    resource = models.ForeignKey(
        "accounts.Resource",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    meter = models.ForeignKey(
        Meter, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    dimension_set = models.ForeignKey(
        DimensionSet,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    quantity = ExactField()
    event_count = models.BigIntegerField()
    moment = ExactField(null=True)
    state = ExactJSONField(null=True)
    is_carried = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "meter", "day"],
                condition=Q(is_carried=True),
                name="usage_day_carried",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "account", "resource", "meter", "dimension_set"],
                name="usage_day_bucket",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.meter_id}"


class UsagePeriod(models.Model):
    """What the days of a billing period that has ended add up to, for one account.

    Local days [day_from, day_until). The lists are columns of a small table, a line for each meter,
    resource and dimension set: total, smallest and largest day figure, count of events, and moment
    and states as in `UsageDay`. Whoever changes one of the days drops the row in the same
    transaction, so what is there is always true, and what is not there is read day by day.
    """

    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    day_from = models.DateField()
    day_until = models.DateField()
    meter_ids = ArrayField(models.BigIntegerField())
    resource_ids = ArrayField(models.BigIntegerField())
    dimension_set_ids = ArrayField(models.BigIntegerField())
    totals = ArrayField(ExactField())
    least = ArrayField(ExactField())
    most = ArrayField(ExactField())
    event_counts = ArrayField(models.BigIntegerField())
    moments = ArrayField(ExactField(null=True))
    states = ArrayField(ExactJSONField(null=True))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day_from", "day_until"], name="usage_period_once"
            ),
            models.CheckConstraint(
                condition=Q(day_until__gt=F("day_from")), name="usage_period_half_open"
            ),
        ]
        # Its end says at once that nothing kept is as late as an event.
        indexes = [models.Index(fields=["day_until"], name="usage_period_end")]

    def __str__(self) -> str:
        return f"{self.day_from} to {self.day_until} of {self.account_id}"


class Interval(models.Model):
    """A state a resource was in from one instant until another, or still is.

    Half-open. Not cut at ownership changes or midnights: those cuts are made when seconds are
    counted, so they are always those of the ownership known today.
    """

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, db_index=False, related_name="+")
    resource = models.ForeignKey(
        "accounts.Resource", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    state_key = models.TextField()
    dimension_set = models.ForeignKey(
        DimensionSet, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    quantity = ExactField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.UUIDField()
    closed_by = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            ends_after_start("usage_interval_period", start="started_at", end="ended_at"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="usage_interval_quantity"),
            ExclusionConstraint(
                name="usage_interval_no_overlap",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    ("meter", RangeOperators.EQUAL),
                    ("state_key", RangeOperators.EQUAL),
                    (TsTzRange("started_at", "ended_at"), RangeOperators.OVERLAPS),
                ],
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        indexes = [
            models.Index(fields=["resource", "meter", "started_at"], name="usage_interval_resource")
        ]

    def __str__(self) -> str:
        return f"{self.state_key} × {self.quantity} from {self.started_at:%Y-%m-%d %H:%M:%S}"


class StaleUsage(models.Model):
    """Roll-ups or intervals that must be built again from raw before they are read.

    Null means all: of the account's resources, of the resource's meters. Days are local days of the
    account, [day_from, day_until); an open end is null. What could not be built says so and when.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+")
    resource = models.ForeignKey(
        "accounts.Resource", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    meter = models.ForeignKey(
        Meter, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    day_from = models.DateField()
    day_until = models.DateField(null=True)
    marked_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    problem = models.TextField(db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "resource", "meter", "day_from", "day_until"],
                nulls_distinct=False,
                name="usage_stale_once",
            ),
        ]
        verbose_name_plural = "stale usage"

    def __str__(self) -> str:
        return f"{self.account_id} from {self.day_from}"
