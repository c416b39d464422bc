"""What an account's bills are expected to come to: what is usual, and what they go on to.

Both are of the account's last period invoices, before tax, in minor units:

- **usual** is their median, from the first one on;
- **forecast** is the last of them and the median of the steps from each to the next, from the third
  one on, and never below 0. So an account that grows by as much each month is expected to go on.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from billing.invoicing.models import Invoice
from billing.invoicing.models.invoices import of_period

EXPECTED_OF = 6
"""How many of the last period invoices say what is expected."""
FORECAST_FROM = 3


@dataclass(frozen=True, slots=True)
class Expected:
    """In minor units, before tax; `forecast` is None where there are too few invoices."""

    usual: Fraction
    forecast: Fraction | None


def expected(account_ids: Collection[int]) -> dict[int, Expected]:
    """What is expected of accounts; those without a period invoice are absent. One query."""
    if not account_ids:
        return {}
    rank = Window(RowNumber(), partition_by=F("account_id"), order_by=F("period_from").desc())
    rows = (
        Invoice.objects.filter(of_period(), account_id__one_of=account_ids)
        .annotate(rank=rank)
        .filter(rank__lte=EXPECTED_OF)
        .order_by("account_id", "period_from")
    )
    totals: dict[int, list[int]] = defaultdict(list)
    for account_id, minor in rows.values_list("account_id", "subtotal_minor"):
        totals[account_id].append(minor)
    return {account_id: expected_after(each) for account_id, each in totals.items()}


def expected_after(totals: Sequence[int]) -> Expected:
    """What is expected after bills of these totals, oldest first; at least one."""
    forecast = None
    if len(totals) >= FORECAST_FROM:
        steps = [after - before for before, after in pairwise(totals)]
        forecast = max(totals[-1] + _median(steps), Fraction(0))
    return Expected(_median(totals), forecast)


def _median(values: Sequence[int]) -> Fraction:
    ordered, half = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return Fraction(ordered[half])
    return Fraction(ordered[half - 1] + ordered[half], 2)
