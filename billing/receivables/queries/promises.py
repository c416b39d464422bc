"""Promises to pay, and whether they were kept: worked out from what came in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, Sum

from accounts.models import Account
from billing.receivables.models import Payment, PaymentPromise, PaymentReversal
from billing.receivables.queries.dunning import zones_of_payers
from core.money import Money
from core.periods import local_midnight

SHOWN_MOST = 10


class PromiseState(StrEnum):
    """How it stands with a promise."""

    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class PromiseKept:
    """A promise, what came in for it by then, and what that makes of it."""

    promise: PaymentPromise
    paid: Money
    state: PromiseState


def promises_of(account: Account, *, at: datetime) -> Sequence[PromiseKept]:
    """The last promises of an account, the newest first; two queries a promise and two more."""
    zone = zones_of_payers([account.pk], at=at)[account.pk]
    rows = PaymentPromise.objects.filter(account=account, made_at__lte=at)
    made = rows.order_by("-made_at", "-pk")
    return [_kept(each, zone, at) for each in made[:SHOWN_MOST]]


def _kept(promise: PaymentPromise, zone: str, at: datetime) -> PromiseKept:
    end = local_midnight(promise.promised_on + timedelta(days=1), zone)
    came = Payment.objects.filter(
        Q(received_at__gte=promise.made_at) | Q(recorded_at__gte=promise.made_at),
        account=promise.account_id,
        currency=promise.currency,
        received_at__lt=min(end, at + timedelta(microseconds=1)),
    )
    paid = came.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    back = PaymentReversal.objects.filter(payment__in=came, effective_at__lt=end)
    paid -= back.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    state = PromiseState.BROKEN if at >= end else PromiseState.RUNNING
    if paid >= promise.amount_minor:
        state = PromiseState.KEPT
    return PromiseKept(promise, Money.from_minor(paid, promise.currency), state)
