"""What is due in money before a run is started, and what is known to stand in its way.

An estimate: that each account is billed again what its last invoice came to. What will be billed is
worked out by the run alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import BillRunItem, Invoice
from billing.invoicing.queries.after_the_end import without_subscription
from billing.invoicing.queries.bill_runs import ParkedReason, reasons_of
from core.money import Money, sums_by_currency
from core.periods import local_day


@dataclass(frozen=True, slots=True)
class MonthDue:
    """What is due of the periods that begin in one month, such as 2026-10.

    `last_billed` is what their accounts' last invoices came to, by currency; `new_count` of the
    periods are of accounts that have none, and `late_count` bill what is late and nothing else.
    """

    month: str
    period_count: int
    last_billed: Sequence[Money]
    new_count: int
    late_count: int


@dataclass(frozen=True, slots=True)
class RunPreview:
    """The months that are due, the oldest first, and what was parked of them and still is."""

    months: Sequence[MonthDue]
    last_billed: Sequence[Money]
    parked: Sequence[ParkedReason]

    @property
    def new_count(self) -> int:
        """Periods for which there is no estimate."""
        return sum(month.new_count for month in self.months)

    @property
    def parked_count(self) -> int:
        """Periods that could not be billed the last time."""
        return sum(reason.count for reason in self.parked)


def preview(due: Sequence[AccountPeriod]) -> RunPreview:
    """What periods that are due come to, if they come to what was billed last; four queries."""
    last, late = _last_billed({each.account_id for each in due}), without_subscription(due)
    by_month: dict[str, list[AccountPeriod]] = defaultdict(list)
    for each in due:
        by_month[f"{local_day(each.period.start, each.zone):%Y-%m}"].append(each)
    months = [_month(month, periods, last, late) for month, periods in sorted(by_month.items())]
    sums = sums_by_currency(total for month in months for total in month.last_billed)
    return RunPreview(months, sums, _parked(due))


def _month(
    month: str,
    periods: Sequence[AccountPeriod],
    last: Mapping[int, Money],
    late: set[AccountPeriod],
) -> MonthDue:
    whole = [each for each in periods if each not in late]
    known = [last[each.account_id] for each in whole if each.account_id in last]
    return MonthDue(
        month=month,
        period_count=len(periods),
        last_billed=sums_by_currency(known),
        new_count=len(whole) - len(known),
        late_count=len(periods) - len(whole),
    )


def _last_billed(account_ids: set[int]) -> dict[int, Money]:
    rows = (
        Invoice.objects.filter(
            account_id__one_of=account_ids,
            state=Invoice.State.ISSUED,
            kind=Invoice.Kind.PERIOD,
        )
        .order_by("account_id", "-period_from")
        .distinct("account_id")
        .values_list("account_id", "total_minor", "currency")
    )
    return {pk: Money.from_minor(minor, currency) for pk, minor, currency in rows}


def _parked(due: Sequence[AccountPeriod]) -> list[ParkedReason]:
    """Why some of it could not be billed the last time it was tried."""
    wanted = {(each.account_id, each.period.start) for each in due}
    items = BillRunItem.objects.filter(
        state=BillRunItem.State.PARKED, account_id__one_of={pk for pk, _ in wanted}
    )
    rows = items.order_by("pk").values_list("account_id", "period_from", "pk")
    # A later run's word on a period replaces that of the one before it.
    last = {(account_id, start): pk for account_id, start, pk in rows}
    ids = [pk for place, pk in last.items() if place in wanted]
    return reasons_of(BillRunItem.objects.filter(pk__in=ids)) if ids else []
