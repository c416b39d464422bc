"""The outbox, the feed and webhooks under /admin, to look at."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from eventing.models import (
    AttemptContent,
    EndpointHealth,
    FeedEntry,
    OutboxEvent,
    UntoldEvent,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookLane,
    WebhookSecret,
)


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


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = ("url", "partner", "state", "state_since", "public_id")
    list_filter = ("state",)
    search_fields = ("partner__exact", "public_id__exact")
    ordering = ("-id",)


@admin.register(WebhookSecret)
class WebhookSecretAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "endpoint", "made_at", "ends_at")
    list_select_related = ("endpoint",)
    exclude = ("sealed",)
    ordering = ("-id",)


@admin.register(EndpointHealth)
class EndpointHealthAdmin(ReadOnlyAdmin):
    list_display = ("endpoint", "failures", "failing_since", "paused_until", "is_slow")
    list_select_related = ("endpoint",)
    ordering = ("endpoint_id",)


@admin.register(WebhookLane)
class WebhookLaneAdmin(ReadOnlyAdmin):
    list_display = ("endpoint", "number", "state", "lease_until")
    list_select_related = ("endpoint",)
    ordering = ("endpoint_id", "number")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "endpoint", "type", "state", "outcome", "queued_at")
    list_filter = ("state", "outcome")
    list_select_related = ("endpoint",)
    search_fields = ("public_id__exact", "subject__exact")
    ordering = ("-id",)


@admin.register(WebhookAttempt)
class WebhookAttemptAdmin(ReadOnlyAdmin):
    list_display = ("delivery", "number", "began_at", "took_ms", "status", "error")
    list_select_related = ("delivery",)
    list_filter = ("error",)
    ordering = ("-id",)


@admin.register(AttemptContent)
class AttemptContentAdmin(ReadOnlyAdmin):
    """That there is content; what it says is read in the console, by whoever may."""

    fields = ("attempt",)
    list_display = ("attempt",)
    list_select_related = ("attempt__delivery",)
    ordering = ("-attempt_id",)
