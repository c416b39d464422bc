"""The outbox under /admin, to look at."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from eventing.models import OutboxEvent


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ("type", "subject", "sequence", "created_at", "public_id")
    list_filter = ("type",)
    search_fields = ("subject__exact", "public_id__exact")
    ordering = ("-id",)
