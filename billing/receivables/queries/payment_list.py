"""The list of payments, and one with all that became of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import F, QuerySet, Sum

from billing.receivables.filters import PaymentFilters
from billing.receivables.models import (
    BankRow,
    ExcessCleared,
    Payment,
    PaymentReversal,
    Refund,
    Settlement,
)
from billing.receivables.queries.free_money import free_of_payments, refundable_of
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.db.list_totals import ListTotals, totals_of
from core.errors import NotFound
from core.money import Money

PAYMENT_ORDERS: Final[Mapping[str, PageOrder]] = {
    "received": PageOrder("received_at", descending=False),
    "payer": PageOrder("account__name", descending=False),
    "amount": PageOrder("currency", descending=False, then=("amount_minor", "pk")),
}
"""By the names an address uses. Amounts are compared within their currency."""

SUMMED_MOST: Final = 50_000
_READ_AT_ONCE = 500


class PaymentNotFound(NotFound):
    """There is no such payment, or it is not theirs to know of."""

    code = "payment_not_found"
    title = "There is no such payment"


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment, and what of it is free."""

    payment: Payment
    free: Money


def listed_payments(
    filters: PaymentFilters, *, order: PageOrder, position: Position
) -> Page[PaymentRow]:
    """A page of payments; at most five queries. Raises: UnknownCursor."""
    page = page_of(_narrowed(filters), order=order, position=position)
    free = free_of_payments(page.rows)
    return page.showing(
        lambda each: PaymentRow(each, Money.from_minor(free[each.pk], each.currency))
    )


def payment_totals(filters: PaymentFilters, *, order: PageOrder) -> ListTotals:
    """What the payments come to, of the first `SUMMED_MOST`; one query."""
    rows = filters.narrow(Payment.objects.all())
    return totals_of(rows, minor="amount_minor", order=order, most=SUMMED_MOST)


def every_payment(filters: PaymentFilters, *, order: PageOrder) -> Iterator[Payment]:
    """All of them, their accounts loaded, a few hundred at a time; for a file."""
    return _narrowed(filters).order_by(*order.names).iterator(chunk_size=_READ_AT_ONCE)


def _narrowed(filters: PaymentFilters) -> QuerySet[Payment]:
    rows: QuerySet[Payment] = filters.narrow(Payment.objects.select_related("account"))
    return rows


def find_payment(public_id: str) -> Payment:
    """One payment, its payer loaded. Raises: PaymentNotFound."""
    found = Payment.objects.select_related("account").filter(public_id=public_id[:64]).first()
    if found is None:
        raise PaymentNotFound("There is no payment of this id.")
    return found


@dataclass(frozen=True, slots=True)
class SettledPart:
    """What of a payment went on an invoice, and whether it was taken back again."""

    settlement: Settlement
    amount: Money
    taken_back: Settlement | None


@dataclass(frozen=True, slots=True)
class TakenPart:
    """What took a payment back, and what of its excess waits for a person."""

    reversal: PaymentReversal
    amount: Money
    excess: Money
    waits: Money
    cleared: Sequence[ExcessCleared]


@dataclass(frozen=True, slots=True)
class PaymentUse:
    """All that became of a payment."""

    payment: Payment
    settled: Sequence[SettledPart]
    taken: Sequence[TakenPart]
    refunds: Sequence[tuple[Refund, Money]]
    free: Money
    refundable: Money
    row: BankRow | None

    @property
    def on_invoices(self) -> Money:
        """What stands on invoices."""
        total = sum(each.amount.minor for each in self.settled if each.taken_back is None)
        return Money.from_minor(total, self.payment.currency)

    @property
    def taken_back(self) -> Money:
        """What was taken back of it."""
        total = sum(each.reversal.amount_minor for each in self.taken)
        return Money.from_minor(total, self.payment.currency)


def payment_use(payment: Payment) -> PaymentUse:
    """All that became of a payment; eleven queries."""

    def money(minor: int) -> Money:
        return Money.from_minor(minor, payment.currency)

    made = payment.settlements.filter(reverses__isnull=True).select_related("invoice", "reversal")
    refunds = payment.refunds.prefetch_related("attempts").order_by("requested_at", "pk")
    return PaymentUse(
        payment=payment,
        settled=[
            SettledPart(each, money(each.amount_minor), getattr(each, "reversal", None))
            for each in made.order_by("effective_at", "pk")
        ],
        taken=[_taken(each) for each in payment.reversals.order_by("recorded_at", "pk")],
        refunds=[(each, money(each.amount_minor)) for each in refunds],
        free=money(free_of_payments([payment])[payment.pk]),
        refundable=money(refundable_of(payment)),
        row=BankRow.objects.filter(key=payment.external_key).select_related("file").first(),
    )


def _taken(reversal: PaymentReversal) -> TakenPart:
    currency = reversal.payment.currency
    cleared = list(reversal.clearings.order_by("pk"))
    waits = reversal.excess_minor - sum(each.amount_minor for each in cleared)
    return TakenPart(
        reversal,
        Money.from_minor(reversal.amount_minor + reversal.excess_minor, currency),
        Money.from_minor(reversal.excess_minor, currency),
        Money.from_minor(waits, currency),
        cleared,
    )


def waiting_excess() -> QuerySet[PaymentReversal]:
    """What took more than there was, and of which something waits for a person."""
    return (
        PaymentReversal.objects.filter(excess_minor__gt=0)
        .annotate(cleared=Sum("clearings__amount_minor", default=0))
        .filter(excess_minor__gt=F("cleared"))
        .select_related("payment__account")
        .order_by("recorded_at", "pk")
    )
