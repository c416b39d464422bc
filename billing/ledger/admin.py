"""The books: append-only, so only looked at."""

from django.contrib import admin

from billing.ledger.models import (
    BalanceMark,
    BookMonth,
    ChartVersion,
    Journal,
    JournalLine,
    LedgerAccount,
    PeriodLock,
    PeriodLockVoid,
)
from billing.record_admin import BillingFact
from core.money import Money


@admin.register(LedgerAccount)
class LedgerAccountAdmin(BillingFact):
    list_display = ("code", "name", "kind", "names", "parts")
    search_fields = ("code", "name")
    ordering = ("code",)


@admin.register(Journal)
class JournalAdmin(BillingFact):
    list_display = (
        "public_id", "title", "source", "currency", "effective_at", "posted_at", "memo",
    )  # fmt: skip
    list_filter = ("kind", "document", "currency")
    search_fields = ("public_id__exact", "source__exact")
    search_help_text = "Its id, or that of the fact it books."
    ordering = ("-posted_at", "-pk")


@admin.register(JournalLine)
class JournalLineAdmin(BillingFact):
    list_display = ("journal", "ledger_account", "account", "part", "amount")
    list_filter = ("ledger_account",)
    list_select_related = ("journal", "ledger_account", "account")
    search_fields = ("journal__public_id__exact", "journal__source__exact", "account__public_id")
    search_help_text = "The id of their journal, of the fact it books or of their account."
    ordering = ("-pk",)

    @admin.display(ordering="amount_minor")
    def amount(self, line: JournalLine) -> str:
        return str(Money.from_minor(line.amount_minor, line.journal.currency))


@admin.register(ChartVersion)
class ChartVersionAdmin(BillingFact):
    list_display = ("version", "adopted_at", "sha256")
    ordering = ("-version",)


@admin.register(PeriodLock)
class PeriodLockAdmin(BillingFact):
    list_display = ("public_id", "document", "locked_until", "locked_at", "locked_by", "reason")
    list_filter = ("document",)
    search_fields = ("public_id__exact", "locked_by")
    ordering = ("-locked_at", "-pk")


@admin.register(PeriodLockVoid)
class PeriodLockVoidAdmin(BillingFact):
    list_display = ("lock", "voided_at", "voided_by", "reason")
    list_select_related = ("lock",)
    search_fields = ("lock__public_id__exact", "voided_by")
    ordering = ("-voided_at", "-pk")


@admin.register(BookMonth)
class BookMonthAdmin(BillingFact):
    list_display = ("ledger_account", "part", "currency", "clock", "month_on", "amount")
    list_filter = ("clock", "ledger_account", "currency")
    list_select_related = ("ledger_account",)
    ordering = ("-month_on", "-pk")

    @admin.display(ordering="amount_minor")
    def amount(self, month: BookMonth) -> str:
        return str(Money.from_minor(month.amount_minor, month.currency))


@admin.register(BalanceMark)
class BalanceMarkAdmin(BillingFact):
    list_display = ("before_transaction", "added_at")
