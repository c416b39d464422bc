"""What finance does with payments: record, allocate, unapply, take back, exchange, clear.

Each shows first what it would do, and is confirmed by that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.invoicing.models import Invoice
from billing.receivables.models import ExcessCleared, Payment, PaymentReversal, Settlement
from billing.receivables.operations import differences, payments, settling
from billing.receivables.operations.payments import Report, ReversalReport
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.free_money import refundable_of
from billing.receivables.queries.open_items import still_open
from billing.receivables.queries.payment_list import find_payment
from console.finance.forms import (
    Allocates,
    BearsCharge,
    Clears,
    Exchanges,
    RecordsPayment,
    SaysReason,
    TakesBack,
)
from console.finance.money_steps import FinanceStep, money_step
from console.shell import formats
from console.shell.access import StaffRequest, screen
from console.shell.query_params import words
from core.clock import now
from core.money import Money
from core.periods import local_midnight

RECORD: Final = (Permission.PAYMENT_RECORD,)
INVOICES_MOST: Final = 50
_METHODS: Final = ["GET", "HEAD", "POST"]
_LIST: Final = ("Payments", "console:payments")


@require_http_methods(_METHODS)
@screen(*RECORD)
def payment_record(request: StaffRequest) -> HttpResponse:
    """Record money that is in no bank's file."""
    first = {
        "payer": words(request, "payer"),
        "received_on": now().date(),
        "external_key": f"by-hand-{uuid4().hex[:12]}",
    }
    form = RecordsPayment(request.POST or None, initial=first)

    def record(said: dict[str, Any], recorded: Recorded) -> Payment:
        report = Report(
            source="by-hand",
            external_key=said["external_key"],
            currency=said["currency"],
            amount_minor=said["amount_minor"],
            received_at=min(local_midnight(said["received_on"], "UTC"), recorded.at),
            method=Payment.Method(said["method"]),
            reference=said["reference"],
        )
        return payments.record(payer=said["payer"], report=report, recorded=recorded)

    step = FinanceStep(
        title="Record a payment",
        lead="Money that came in and is in no file of a bank. It is on no invoice yet.",
        button=lambda said: f"Record {_text(said['amount_minor'], said['currency'])}",
        does=record,
        of=lambda said: (),
        done="The payment is recorded. Put it on invoices on its page.",
        back=reverse("console:payments"),
        crumbs=[("Payments", reverse("console:payments"))],
    )
    return money_step(request, step, form)


@require_http_methods(_METHODS)
@screen(*RECORD)
def payment_step(request: StaffRequest, public_id: str, verb: str) -> HttpResponse:
    """Do something with a payment."""
    if verb not in _VERBS:
        raise Http404
    return _VERBS[verb](request, find_payment(public_id))


def _crumbs(payment: Payment) -> list[tuple[str, str]]:
    return [("Payments", reverse(_LIST[1])), (str(payment), _page(payment))]


def _page(payment: Payment) -> str:
    return reverse("console:payment", args=[payment.public_id])


def _text(minor: int, currency: str) -> str:
    return formats.money_text(Money.from_minor(minor, currency))


def _owed(payment: Payment, *, currency: str | None = None) -> list[Invoice]:
    invoices = still_open().filter(payer=payment.account)
    if currency is not None:
        invoices = invoices.filter(currency=currency)
    return list(invoices[:INVOICES_MOST])


def _allocate(request: StaffRequest, payment: Payment) -> HttpResponse:
    invoices = _owed(payment, currency=payment.currency)
    form = Allocates(request.POST or None, invoices=invoices)

    def amount(said: dict[str, Any]) -> str:
        chosen = said["amounts"]
        return _text(sum(chosen.values()), payment.currency) if chosen else "the oldest due first"

    step = FinanceStep(
        title=f"Allocate {payment}",
        lead="Type amounts, or leave all empty for the oldest due first. What is left stays free.",
        button=lambda said: f"Allocate {amount(said)}",
        does=lambda said, recorded: settling.allocate(
            source=payment, amounts=said["amounts"], recorded=recorded
        ),
        of=lambda said: invoices,
        done="The payment is allocated.",
        back=_page(payment),
        crumbs=_crumbs(payment),
    )
    return money_step(request, step, form)


def _take_back(request: StaffRequest, payment: Payment) -> HttpResponse:
    left = Money.from_minor(max(refundable_of(payment), 0), payment.currency)
    form = TakesBack(
        request.POST or None,
        currency=payment.currency,
        initial={"amount": str(left.amount), "external_key": f"by-hand-{uuid4().hex[:12]}"},
    )
    settled = [each.invoice for each in payment.settlements.select_related("invoice")]
    step = FinanceStep(
        title=f"Take back {payment}",
        lead="A bank or card network took the money. What it settled is open again; what exceeds "
        "the payment waits to be cleared.",
        button=lambda said: f"Take back {_text(said['amount'], payment.currency)}",
        does=lambda said, recorded: payments.reverse(
            payment=payment,
            taken=ReversalReport(
                PaymentReversal.Kind(said["kind"]),
                "by-hand",
                said["external_key"],
                said["amount"],
            ),
            recorded=recorded,
        ),
        of=lambda said: {each.pk: each for each in settled}.values(),
        done="The payment is taken back.",
        back=_page(payment),
        crumbs=_crumbs(payment),
    )
    return money_step(request, step, form)


def _exchange(request: StaffRequest, payment: Payment) -> HttpResponse:
    step = FinanceStep(
        title=f"Exchange {payment}",
        lead="The bank made what is free of it into another currency. Say what came of it; nothing "
        "is converted by a rate of ours.",
        button=lambda said: f"Record {_text(said['amount_minor'], said['currency'])}",
        does=lambda said, recorded: differences.exchange(
            payment=payment,
            currency=said["currency"],
            amount_minor=said["amount_minor"],
            recorded=recorded,
        ),
        of=lambda said: (),
        done="The exchange is recorded.",
        back=_page(payment),
        crumbs=_crumbs(payment),
    )
    return money_step(request, step, Exchanges(request.POST or None))


def _charge(request: StaffRequest, payment: Payment) -> HttpResponse:
    invoices = _owed(payment)
    step = FinanceStep(
        title=f"Bear a bank’s charge of {payment}",
        lead="What a bank kept of a payment settles the invoice as a loss of ours. It is small; "
        "anything larger is a write-off.",
        button=lambda said: f"Bear {_text(said['amount_minor'], said['invoice'].currency)}",
        does=lambda said, recorded: differences.bear_charge(
            invoice=said["invoice"], amount_minor=said["amount_minor"], recorded=recorded
        ),
        of=lambda said: [said["invoice"]],
        done="The charge is borne.",
        back=_page(payment),
        crumbs=_crumbs(payment),
    )
    return money_step(request, step, BearsCharge(request.POST or None, invoices=invoices))


_VERBS: Final[dict[str, Callable[[StaffRequest, Payment], HttpResponse]]] = {
    "allocate": _allocate,
    "take-back": _take_back,
    "exchange": _exchange,
    "charge": _charge,
}


@require_http_methods(_METHODS)
@screen(*RECORD)
def settlement_unapply(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take one settlement of a payment back: both sides are free again."""
    settlement = get_object_or_404(
        Settlement.objects.select_related("payment__account", "invoice"),
        public_id=public_id[:64],
        payment__isnull=False,
    )
    payment = settlement.payment
    assert payment is not None  # as asked for
    amount = _text(settlement.amount_minor, payment.currency)
    step = FinanceStep(
        title=f"Take {amount} off {settlement.invoice}",
        lead="The invoice is open again by so much, and the payment has it free.",
        button=lambda said: f"Take {amount} off",
        does=lambda said, recorded: settling.unapply(settlement=settlement, recorded=recorded),
        of=lambda said: [settlement.invoice],
        done=f"{amount} is off the invoice and free.",
        back=_page(payment),
        crumbs=_crumbs(payment),
    )
    return money_step(request, step, SaysReason(request.POST or None))


@require_http_methods(_METHODS)
@screen(*RECORD)
def excess_clear(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say what becomes of money that was taken beyond what a payment had left."""
    reversal = get_object_or_404(
        PaymentReversal.objects.select_related("payment__account"), public_id=public_id[:64]
    )
    payment = reversal.payment
    left = Money.from_minor(differences.excess_left(reversal), payment.currency)
    form = Clears(
        request.POST or None, currency=payment.currency, initial={"amount": str(left.amount)}
    )
    step = FinanceStep(
        title=f"Clear {formats.money_text(left)}",
        lead="It was taken beyond what was left of the payment. Nobody is charged for it again.",
        button=lambda said: f"Clear {_text(said['amount'], payment.currency)}",
        does=lambda said, recorded: differences.clear_excess(
            reversal=reversal,
            kind=ExcessCleared.Kind(said["kind"]),
            amount_minor=said["amount"],
            recorded=recorded,
        ),
        of=lambda said: (),
        done="It is cleared.",
        back=_page(payment),
        crumbs=_crumbs(payment),
    )
    return money_step(request, step, form)
