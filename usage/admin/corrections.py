"""Held events and backfills; they are settled in the console."""

from __future__ import annotations

from django.contrib import admin

from usage.admin.records import UsageFact
from usage.models import Backfill, HeldSettlement, QuarantinedEvent


@admin.register(QuarantinedEvent)
class QuarantinedEventAdmin(UsageFact):
    list_display = ("event_id", "reason", "state", "type", "subject", "occurred_at", "received_at")
    list_filter = ("state", "reason")
    search_fields = ("event_id", "subject")
    ordering = ("-received_at", "-pk")


@admin.register(Backfill)
class BackfillAdmin(UsageFact):
    list_display = (
        "public_id", "source", "occurred_from", "occurred_until", "opened_by", "closed_at",
        "reverted_at",
    )  # fmt: skip
    list_select_related = ("source",)
    search_fields = ("public_id",)
    ordering = ("-opened_at", "-pk")


@admin.register(HeldSettlement)
class HeldSettlementAdmin(UsageFact):
    console_path = "/usage/quarantine/settlements/{public_id}/"
    list_display = ("verb", "held_for", "state", "total_count", "started_by", "started_at")
    list_filter = ("state", "verb")
    search_fields = ("public_id",)
    ordering = ("-started_at", "-pk")
