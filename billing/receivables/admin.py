"""Payments and what became of them: facts, looked at here."""

from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.invoicing.admin.invoices import InvoiceAdmin
from billing.invoicing.models import Invoice
from billing.receivables.models import (
    BankFile,
    BankRow,
    BankRowFate,
    DunningNotice,
    ExcessCleared,
    Hold,
    HoldEntry,
    PayerReference,
    Payment,
    PaymentPromise,
    PaymentReversal,
    Refund,
    RefundAttempt,
    RuleVersion,
    Settlement,
)
from billing.receivables.queries.next_actions import NextAction, invoice_life
from billing.record_admin import BillingFact
from core.clock import now
from core.money import Money

_FORMS: Final = {
    "pay": "/finance/payments/record/?payer={payer}",
    "credit": "/invoices/{invoice}/propose/credit-note/",
    "void": "/invoices/{invoice}/propose/void/",
    "reissue": "/invoices/{invoice}/propose/void-and-reissue/",
    "write_off": "/invoices/{invoice}/propose/write-off/",
    "recover": "/invoices/{invoice}/propose/recovery/",
    "issue": "/invoices/{invoice}/issue/",
}
"""Where in the console an action is done; others are on the invoice's own page."""

# Invoicing knows invoices, and this room what may be done with them: one page says both.
admin.site.unregister(Invoice)


@admin.register(Invoice)
class OwedInvoiceAdmin(InvoiceAdmin):
    """An invoice with where it stands and what may be done with it, as every door lists it."""

    readonly_fields = ("next_actions",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What may be done comes first."""
        own = [name for name in super().get_fields(request, obj) if name != "next_actions"]
        return ["next_actions", *own] if obj is not None else own

    @admin.display(description="What may be done")
    def next_actions(self, invoice: Invoice) -> SafeString:
        life = invoice_life(invoice, at=now())
        actions = [
            (_done_at(invoice, each), each.label, each.why_not or "possible now")
            for each in life.actions
        ]
        rows = format_html_join("", '<div><a href="{}">{}</a>: {}</div>', actions)
        return format_html("<div>{}</div>{}", life.label, rows)


def _done_at(invoice: Invoice, action: NextAction) -> str:
    form = _FORMS.get(action.code, "") if action.is_possible else ""
    path = form or "/invoices/{invoice}/"
    return path.format(invoice=invoice.public_id, payer=invoice.payer.public_id)


@admin.register(Payment)
class PaymentAdmin(BillingFact):
    personal = frozenset({"reference"})
    list_display = ("public_id", "account", "received_at", "method", "amount", "source")
    list_filter = ("method", "currency")
    list_select_related = ("account",)
    search_fields = ("public_id", "external_key", "reference", "account__name")
    ordering = ("-received_at", "-pk")


@admin.register(PaymentReversal)
class PaymentReversalAdmin(BillingFact):
    list_display = ("public_id", "payment", "kind", "effective_at", "amount")
    list_filter = ("kind",)
    list_select_related = ("payment__account",)
    search_fields = ("public_id", "external_key", "payment__public_id")
    ordering = ("-recorded_at", "-pk")

    @admin.display(ordering="amount_minor")
    def amount(self, reversal: PaymentReversal) -> str:
        taken = reversal.amount_minor + reversal.excess_minor
        return str(Money.from_minor(taken, reversal.payment.currency))


@admin.register(Settlement)
class SettlementAdmin(BillingFact):
    list_display = ("public_id", "invoice", "kind", "effective_at", "amount", "recorded_by")
    list_filter = ("kind",)
    list_select_related = ("invoice",)
    search_fields = ("public_id", "invoice__number", "payment__public_id", "credit_note__number")
    ordering = ("-recorded_at", "-pk")

    @admin.display(ordering="amount_minor")
    def amount(self, settlement: Settlement) -> str:
        return str(Money.from_minor(settlement.amount_minor, settlement.invoice.currency))


@admin.register(Refund)
class RefundAdmin(BillingFact):
    list_display = ("public_id", "payment", "credit_note", "requested_at", "amount")
    list_select_related = ("payment__account", "credit_note")
    search_fields = ("public_id", "payment__public_id", "credit_note__number")
    ordering = ("-requested_at", "-pk")

    @admin.display(ordering="amount_minor")
    def amount(self, refund: Refund) -> str:
        return str(Money.from_minor(refund.amount_minor, refund.payment.currency))


@admin.register(RefundAttempt)
class RefundAttemptAdmin(BillingFact):
    list_display = ("refund", "number", "outcome", "attempted_at", "said")
    list_filter = ("outcome",)
    list_select_related = ("refund",)
    search_fields = ("refund__public_id", "gateway_reference")
    ordering = ("-attempted_at", "-pk")


@admin.register(Hold)
class HoldAdmin(BillingFact):
    list_display = ("public_id", "account", "invoice", "held_from", "held_until", "placed_by")
    list_select_related = ("account", "invoice")
    search_fields = ("public_id", "account__name", "invoice__number", "source")
    ordering = ("-placed_at", "-pk")


@admin.register(HoldEntry)
class HoldEntryAdmin(BillingFact):
    list_display = ("hold", "kind", "effective_at", "amount_minor", "recorded_by")
    list_filter = ("kind",)
    list_select_related = ("hold__account", "hold__invoice")
    search_fields = ("hold__public_id", "source")
    ordering = ("-pk",)


@admin.register(BankFile)
class BankFileAdmin(BillingFact):
    list_display = ("public_id", "name", "bank_account", "imported_at", "row_count", "new_count")
    search_fields = ("public_id", "name", "bank_account", "digest")
    ordering = ("-imported_at", "-pk")


@admin.register(BankRow)
class BankRowAdmin(BillingFact):
    personal = frozenset({"text", "payer_reference", "payer_name", "raw"})
    list_display = ("public_id", "file", "line", "kind", "booked_on", "amount")
    list_filter = ("kind", "currency")
    list_select_related = ("file",)
    search_fields = ("public_id", "bank_reference")
    ordering = ("-pk",)


@admin.register(BankRowFate)
class BankRowFateAdmin(BillingFact):
    list_display = ("row", "number", "fate", "rule", "decided_at", "decided_by")
    list_filter = ("fate",)
    list_select_related = ("row__file",)
    search_fields = ("row__public_id", "payment__public_id")
    ordering = ("-pk",)


@admin.register(PayerReference)
class PayerReferenceAdmin(BillingFact):
    personal = frozenset({"reference"})
    list_display = ("account", "holds", "recorded_at", "recorded_by")
    list_select_related = ("account",)
    search_fields = ("account__name", "account__public_id")
    ordering = ("-pk",)


@admin.register(RuleVersion)
class RuleVersionAdmin(BillingFact):
    list_display = ("public_id", "subject", "code", "number", "effective_from", "made_by")
    list_filter = ("subject",)
    search_fields = ("public_id", "code")
    ordering = ("subject", "code", "-number")


@admin.register(ExcessCleared)
class ExcessClearedAdmin(BillingFact):
    list_display = ("public_id", "reversal", "kind", "amount_minor", "cleared_at", "cleared_by")
    list_filter = ("kind",)
    list_select_related = ("reversal__payment__account",)
    search_fields = ("public_id", "reversal__public_id")
    ordering = ("-pk",)


@admin.register(DunningNotice)
class DunningNoticeAdmin(BillingFact):
    list_display = ("public_id", "account", "action", "on_day", "base_on", "sent_at")
    list_filter = ("action",)
    list_select_related = ("account",)
    search_fields = ("public_id", "account__name", "account__public_id")
    ordering = ("-sent_at", "-pk")


@admin.register(PaymentPromise)
class PaymentPromiseAdmin(BillingFact):
    list_display = ("public_id", "account", "amount", "promised_on", "made_at", "recorded_by")
    list_select_related = ("account",)
    search_fields = ("public_id", "account__name", "account__public_id")
    ordering = ("-made_at", "-pk")
