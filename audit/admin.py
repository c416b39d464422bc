"""Seals under /admin, to look at."""

from django.contrib import admin

from audit.models import Seal, SealedRange
from core.admin import ReadOnlyAdmin


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    list_display = ("number", "sealed_at", "rows", "link")
    search_fields = ("link__exact",)
    ordering = ("-id",)


@admin.register(SealedRange)
class SealedRangeAdmin(ReadOnlyAdmin):
    list_display = ("table", "above", "up_to", "rows", "digest", "seal")
    list_select_related = ("seal",)
    list_filter = ("table",)
    search_fields = ("table__exact",)
    ordering = ("-id",)
    exclude = ("row_marks",)
