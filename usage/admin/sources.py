"""Sources and how late or early they may report."""

from __future__ import annotations

from django.contrib import admin

from accounts.permissions import Permission
from core.admin import TrackedAdmin
from usage.admin.records import SeenWithUsage, UsageFact
from usage.models import Source, SourceProgress


@admin.register(Source)
class SourceAdmin(SeenWithUsage, TrackedAdmin):
    permission_to_change = Permission.CONFIGURE
    fields = ("public_id", "name", "partner", "max_late", "max_early")
    readonly_fields = ("public_id", "name", "partner")
    list_display = ("name", "partner", "max_late", "max_early")
    list_select_related = ("partner",)
    search_fields = ("name", "public_id")
    ordering = ("name",)


@admin.register(SourceProgress)
class SourceProgressAdmin(UsageFact):
    list_display = ("source", "is_required", "complete_through", "sequence", "reported_at")
    list_filter = ("is_required",)
    list_select_related = ("source",)
    search_fields = ("source__name", "source__public_id")
    ordering = ("source__name", "pk")
