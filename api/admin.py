"""What was answered under idempotency keys, to look at; never what it said."""

from django.contrib import admin

from api.models import IdempotencyKey
from core.admin import ReadOnlyAdmin


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "owner", "status", "answered_at")
    list_filter = ("status",)
    search_fields = ("key__exact", "owner__exact")
    exclude = ("answer", "headers", "request_sha256")
    ordering = ("-id",)
