"""Sources and how late or early they may report."""

from __future__ import annotations

from django.contrib import admin

from accounts.permissions import Permission
from core.admin import TrackedAdmin
from usage.admin.records import SeenWithUsage
from usage.models import Source


@admin.register(Source)
class SourceAdmin(SeenWithUsage, TrackedAdmin):
    permission_to_change = Permission.CONFIGURE
    fields = ("public_id", "name", "partner", "max_late", "max_early")
    readonly_fields = ("public_id", "name", "partner")
    list_display = ("name", "partner", "max_late", "max_early")
    list_select_related = ("partner",)
    search_fields = ("name", "public_id")
    ordering = ("name",)
