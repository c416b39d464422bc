"""What the rows of a list come to, by currency, however many pages they fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Subquery, Sum

from core.db.keyset_pages import PageOrder
from core.money import Money


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """How many rows are in a currency, and their sum; nothing where none has an amount."""

    count: int
    sum: Money


@dataclass(frozen=True, slots=True)
class ListTotals:
    """The sums of a list, by currency. `is_first` when they are of its first rows only."""

    by_currency: Sequence[CurrencyTotal]
    is_first: bool

    @property
    def count(self) -> int:
        """Rows that are summed."""
        return sum(each.count for each in self.by_currency)


def totals_of(
    rows: QuerySet[Any], *, minor: str | Subquery, order: PageOrder, most: int
) -> ListTotals:
    """The sums of `minor` over at most the first `most` rows in their order; one query.

    The rows have a column `currency`. A long list is not read to its end for its foot.
    """
    first = rows.order_by(*order.names)[:most]
    found = (
        rows.model._base_manager.filter(pk__in=first.values("pk"))
        .order_by("currency")
        .values_list("currency")
        .annotate(count=Count("pk"), sum=Sum(minor, default=0))
    )
    totals = [CurrencyTotal(count, Money.from_minor(sum_, code)) for code, count, sum_ in found]
    return ListTotals(totals, is_first=sum(each.count for each in totals) == most)
