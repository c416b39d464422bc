"""What was paused, looked at and released, under /admin, to look at."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from duty.models import QueuePause, RuleLook, ServedRelease


@admin.register(QueuePause)
class QueuePauseAdmin(ReadOnlyAdmin):
    list_display = ("queue", "paused_at", "until", "ended_at", "paused_by", "reason", "public_id")
    list_filter = ("queue",)
    search_fields = ("public_id__exact",)
    ordering = ("-id",)


@admin.register(RuleLook)
class RuleLookAdmin(ReadOnlyAdmin):
    list_display = ("rule", "looked_at", "violations", "examined", "milliseconds", "failed")
    list_filter = ("rule",)
    search_fields = ("rule__exact",)
    ordering = ("-id",)


@admin.register(ServedRelease)
class ServedReleaseAdmin(ReadOnlyAdmin):
    list_display = ("version", "at")
    search_fields = ("version__exact",)
    ordering = ("-id",)
