"""What lists of invoices, decisions on late usage and parked accounts can be narrowed by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import ClassVar

from django.db.models import DateTimeField, F, Func, Q, QuerySet
from django_filters import ChoiceFilter

from billing.catalogue.queries.currencies import currencies_sold
from billing.invoicing.models import (
    BillRunItem,
    CreditGrant,
    CreditNote,
    Invoice,
    LateUsageDecision,
)
from billing.invoicing.queries.numbers import numbered
from core.filtering import (
    AmountFilter,
    DayFilter,
    IdFilter,
    MonthFilter,
    NounFilters,
    TextFilter,
    amount_read,
)
from core.instants import read_day
from core.money import minor_exponent
from core.periods import month_day

_ZONES_DIFFER = timedelta(days=1)
"""No clock of the world is a day apart from UTC."""


class InvoiceFilters(NounFilters):
    """By state, account, number, currency, month, total and day of issue.

    The month is that in which the period begins on the invoice's own clock, or ends at last; days
    of issue are UTC, the first included and the second not. Totals are in their own currency.
    """

    seldom = frozenset({"account", "currency", "ended_by", "issued_from", "issued_until"})

    state = ChoiceFilter(choices=Invoice.State.choices, label="State", empty_label="All")
    named = TextFilter("account__name", lookup_expr="icontains", label="Account")
    number = TextFilter(method="by_number", max_length=64, label="Number")
    period = MonthFilter(method="by_month", label="Period begun in")
    ended_by = MonthFilter(method="by_end", label="Period ended in or before")
    total_from = AmountFilter(method="by_total_from", label="Total at least")
    total_to = AmountFilter(method="by_total_to", label="Total at most")
    currency = TextFilter("currency", max_length=3, label="Currency")
    issued_from = DayFilter(method="by_issued_from", label="Issued on or after")
    issued_until = DayFilter(method="by_issued_until", label="Issued before")
    account = IdFilter("account__public_id", prefix="acc", label="Account id")

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = ()

    def by_number(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """In full, or without the zeros in front."""
        return rows.filter(numbered(value.strip()))

    def by_month(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """By the clock of each invoice; the index of periods narrows it first."""
        first = read_day(f"{value}-01", field=name)
        begin, end = _midnight(first), _midnight(month_day(first, 1))
        return rows.alias(begun_on=_LocalTime(F("zone"), F("period_from"))).filter(
            period_from__gte=begin - _ZONES_DIFFER,
            period_from__lt=end + _ZONES_DIFFER,
            begun_on__gte=begin,
            begun_on__lt=end,
        )

    def by_end(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """By the last day of the period on the clock of each invoice."""
        end = _midnight(month_day(read_day(f"{value}-01", field=name), 1))
        return rows.alias(ended_on=_LocalTime(F("zone"), F("period_until"))).filter(
            period_until__lte=end + _ZONES_DIFFER, ended_on__lte=end
        )

    def by_total_from(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """That much or more."""
        return rows.filter(_total("gte", value, rounding=ROUND_CEILING))

    def by_total_to(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """That much or less."""
        return rows.filter(_total("lte", value, rounding=ROUND_FLOOR))

    def by_issued_from(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """From the beginning of the day on."""
        return rows.filter(issued_at__gte=_midnight(read_day(value, field=name)))

    def by_issued_until(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Before the day begins."""
        return rows.filter(issued_at__lt=_midnight(read_day(value, field=name)))


class _LocalTime(Func):
    """An instant on the clock of a zone that is itself a column, as if that were UTC."""

    template = "(timezone(%(expressions)s) AT TIME ZONE 'UTC')"
    output_field: ClassVar[DateTimeField[str, datetime]] = DateTimeField()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _total(operator: str, value: str, *, rounding: str) -> Q:
    """Totals on one side of an amount, in each currency by its own minor unit."""
    amount, found = amount_read(value), Q(pk__in=())
    for code in currencies_sold():
        minor = int(amount.scaleb(minor_exponent(code)).to_integral_value(rounding))
        found |= Q(("currency", code), (f"total_minor__{operator}", minor))
    return found


class LateUsageFilters(NounFilters):
    """By fate, account and the number of the invoice it came after."""

    fate = ChoiceFilter(choices=LateUsageDecision.Fate.choices)
    account = IdFilter("invoice__account__public_id", prefix="acc")
    invoice = TextFilter("invoice__number", max_length=64)

    class Meta:
        model = LateUsageDecision
        fields: tuple[str, ...] = ()


class CreditNoteFilters(NounFilters):
    """By account, and by the number of the invoice."""

    account = IdFilter("invoice__account__public_id", prefix="acc")
    invoice = TextFilter("invoice__number", max_length=64)

    class Meta:
        model = CreditNote
        fields: tuple[str, ...] = ()


class GrantFilters(NounFilters):
    """By account and kind."""

    account = IdFilter("account__public_id", prefix="acc")
    type = ChoiceFilter("kind", choices=CreditGrant.Kind.choices)

    class Meta:
        model = CreditGrant
        fields: tuple[str, ...] = ()


class ParkedFilters(NounFilters):
    """By the code of what stands in the way."""

    reason = TextFilter("parked_code")

    class Meta:
        model = BillRunItem
        fields: tuple[str, ...] = ()
