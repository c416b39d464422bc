"""Events and what was received of them, as they were sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from usage.admin.records import UsageFact
from usage.models import (
    Event,
    EventConflict,
    EventContext,
    EventKey,
    EventRevision,
    EventType,
    Receipt,
)


@admin.register(Event)
class EventAdmin(UsageFact):
    console_path = "/usage/events/{key}/"
    list_display = ("event_id", "type", "occurred_at", "resource", "quantity", "source")
    list_select_related = ("type", "resource", "source")
    search_fields = ("key__exact",)
    search_help_text = "The key of one event, all 32 digits."
    ordering = ("-occurred_at", "-key")

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """One event by its key."""
        return _of_key(self.get_queryset(request), object_id).first()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        return _of_key(queryset, search_term), False

    def _console_url(self, row: Any) -> str:
        return self.console_path.format(key=row.key)


@admin.register(EventKey)
class EventKeyAdmin(UsageFact):
    list_display = ("key", "fingerprint", "occurred_at")
    ordering = ("key",)


@admin.register(EventType)
class EventTypeAdmin(UsageFact):
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(EventRevision)
class EventRevisionAdmin(UsageFact):
    list_display = ("key", "number", "kind", "quantity", "actor_name", "reason", "recorded_at")
    list_filter = ("kind",)
    search_fields = ("actor_name", "reason")
    ordering = ("-recorded_at", "-pk")


@admin.register(EventConflict)
class EventConflictAdmin(UsageFact):
    list_display = ("event_id", "source", "received_at", "kept_fingerprint", "fingerprint")
    list_select_related = ("source",)
    search_fields = ("event_id",)
    ordering = ("-received_at", "-pk")


@admin.register(EventContext)
class EventContextAdmin(UsageFact):
    list_display = ("key",)
    ordering = ("key",)


@admin.register(Receipt)
class ReceiptAdmin(UsageFact):
    list_display = (
        "request_id", "received_at", "actor_name", "sent_count", "accepted_count",
        "duplicate_count", "conflict_count", "quarantined_count", "rejected_count",
    )  # fmt: skip
    search_fields = ("request_id",)
    ordering = ("-pk",)


def _of_key(events: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The event with this key: its identity says in which day's partition it lies."""
    try:
        known = EventKey.objects.filter(pk=UUID(text.strip())).first()
    except ValueError:
        return events.none()
    if known is None:
        return events.none()
    return events.filter(key=known.key, occurred_at=known.occurred_at)
