"""The outbox and the feed under /admin, to look at."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from eventing.models import FeedEntry, OutboxEvent, UntoldEvent


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ("type", "subject", "sequence", "created_at", "public_id")
    list_filter = ("type",)
    search_fields = ("subject__exact", "public_id__exact")
    ordering = ("-id",)


@admin.register(FeedEntry)
class FeedEntryAdmin(ReadOnlyAdmin):
    list_display = ("position", "event", "account", "told_at")
    list_filter = ("type",)
    list_select_related = ("event",)
    search_fields = ("account__exact", "event__public_id__exact")
    ordering = ("-position",)


@admin.register(UntoldEvent)
class UntoldEventAdmin(ReadOnlyAdmin):
    list_display = ("event",)
    list_select_related = ("event",)
    ordering = ("event_id",)
