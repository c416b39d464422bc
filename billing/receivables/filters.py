"""What lists of payments and of bank rows can be narrowed by."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django_filters import ChoiceFilter

from billing.catalogue.queries.currencies import currencies_sold
from billing.receivables.models import Hold, Payment, PaymentReversal
from billing.receivables.queries.free_money import used_of_payment
from core.filtering import (
    AmountFilter,
    DayFilter,
    IdFilter,
    NounFilters,
    TextFilter,
    amount_read,
)
from core.instants import read_day
from core.money import minor_exponent


class PaymentFilters(NounFilters):
    """By payer, amount, currency, day of receipt, who reported it, what took it back, what is left.

    Days are UTC, the first included and the second not.
    """

    seldom = frozenset({"account", "currency", "method", "source", "taken_back", "left"})

    named = TextFilter("account__name", lookup_expr="icontains", label="Payer")
    key = TextFilter("external_key", max_length=200, label="Its name at the source")
    amount_from = AmountFilter(method="by_amount_from", label="Amount at least")
    amount_to = AmountFilter(method="by_amount_to", label="Amount at most")
    received_from = DayFilter(method="by_received_from", label="Received on or after")
    received_until = DayFilter(method="by_received_until", label="Received before")
    currency = TextFilter("currency", max_length=3, label="Currency")
    method = ChoiceFilter(choices=Payment.Method.choices, label="Way", empty_label="All")
    source = TextFilter("source", max_length=64, label="Reported by")
    taken_back = ChoiceFilter(
        choices=[("yes", "Taken back"), ("no", "Not taken back")],
        method="by_taken_back",
        label="Taken back",
        empty_label="All",
    )
    left = ChoiceFilter(
        choices=[("some", "Some of it"), ("none", "Nothing")],
        method="by_left",
        label="Left of it",
        empty_label="All",
    )
    account = IdFilter("account__public_id", prefix="acc", label="Account id")

    class Meta:
        model = Payment
        fields: tuple[str, ...] = ()

    def by_amount_from(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """That much or more."""
        return rows.filter(_amount("gte", value, ROUND_CEILING))

    def by_amount_to(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """That much or less."""
        return rows.filter(_amount("lte", value, ROUND_FLOOR))

    def by_received_from(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """From the beginning of the day on."""
        return rows.filter(received_at__gte=_midnight(read_day(value, field=name)))

    def by_received_until(
        self, rows: QuerySet[Payment], name: str, value: str
    ) -> QuerySet[Payment]:
        """Before the day begins."""
        return rows.filter(received_at__lt=_midnight(read_day(value, field=name)))

    def by_taken_back(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """Whether anything of it was taken back."""
        back = Exists(PaymentReversal.objects.filter(payment=OuterRef("pk")))
        return rows.filter(back if value == "yes" else ~back)

    def by_left(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """Whether anything of it is on no invoice, not taken back and not refunded."""
        rows = rows.alias(used=used_of_payment())
        if value == "some":
            return rows.filter(amount_minor__gt=F("used"))
        return rows.filter(amount_minor__lte=F("used"))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _amount(operator: str, value: str, rounding: str) -> Q:
    """Amounts on one side of another, in each currency by its own minor unit."""
    amount, found = amount_read(value), Q(pk__in=())
    for code in currencies_sold():
        minor = int(amount.scaleb(minor_exponent(code)).to_integral_value(rounding))
        found |= Q(("currency", code), (f"amount_minor__{operator}", minor))
    return found


class HoldFilters(NounFilters):
    """By account and number of the invoice."""

    account = IdFilter("account__public_id", prefix="acc", label="Id of the account")
    invoice = TextFilter("invoice__number", max_length=64, label="Number of the invoice")

    class Meta:
        model = Hold
        fields: tuple[str, ...] = ()
