"""Every screen with its address, for the tests that walk all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from accounts.models import Account
from billing.contracts.models import SeatHolder, SubscriptionChange
from billing.disputes.models import CreditBatch, DisputeCase, DisputeLine, Incident
from billing.invoicing.models import Adjustment, CreditGrant, CreditNote
from billing.receivables.models import BankRow, Payment
from billing.spending.models import SpendingLimit
from tests.console.licensed import licence_of
from usage.models import Event, Source

if TYPE_CHECKING:
    from tests.console.platform import Platform

BILLING = (
    "search",
    "accounts",
    "account",
    "account-bill",
    "account-as-customer",
    "account-invoices",
    "account-plans",
    "account-grants",
    "account-grant",
    "account-limits",
    "account-resources",
    "account-history",
    "account-statement",
    "resource",
    "receivables",
    "books",
    "revenue",
    "payments",
    "payment",
    "bank-files",
    "bank-file",
    "dunning",
    "closes",
    "close",
    "invoices",
    "invoice",
    "invoice-lines",
    "invoice-payments",
    "invoice-documents",
    "invoice-compare",
    "invoice-history",
    "credit-note",
    "adjustment",
    "proposals",
    "proposals-policy",
    "proposals-deputies",
    "proposals-mandates",
    "proposals-emergencies",
    "disputes",
    "dispute",
    "incidents",
    "incident",
    "dispute-hours",
    "dispute-others",
    "dispute-batches",
    "dispute-batch",
    "explain",
    "explain-bill",
    "events",
    "event",
    "late",
    "sources",
    "backfills",
    "backfill",
    "plans",
    "plan",
    "version",
    "version-cases",
    "version-check",
    "version-compare",
    "simulations",
    "simulation",
    "meters",
    "meter",
    "parallel-runs",
    "legacy-imports",
    "licences",
    "limits",
    "licence",
    "licence-quotes",
    "licence-quote",
)
"""Screens that name customers; operators stay outside."""

COUNTS = (
    "inbox",
    "quarantine",
    "runs",
    "run",
    "oncall",
    "papers",
    "shortcuts",
    "style",
    "tokens",
    "views",
)
"""Screens everybody of the staff sees."""

WORK = (
    "run-start",
    "quarantine-settle",
    "event-correct",
    "late-waive",
    "backfill-new",
    "backfill-step",
    "meter-new",
    "meter-version",
    "meter-retire",
    "account-personal",
    "disclosures",
    "payment-record",
    "payment-step",
    "bank-file-new",
    "bank-row-put",
    "account-promise",
    "dunning-policy",
    "rules",
    "rules-bounds",
    "rules-numbers",
    "rules-format",
    "rules-matching",
    "rules-applying",
    "sources-waive",
    "plan-retire",
    "account-grant-new",
    "account-limit-new",
    "account-limit-end",
    "account-grant-revoke",
    "account-change",
    "account-seats",
    "account-seat-leave",
    "account-coupon-redeem",
    "account-change-withdraw",
    "oncall-queue",
)
"""Pages that prepare a decision; open to those who may make or propose it."""

LISTS = (
    "account-grants",
    "account-history",
    "account-invoices",
    "account-limits",
    "account-resources",
    "accounts",
    "backfills",
    "bank-file",
    "bank-files",
    "books",
    "disclosures",
    "dispute-batches",
    "disputes",
    "events",
    "incidents",
    "invoices",
    "late",
    "legacy-import",
    "legacy-imports",
    "licence",
    "licence-quotes",
    "licences",
    "limits",
    "meters",
    "papers",
    "parallel-run",
    "parallel-runs",
    "payments",
    "plans",
    "proposals",
    "proposals-deputies",
    "proposals-emergencies",
    "proposals-mandate",
    "proposals-mandates",
    "quarantine",
    "receivables",
    "revenue",
    "run",
    "runs",
    "simulations",
    "sources",
    "webhook",
    "webhooks",
)
"""Lists that are files too: the address of each has one of the same name that ends in -file."""

GOODWILL = ("account-grant-new", "account-grant-revoke")
"""Those of them that support opens too: a little is given for goodwill."""


def _of_invoices(platform: Platform) -> dict[str, list[object]]:
    """What the addresses of invoices and of what is about them name."""
    invoice = platform.invoice
    return {
        "invoice": [invoice.number],
        "invoice-lines": [invoice.number],
        "invoice-payments": [invoice.number],
        "invoice-documents": [invoice.number],
        "invoice-compare": [invoice.number],
        "invoice-history": [invoice.number],
        "credit-note": [CreditNote.objects.values_list("number", flat=True).first()],
        "adjustment": [Adjustment.objects.values_list("public_id", flat=True).first()],
        "explain": [invoice.number, 1],
        "dispute": [DisputeCase.objects.get().public_id],
        "dispute-others": [
            DisputeCase.objects.get().public_id,
            DisputeLine.objects.values_list("public_id", flat=True).get(),
        ],
        "incident": [Incident.objects.values_list("public_id", flat=True).get()],
        "dispute-batch": [CreditBatch.objects.values_list("public_id", flat=True).get()],
        "late-waive": [invoice.number],
    }


def _of_subscriptions(account: Account) -> dict[str, list[object]]:
    """What the addresses of subscriptions and their seats name."""
    return {
        "account-change": [account.public_id, _subscription(account)],
        "account-change-withdraw": [account.public_id, _change(account)],
        "account-seats": [account.public_id, _subscription(account)],
        "account-seat-leave": [account.public_id, _seat(account)],
    }


def _subscription(account: Account) -> str | None:
    rows = account.subscriptions.order_by("pk").values_list("public_id", flat=True)
    return rows.first()


def _change(account: Account) -> str | None:
    rows = SubscriptionChange.objects.filter(subscription__account=account)
    return rows.values_list("public_id", flat=True).first()


def _seat(account: Account) -> str | None:
    rows = SeatHolder.objects.filter(subscription__account=account)
    return rows.values_list("public_id", flat=True).first()


def _grant(account: Account) -> list[object]:
    found = CreditGrant.objects.filter(account=account).values_list("public_id", flat=True)
    return [account.public_id, found.first()]


def _of_credit_and_limits(account: Account) -> dict[str, list[object]]:
    found = SpendingLimit.objects.filter(account=account).values_list("public_id", flat=True)
    return {
        "account-coupon-redeem": [account.public_id],
        "account-grant": _grant(account),
        "account-grant-new": [account.public_id],
        "account-grant-revoke": _grant(account),
        "account-grants": [account.public_id],
        "account-limits": [account.public_id],
        "account-limit-new": [account.public_id],
        "account-limit-end": [account.public_id, found.first()],
    }


_ASKED = {"quarantine-settle": "?do=retry&reason=unknown_type"}
"""What is asked of an address beside its path."""


def address(name: str, platform: Platform) -> str:
    """Where the screen is: about the platform's Acme, or about a licence that is made then."""
    if name not in ("licence", "licence-quote"):
        return _of_acme(name, platform)
    license = licence_of(platform)
    ref = license.public_id if name == "licence" else license.quote.public_id
    return reverse(f"console:{name}", args=[ref])


def _of_acme(name: str, platform: Platform) -> str:
    """Where the screen is, about the platform's Acme."""
    account = platform.acme.account
    event = Event.objects.order_by("occurred_at", "key").values_list("key", flat=True)[0]
    payment, row = Payment.objects.get(), BankRow.objects.earliest("line")
    arguments = (
        _of_invoices(platform)
        | _of_credit_and_limits(account)
        | _of_subscriptions(account)
        | {
            "account": [account.public_id],
            "account-as-customer": [account.public_id],
            "account-bill": [account.public_id],
            "account-invoices": [account.public_id],
            "account-plans": [account.public_id],
            "account-personal": [account.public_id],
            "account-resources": [account.public_id],
            "account-history": [account.public_id],
            "account-statement": [account.public_id],
            "account-promise": [account.public_id],
            "payment": [payment.public_id],
            "payment-step": [payment.public_id, "allocate"],
            "bank-file": [row.file.public_id],
            "bank-row-put": [row.public_id],
            "resource": [platform.app.public_id],
            "explain-bill": [account.public_id, 1],
            "plan": [platform.version.plan.public_id],
            "version": [platform.version.public_id],
            "version-cases": [platform.version.public_id],
            "version-check": [platform.version.public_id],
            "version-compare": [platform.version.public_id],
            "simulation": [platform.simulation.public_id],
            "event": [event],
            "event-correct": [event, "amend"],
            "backfill": [platform.backfill.public_id],
            "backfill-step": [platform.backfill.public_id, "take-back"],
            "meter": ["dyno-seconds"],
            "meter-version": ["requests"],
            "meter-retire": ["requests"],
            "run": [platform.run.public_id],
            "close": ["2026-04"],
            "oncall-queue": ["papers"],
            "rules-bounds": ["USD"],
            "rules-numbers": ["CF-"],
            "sources-waive": [Source.objects.get().public_id],
            "plan-retire": [platform.version.plan.public_id],
        }
    )
    return reverse(f"console:{name}", args=arguments.get(name, [])) + _ASKED.get(name, "")
