"""Roll-ups and intervals: derived, rebuilt from raw events, never edited."""

from __future__ import annotations

from itertools import islice

from django.contrib import admin

from core.decimals import decimal_text
from usage.admin.records import UsageFact
from usage.models import DimensionSet, Interval, StaleUsage, UsageDay, UsagePeriod

LINES_SHOWN = 50


@admin.register(UsageDay)
class UsageDayAdmin(UsageFact):
    list_display = ("day", "account", "resource", "meter", "quantity", "event_count")
    list_select_related = ("account", "resource", "meter")
    list_filter = ("meter",)
    ordering = ("-pk",)


@admin.register(UsagePeriod)
class UsagePeriodAdmin(UsageFact):
    """Its lists are columns of a table, and an account of many apps has long ones."""

    list_display = ("account", "day_from", "day_until")
    list_select_related = ("account",)
    fields = ("account", "day_from", "day_until", "line_count", "first_lines")
    ordering = ("-pk",)

    @admin.display(description="Lines")
    def line_count(self, period: UsagePeriod) -> str:
        return f"{len(period.meter_ids):,}"

    @admin.display(description=f"The first {LINES_SHOWN}")
    def first_lines(self, period: UsagePeriod) -> str:
        columns = (
            period.meter_ids,
            period.resource_ids,
            period.dimension_set_ids,
            period.totals,
            period.event_counts,
        )
        return "\n".join(
            f"meter {meter}, resource {resource}, dimensions {dimensions}: "
            f"{decimal_text(total)} of {events} events"
            for meter, resource, dimensions, total, events in islice(
                zip(*columns, strict=True), LINES_SHOWN
            )
        )


@admin.register(Interval)
class IntervalAdmin(UsageFact):
    list_display = ("resource", "meter", "state_key", "quantity", "started_at", "ended_at")
    list_select_related = ("resource", "meter")
    list_filter = ("meter",)
    search_fields = ("resource__platform_id",)
    ordering = ("-pk",)


@admin.register(DimensionSet)
class DimensionSetAdmin(UsageFact):
    list_display = ("text",)
    search_fields = ("text",)
    ordering = ("pk",)


@admin.register(StaleUsage)
class StaleUsageAdmin(UsageFact):
    list_display = ("account", "resource", "meter", "day_from", "day_until", "marked_at", "problem")
    list_select_related = ("account", "resource", "meter")
    ordering = ("pk",)
