"""Meters by name. What they count is defined and revised in the console, version by version."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from accounts.permissions import Permission
from core.admin import TrackedAdmin
from usage.admin.records import SeenWithUsage, UsageFact
from usage.models import Meter, MeterVersion


@admin.register(Meter)
class MeterAdmin(SeenWithUsage, TrackedAdmin):
    permission_to_change = Permission.CATALOGUE_PROPOSE
    fields = ("public_id", "code", "name", "unit", "aggregation", "carries_over", "retired_at")
    readonly_fields = ("public_id", "code", "unit", "aggregation", "carries_over", "retired_at")
    list_display = ("code", "name", "unit", "aggregation", "carries_over", "retired_at")
    list_filter = ("aggregation",)
    search_fields = ("code", "name", "public_id")
    ordering = ("code",)

    def _console_url(self, row: Any) -> str:
        return f"/catalogue/meters/{row.code}/"


@admin.register(MeterVersion)
class MeterVersionAdmin(UsageFact):
    list_display = (
        "meter", "number", "event_type", "effective_from", "effective_until", "created_by",
    )  # fmt: skip
    list_select_related = ("meter",)
    search_fields = ("meter__code", "event_type")
    ordering = ("meter__code", "-number")
