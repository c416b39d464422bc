"""Revenue and closes: facts, looked at here."""

from django.contrib import admin

from billing.closing.models import (
    BatchedJournal,
    CloseCheck,
    CloseCheckWork,
    CloseSignature,
    CloseWaiver,
    JournalBatch,
    MonthClose,
    RecognitionPolicy,
    RevenueEntry,
    RevenueRecognition,
    RevenueSchedule,
)
from billing.record_admin import BillingFact
from core.money import Money


@admin.register(RecognitionPolicy)
class RecognitionPolicyAdmin(BillingFact):
    list_display = ("version", "adopted_at", "adopted_by", "reason")
    ordering = ("-version",)


@admin.register(RevenueRecognition)
class RevenueRecognitionAdmin(BillingFact):
    list_display = ("public_id", "month_on", "currency", "recognised_at", "recognised_by")
    list_filter = ("currency",)
    search_fields = ("public_id__exact",)
    ordering = ("-month_on", "-pk")


@admin.register(RevenueSchedule)
class RevenueScheduleAdmin(BillingFact):
    list_display = ("invoice", "charge_key", "method", "first_on", "last_on", "amount")
    list_filter = ("method",)
    list_select_related = ("invoice",)
    search_fields = ("invoice__number__exact", "charge_key")
    ordering = ("-pk",)

    @admin.display(ordering="amount_minor")
    def amount(self, schedule: RevenueSchedule) -> str:
        return str(Money.from_minor(schedule.amount_minor, schedule.invoice.currency))


@admin.register(RevenueEntry)
class RevenueEntryAdmin(BillingFact):
    list_display = ("recognition", "schedule", "recognised", "deferred_minor", "unbilled_minor")
    list_select_related = ("recognition", "schedule")
    search_fields = ("recognition__public_id__exact", "schedule__invoice__number__exact")
    ordering = ("-pk",)

    @admin.display(ordering="recognised_minor")
    def recognised(self, entry: RevenueEntry) -> str:
        return str(Money.from_minor(entry.recognised_minor, entry.recognition.currency))


@admin.register(CloseCheck)
class CloseCheckAdmin(BillingFact):
    list_display = ("month_on", "checked_at", "checked_by", "digest")
    ordering = ("-pk",)


@admin.register(CloseCheckWork)
class CloseCheckWorkAdmin(BillingFact):
    list_display = (
        "month_on",
        "state",
        "compared_count",
        "total_count",
        "asked_by",
        "parked_reason",
    )
    list_filter = ("state",)
    ordering = ("-pk",)


@admin.register(CloseWaiver)
class CloseWaiverAdmin(BillingFact):
    list_display = ("month_on", "code", "count", "waived_at", "waived_by", "reason")
    list_filter = ("code",)
    ordering = ("-pk",)


@admin.register(CloseSignature)
class CloseSignatureAdmin(BillingFact):
    list_display = ("public_id", "month_on", "signed_at", "signed_by", "digest")
    search_fields = ("public_id__exact", "signed_by")
    ordering = ("-pk",)


@admin.register(MonthClose)
class MonthCloseAdmin(BillingFact):
    list_display = ("month_on", "lock", "check_made", "first", "second")
    list_select_related = ("lock", "check_made", "first", "second")
    ordering = ("-pk",)


@admin.register(JournalBatch)
class JournalBatchAdmin(BillingFact):
    list_display = ("public_id", "month_on", "number", "journal_count", "made_at", "made_by")
    search_fields = ("public_id__exact",)
    ordering = ("-pk",)


@admin.register(BatchedJournal)
class BatchedJournalAdmin(BillingFact):
    list_display = ("batch", "journal")
    list_select_related = ("batch", "journal")
    search_fields = ("batch__public_id__exact", "journal__public_id__exact")
    ordering = ("-pk",)
