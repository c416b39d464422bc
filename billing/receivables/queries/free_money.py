"""What a payer has with us that is on no invoice: free payments and credit notes.

Free of a payment is its amount less what was taken back, what is refunded of its own cash, and what
it settles; free of a credit note is its total less what it settles and what is refunded for it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.models import Account
from billing.invoicing.models import CreditNote
from billing.receivables.models import Payment, PaymentReversal, Refund, RefundAttempt, Settlement
from core.money import Money

_ENDED_WITHOUT = (RefundAttempt.Outcome.FAILED, RefundAttempt.Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class FreeMoney:
    """A payment or credit note of which something is free, in minor units."""

    source: Payment | CreditNote
    free_minor: int

    @property
    def currency(self) -> str:
        """Of the money."""
        return self.source.currency

    @property
    def left(self) -> Money:
        """What is free of it."""
        return Money.from_minor(self.free_minor, self.currency)

    @property
    def is_payment(self) -> bool:
        """Whether it is cash, and not a credit note."""
        return isinstance(self.source, Payment)


def free_of_payments(payments: Collection[Payment]) -> dict[int, int]:
    """What is free of each payment; three queries."""
    ids = [payment.pk for payment in payments]
    used = _sums(Settlement.objects.filter(payment_id__one_of=ids), "payment_id")
    back = _sums(PaymentReversal.objects.filter(payment_id__one_of=ids), "payment_id")
    refunded = _sums(
        live_refunds().filter(payment_id__one_of=ids, credit_note__isnull=True), "payment_id"
    )
    return {
        payment.pk: payment.amount_minor
        - used.get(payment.pk, 0)
        - back.get(payment.pk, 0)
        - refunded.get(payment.pk, 0)
        for payment in payments
    }


def used_of_payment() -> Combinable:
    """What is used, taken back or refunded of the payment of a row: its amount less what is free.

    The same sums as `free_of_payments`, within a query.
    """
    refunded = live_refunds().filter(credit_note__isnull=True)
    used, *more = (
        Coalesce(
            Subquery(
                rows.filter(payment=OuterRef("pk"))
                .order_by()
                .values("payment")
                .annotate(minor=Sum("amount_minor"))
                .values("minor")
            ),
            Value(0, output_field=BigIntegerField()),
        )
        for rows in (Settlement.objects.all(), PaymentReversal.objects.all(), refunded)
    )
    return used + more[0] + more[1]


def free_of_notes(notes: Collection[CreditNote]) -> dict[int, int]:
    """What is free of each credit note; two queries."""
    ids = [note.pk for note in notes]
    used = _sums(Settlement.objects.filter(credit_note_id__one_of=ids), "credit_note_id")
    refunded = _sums(live_refunds().filter(credit_note_id__one_of=ids), "credit_note_id")
    return {
        note.pk: note.total_minor - used.get(note.pk, 0) - refunded.get(note.pk, 0)
        for note in notes
    }


def refundable_of(payment: Payment) -> int:
    """What may still go back the way a payment came, in minor units."""
    back = payment.reversals.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    refunded = live_refunds().filter(payment=payment).aggregate(minor=Sum("amount_minor"))["minor"]
    return payment.amount_minor - back - (refunded or 0)


def free_money(payer: Account) -> list[FreeMoney]:
    """All that is free of a payer's, the oldest first."""
    payments = list(payer.payments.order_by("received_at", "pk"))
    notes = list(
        CreditNote.objects.filter(invoice__payer=payer, total_minor__gt=0).order_by(
            "issued_at", "pk"
        )
    )
    of_payments, of_notes = free_of_payments(payments), free_of_notes(notes)
    found: Iterable[FreeMoney] = (
        *(FreeMoney(each, of_notes[each.pk]) for each in notes),
        *(FreeMoney(each, of_payments[each.pk]) for each in payments),
    )
    return [each for each in found if each.free_minor > 0]


def live_refunds() -> QuerySet[Refund]:
    """Refunds that were not given up."""
    ended = RefundAttempt.objects.filter(outcome__in=_ENDED_WITHOUT)
    return Refund.objects.exclude(pk__in=ended.values("refund_id"))


def _sums(rows: QuerySet[Any], of: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(of).annotate(Sum("amount_minor")))
