"""Billed periods that came to nothing, and may come to something by what was sent since."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.late_usage import LOOKBACK
from billing.invoicing.models import BillRun, BillRunItem, Invoice
from core.periods import Period


def empty_before(scopes: Sequence[AccountPeriod], run: BillRun) -> list[AccountPeriod]:
    """The periods before these, as young as late usage may be, that were billed without an invoice
    and are not looked at by the run already; oldest first, one query.
    """
    by_account: dict[int, list[AccountPeriod]] = defaultdict(list)
    for scope in scopes:
        by_account[scope.account_id].append(scope)
    same = {"account": OuterRef("account"), "period_from": OuterRef("period_from")}
    rows = (
        BillRunItem.objects.filter(
            ~Q(empty_because=BillRunItem.Empty.NOT_SUBSCRIBED),
            ~Exists(Invoice.objects.filter(**same)),
            ~Exists(BillRunItem.objects.filter(run=run, **same)),
            account_id__one_of=by_account,
            state=BillRunItem.State.EMPTY,
            run__issues=True,
            period_until__gt=min(scope.period.start for scope in scopes) - LOOKBACK,
        )
        .order_by("period_from", "account_id")
        .values_list("account_id", "period_from", "period_until", "zone")
        .distinct()
    )
    return [
        AccountPeriod(account_id, Period(start, end), zone)
        for account_id, start, end, zone in rows
        if any(end <= scope.period.start < end + LOOKBACK for scope in by_account[account_id])
    ]
