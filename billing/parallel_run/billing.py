"""The usage of a foreign bill is billed by an ordinary bill run, and its invoice lines read back.

Owns which accounts and months a run covers. Does not rate, write or issue anything itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q

from accounts.models import Account
from billing.invoicing.models import BillRun, BillRunItem, Invoice, InvoiceLine
from billing.invoicing.models.invoices import of_period
from billing.invoicing.operations import bill_runs
from billing.parallel_run.columns import BillingAccount
from billing.parallel_run.comparison import NO_LINE, BillComparison, BilledLine, SkuMonth
from billing.parallel_run.figures import product
from billing.parallel_run.import_setup import METER_CODE, ZONE
from billing.parallel_run.imported_by import ImportedBy
from billing.parallel_run.pricelist import price_of
from core.money import Money
from core.periods import Period, local_day
from usage.operations.settling import settled
from usage.queries.quantities import UsageWindow, metered_quantities

Owners = Mapping[BillingAccount, Account]
Months = Mapping[BillingAccount, Collection[Period]]
Worker = Callable[[BillRun], None]
"""Works on a bill run, alone or with others, and returns when it is finished."""


def issued_months(owners: Owners) -> dict[tuple[int, datetime], datetime]:
    """When the invoice of each account and month was issued, where it was."""
    invoices = Invoice.objects.filter(
        of_period(), account__in=[account.pk for account in owners.values()]
    )
    rows = invoices.values_list("account_id", "period_from", "issued_at")
    return {(account_id, start): issued_at for account_id, start, issued_at in rows if issued_at}


def bill(
    owners: Owners, months: Months, *, issues: bool, doing: ImportedBy, worker: Worker
) -> BillRun:
    """Bill the months of the accounts, and whatever else of theirs is due.

    Invoices stay drafts unless `issues`; a month that has not ended is only ever a draft.
    """
    last = max(month.end for each in months.values() for month in each)
    run = _run(owners, as_of=last, issues=False, doing=doing)
    worker(run)
    if issues:
        run = _run(owners, as_of=doing.at, issues=True, doing=doing)
        worker(run)
    return run


def _run(owners: Owners, *, as_of: datetime, issues: bool, doing: ImportedBy) -> BillRun:
    return bill_runs.start(
        as_of=as_of,
        at=doing.at,
        by=doing.by,
        reason=doing.reason,
        grace=timedelta(0),
        issues=issues,
        account_ids=[account.pk for account in owners.values()],
    )


def parked_months(run: BillRun) -> dict[tuple[int, datetime], str]:
    """The accounts and months the run could not bill, and why."""
    items = run.items.filter(state=BillRunItem.State.PARKED)
    rows = items.values_list("account_id", "period_from", "parked_reason")
    return {(account_id, start): why for account_id, start, why in rows}


def invoices_of(owners: Owners, months: Months) -> list[Invoice]:
    """The invoices of these months, draft or issued, by account and month."""
    wanted = Q(pk__in=[])
    for key, account in owners.items():
        starts = [month.start for month in months[key]]
        wanted |= Q(account=account, kind=Invoice.Kind.PERIOD, period_from__in=starts)
    invoices = Invoice.objects.filter(wanted).select_related("account")
    return list(invoices.order_by("account_id", "period_from"))


def lines_of(
    owners: Owners, invoices: Collection[Invoice], comparison: BillComparison
) -> dict[SkuMonth, BilledLine]:
    """What the invoices bill of each SKU; usage is counted only where more is billed than rows."""
    keys = {account.pk: key for key, account in owners.items()}
    lines: dict[SkuMonth, BilledLine] = {}
    for invoice in invoices:
        lines |= _lines(invoice, keys[invoice.account_id])
    odd = {
        (sku.account, sku.month)
        for sku, line in lines.items()
        if sku in comparison.tallies and comparison.tallies[sku].exact != line.exact
    }
    shared = [each for each in invoices if (keys[each.account_id], each.period_from) in odd]
    counts = _usage_counts(shared, keys)
    return {sku: replace(line, usage_count=counts[sku]) for sku, line in lines.items()}


def _lines(invoice: Invoice, key: BillingAccount) -> dict[SkuMonth, BilledLine]:
    """The lines of the month's own usage; late usage of an issued month is not on them."""
    found: dict[SkuMonth, BilledLine] = {}
    lines = InvoiceLine.objects.filter(
        invoice=invoice, corrects__isnull=True, price__meter__code=METER_CODE
    )
    for match, quantity, unit_price, minor in lines.values_list(
        "price__match", "quantity", "unit_price", "amount_minor"
    ):
        sku = SkuMonth(key, invoice.currency, invoice.period_from, price_of(match))
        amount = Money.from_minor(minor, invoice.currency).amount
        found[sku] = found.get(sku, NO_LINE).plus(amount, product(unit_price, quantity))
    return found


def _usage_counts(
    invoices: Iterable[Invoice], keys: Mapping[int, BillingAccount]
) -> Counter[SkuMonth]:
    counts: Counter[SkuMonth] = Counter()
    for invoice in invoices:
        first, until = local_day(invoice.period_from, ZONE), local_day(invoice.period_until, ZONE)
        window = UsageWindow(invoice.account_id, first, until)
        for each in settled([invoice.account_id], partial(metered_quantities, [window])):
            if each.meter_code == METER_CODE:
                price = price_of(each.dimensions)
                key = keys[invoice.account_id]
                counts[SkuMonth(key, invoice.currency, invoice.period_from, price)] += (
                    each.event_count
                )
    return counts
