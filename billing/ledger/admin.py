"""The books: append-only, so only looked at."""

from django.contrib import admin

from billing.ledger.models import Journal, JournalLine, LedgerAccount
from billing.record_admin import BillingFact
from core.money import Money


@admin.register(LedgerAccount)
class LedgerAccountAdmin(BillingFact):
    list_display = ("code", "name", "kind")
    search_fields = ("code", "name")
    ordering = ("code",)


@admin.register(Journal)
class JournalAdmin(BillingFact):
    list_display = (
        "public_id", "title", "source", "currency", "effective_at", "posted_at", "memo",
    )  # fmt: skip
    list_filter = ("kind", "currency")
    search_fields = ("public_id__exact", "source__exact")
    search_help_text = "Its id, or that of the fact it books."
    ordering = ("-posted_at", "-pk")


@admin.register(JournalLine)
class JournalLineAdmin(BillingFact):
    list_display = ("journal", "ledger_account", "account", "amount")
    list_filter = ("ledger_account",)
    list_select_related = ("journal", "ledger_account", "account")
    search_fields = ("journal__public_id__exact", "journal__source__exact", "account__public_id")
    search_help_text = "The id of their journal, of the fact it books or of their account."
    ordering = ("-pk",)

    @admin.display(ordering="amount_minor")
    def amount(self, line: JournalLine) -> str:
        return str(Money.from_minor(line.amount_minor, line.journal.currency))
