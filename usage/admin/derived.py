"""Roll-ups and intervals: derived, rebuilt from raw events, never edited."""

from __future__ import annotations

from django.contrib import admin

from usage.admin.records import UsageFact
from usage.models import DimensionSet, Interval, StaleUsage, UsageDay, UsagePeriod


@admin.register(UsageDay)
class UsageDayAdmin(UsageFact):
    list_display = ("day", "account", "resource", "meter", "quantity", "event_count")
    list_select_related = ("account", "resource", "meter")
    list_filter = ("meter",)
    ordering = ("-pk",)


@admin.register(UsagePeriod)
class UsagePeriodAdmin(UsageFact):
    list_display = ("account", "day_from", "day_until")
    list_select_related = ("account",)
    ordering = ("-pk",)


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
