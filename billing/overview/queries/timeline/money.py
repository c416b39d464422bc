"""Money of an account: payments and what took them back, refunds, losses, holds, reminders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from billing.overview.queries.history import Entry, Opened
from billing.overview.queries.timeline.sources import (
    TimelineKind,
    TimelineSource,
    of_invoices,
    plain,
)
from billing.receivables.models import (
    DunningNotice,
    Hold,
    HoldEntry,
    Payment,
    PaymentPromise,
    PaymentReversal,
    Refund,
    Settlement,
)
from core.money import Money

_KIND = TimelineKind.PAYMENTS
_OF_PAYMENT = """SELECT said.{at} AS at, said.id AS ref, said.{known} AS known FROM {table} AS said
    JOIN receivables_payment AS payment ON payment.id = said.payment_id
    WHERE payment.account_id = %(account)s"""
_FREED = """SELECT said.effective_at AS at, said.id AS ref, said.effective_at AS known
    FROM receivables_holdentry AS said JOIN receivables_hold AS hold ON hold.id = said.hold_id
    WHERE hold.account_id = %(account)s AND said.kind <> 'placed'"""


def _payments(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        each.pk: Entry(
            each.received_at,
            each.recorded_by,
            f"Payment by {each.get_method_display().lower()}, from {each.source}",
            each.reason,
            opens=Opened("payment", each.public_id),
            amount=-each.amount,
        )
        for each in Payment.objects.filter(pk__in=refs)
    }


def _reversals(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = PaymentReversal.objects.filter(pk__in=refs).select_related("payment")
    return {
        each.pk: Entry(
            each.effective_at,
            each.recorded_by,
            f"Payment {each.get_kind_display().lower()}",
            each.reason,
            opens=Opened("payment", each.payment.public_id),
            amount=Money.from_minor(each.amount_minor, each.payment.currency),
        )
        for each in rows
    }


def _refunds(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = Refund.objects.filter(pk__in=refs).select_related("payment")
    return {
        each.pk: Entry(
            each.requested_at,
            each.requested_by,
            f"Refund asked of {each.gateway}",
            each.reason,
            opens=Opened("payment", each.payment.public_id),
            amount=Money.from_minor(each.amount_minor, each.payment.currency),
        )
        for each in rows
    }


def _losses(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = Settlement.objects.filter(pk__in=refs).select_related("invoice")
    return {
        each.pk: Entry(
            each.effective_at,
            each.recorded_by,
            f"{each.get_kind_display()} of {each.invoice}"
            + (" taken back" if each.reverses_id else ""),
            each.reason,
            opens=Opened("invoice", each.invoice.public_id),
            amount=Money.from_minor(-each.amount_minor, each.invoice.currency),
        )
        for each in rows
    }


def _holds(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = Hold.objects.filter(pk__in=refs).select_related("invoice", "account")
    placed = dict(
        HoldEntry.objects.filter(hold__in=refs, kind=HoldEntry.Kind.PLACED).values_list(
            "hold_id", "amount_minor"
        )
    )
    return {
        each.pk: Entry(
            each.placed_at,
            each.placed_by,
            f"Hold on {each.invoice or 'the account'}: {_stopped(each)} wait",
            each.reason,
            opens=Opened("invoice", each.invoice.public_id) if each.invoice else None,
            amount=Money.from_minor(
                placed[each.pk], each.invoice.currency if each.invoice else each.account.currency
            )
            if each.pk in placed
            else None,
        )
        for each in rows
    }


def _stopped(hold: Hold) -> str:
    return ", ".join(Hold.Process(name).label.lower() for name in hold.processes)


def _freed(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = HoldEntry.objects.filter(pk__in=refs).select_related("hold__invoice", "hold__account")
    found = {}
    for each in rows:
        invoice = each.hold.invoice
        currency = invoice.currency if invoice else each.hold.account.currency
        found[each.pk] = Entry(
            each.effective_at,
            each.recorded_by,
            f"Hold on {invoice or 'the account'}: {each.get_kind_display().lower()}",
            each.reason,
            opens=Opened("invoice", invoice.public_id) if invoice else None,
            amount=Money.from_minor(each.amount_minor, currency),
        )
    return found


def _notices(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = DunningNotice.objects.filter(pk__in=refs).select_related("base_invoice")
    return {
        each.pk: Entry(
            each.sent_at,
            each.sent_by,
            f"{each.get_action_display()}"
            + (
                f", {each.step_days} days after {each.base_invoice} was due" if each.base_on else ""
            ),
            "",
            opens=Opened("invoice", each.base_invoice.public_id) if each.base_invoice else None,
        )
        for each in rows
    }


def _promises(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        each.pk: Entry(
            each.made_at,
            each.recorded_by,
            f"The payer promised to pay by {each.promised_on:%-d %B %Y}",
            each.reason,
            amount=each.amount,
        )
        for each in PaymentPromise.objects.filter(pk__in=refs)
    }


MONEY: Final = (
    TimelineSource(
        "payment",
        _KIND,
        plain("receivables_payment", "received_at", known="recorded_at"),
        _payments,
    ),
    TimelineSource(
        "reversal",
        _KIND,
        _OF_PAYMENT.format(
            at="effective_at", known="recorded_at", table="receivables_paymentreversal"
        ),
        _reversals,
    ),
    TimelineSource(
        "refund",
        _KIND,
        _OF_PAYMENT.format(at="requested_at", known="requested_at", table="receivables_refund"),
        _refunds,
    ),
    TimelineSource(
        "loss",
        _KIND,
        of_invoices("receivables_settlement", "effective_at", known="recorded_at")
        + " AND said.kind IN ('write_off', 'bank_charge')",
        _losses,
    ),
    TimelineSource("hold", _KIND, plain("receivables_hold", "placed_at"), _holds),
    TimelineSource("freed", _KIND, _FREED, _freed),
    TimelineSource("notice", _KIND, plain("receivables_dunningnotice", "sent_at"), _notices),
    TimelineSource("promise", _KIND, plain("receivables_paymentpromise", "made_at"), _promises),
)
