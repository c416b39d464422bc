"""Disputes as records: opened and decided in the console, looked at here."""

from django.contrib import admin

from billing.disputes.models import (
    Attachment,
    CaseMessage,
    ClaimDraft,
    ClockEvent,
    CreditBatch,
    CreditBatchRow,
    DisputeCase,
    DisputeLine,
    EvidenceFile,
    Incident,
    MoneyPromise,
    PromiseLetPass,
    ReplyPack,
    ServiceHours,
)
from billing.record_admin import BillingFact


@admin.register(DisputeCase)
class DisputeCaseAdmin(BillingFact):
    list_display = ("number", "account", "channel", "priority", "owner", "opened_at")
    list_filter = ("channel", "priority")
    list_select_related = ("account", "owner")
    search_fields = ("public_id__exact", "ticket__exact", "account__name")
    ordering = ("-opened_at", "-pk")


@admin.register(DisputeLine)
class DisputeLineAdmin(BillingFact):
    list_display = ("public_id", "case", "target_text", "reason_code", "state", "decided_at")
    list_filter = ("state", "reason_code")
    list_select_related = ("case", "invoice_line", "late_invoice", "resource")
    search_fields = ("public_id__exact", "proposal__exact")
    ordering = ("-pk",)


@admin.register(ClaimDraft)
class ClaimDraftAdmin(BillingFact):
    list_display = ("line", "number", "credit_minor", "drafted_at", "digest")
    list_select_related = ("line",)
    search_fields = ("line__public_id__exact", "digest__exact")
    ordering = ("-pk",)


@admin.register(CaseMessage)
class CaseMessageAdmin(BillingFact):
    list_display = ("case", "kind", "audience", "author", "sent_at")
    list_filter = ("kind", "audience")
    list_select_related = ("case",)
    search_fields = ("public_id__exact", "case__public_id__exact")
    ordering = ("-pk",)


@admin.register(ClockEvent)
class ClockEventAdmin(BillingFact):
    list_display = ("case", "clock", "kind", "at")
    list_filter = ("clock", "kind")
    list_select_related = ("case",)
    search_fields = ("case__public_id__exact",)
    ordering = ("-pk",)


@admin.register(ServiceHours)
class ServiceHoursAdmin(BillingFact):
    list_display = ("version", "adopted_at", "adopted_by", "reason")
    ordering = ("-version",)


@admin.register(Attachment)
class AttachmentAdmin(BillingFact):
    list_display = ("public_id", "name", "message", "file")
    list_select_related = ("message", "file")
    search_fields = ("public_id__exact", "file__sha256__exact")
    ordering = ("-pk",)


@admin.register(EvidenceFile)
class EvidenceFileAdmin(BillingFact):
    list_display = ("sha256", "media_type", "byte_count", "kept_at")
    list_filter = ("media_type",)
    search_fields = ("sha256__exact",)
    ordering = ("-pk",)


@admin.register(CreditBatch)
class CreditBatchAdmin(BillingFact):
    list_display = ("public_id", "line", "reason_code", "drafted_at", "drafted_by")
    list_filter = ("reason_code",)
    list_select_related = ("line",)
    search_fields = ("public_id__exact",)
    ordering = ("-drafted_at", "-pk")


@admin.register(CreditBatchRow)
class CreditBatchRowAdmin(BillingFact):
    list_display = ("batch", "invoice_line", "state", "currency", "gross_minor", "proposal")
    list_filter = ("state",)
    list_select_related = ("batch", "invoice_line")
    search_fields = ("batch__public_id__exact", "proposal__exact")
    ordering = ("-pk",)


@admin.register(Incident)
class IncidentAdmin(BillingFact):
    list_display = ("title", "down_from", "down_until", "opened_at", "closed_at")
    search_fields = ("public_id__exact", "title")
    ordering = ("-opened_at", "-pk")


@admin.register(ReplyPack)
class ReplyPackAdmin(BillingFact):
    list_display = ("public_id", "case", "sent_at", "sent_by", "digest")
    list_select_related = ("case",)
    search_fields = ("public_id__exact", "digest__exact")
    ordering = ("-pk",)


@admin.register(MoneyPromise)
class MoneyPromiseAdmin(BillingFact):
    list_display = ("public_id", "case", "account", "kind", "amount", "said_to", "said_at")
    list_filter = ("kind",)
    list_select_related = ("case", "account")
    search_fields = ("public_id__exact", "account__name")
    ordering = ("-pk",)


@admin.register(PromiseLetPass)
class PromiseLetPassAdmin(BillingFact):
    list_display = ("promise", "let_pass_at", "let_pass_by", "reason")
    list_select_related = ("promise",)
    ordering = ("-pk",)
