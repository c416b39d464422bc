"""What pools gave day by day: the draws of issued invoices spread over the days of their use.

A day's part is that of the bill by day, so the days of a draw sum to it, and the days of a month to
what the month drew, to the last decimal a pool counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from accounts.models import Account
from accounts.queries.profiles import zones_of
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.queries.days import as_draft_line, lines_by_day
from billing.licences.models import License, PoolBucket
from billing.licences.queries.pools import StandingDraw, standing_draws
from core.periods import Period


@dataclass(frozen=True, slots=True)
class DayDrawn:
    """Units of a pool that one charge drew on a local day of its account."""

    day: date
    account: str
    app: str
    charge: str
    pool: str
    unit: str
    units: Decimal
    invoice: str


def drawn_days(license: License, month: Period) -> Iterator[DayDrawn]:
    """The days of all draws for use of a month, invoice by invoice; a few queries for each."""
    draws = standing_draws(
        Q(
            bucket__commitment__license=license,
            used_from__gte=month.start,
            used_from__lt=month.end,
        )
    )
    buckets = PoolBucket.objects.select_related("commitment").in_bulk(
        {draw.bucket_id for draw in draws}
    )
    by_document: dict[str, list[StandingDraw]] = defaultdict(list)
    for draw in draws:
        by_document[draw.document].append(draw)
    invoices = Invoice.objects.select_related("account").filter(public_id__in=list(by_document))
    for invoice in invoices.order_by("issued_at", "pk"):
        yield from _of_invoice(invoice, by_document[invoice.public_id], buckets)


def _of_invoice(
    invoice: Invoice, draws: Sequence[StandingDraw], buckets: dict[int, PoolBucket]
) -> Iterator[DayDrawn]:
    rows = InvoiceLine.objects.filter(invoice=invoice, key__in={draw.charge for draw in draws})
    lines = {line.key: line for line in rows.select_related("resource__parent")}
    found = [(draw, lines[draw.charge]) for draw in draws if draw.charge in lines]
    parts = [
        as_draft_line(line)._replace(amount_minor=_counted(draw, buckets)) for draw, line in found
    ]
    if not parts:
        return
    span = Period(min(each.period.start for each in parts), max(each.period.end for each in parts))
    scope = AccountPeriod(invoice.account_id, span, invoice.zone)
    zones = zones_of([invoice.account_id])[invoice.account_id]
    for (draw, line), days in zip(found, lines_by_day(scope, parts, zones=zones), strict=True):
        for day, counted in sorted(days.items()):
            if counted:
                yield _row(invoice, draw, line, buckets[draw.bucket_id], day, counted)


def _counted(draw: StandingDraw, buckets: dict[int, PoolBucket]) -> int:
    """The units of a draw as a whole number of the smallest part that its pool counts."""
    return int(draw.units.scaleb(_places(buckets[draw.bucket_id])))


def _places(bucket: PoolBucket) -> int:
    return max(bucket.commitment.places, 2)


def _row(
    invoice: Invoice,
    draw: StandingDraw,
    line: InvoiceLine,
    bucket: PoolBucket,
    day: date,
    counted: int,
) -> DayDrawn:
    resource, account = line.resource, invoice.account
    assert isinstance(account, Account)
    app = (resource.parent or resource).name if resource is not None else ""
    return DayDrawn(
        day=day,
        account=account.name,
        app=app,
        charge=line.description,
        pool=bucket.commitment.name,
        unit=bucket.commitment.unit or invoice.currency,
        units=Decimal(counted).scaleb(-_places(bucket)),
        invoice=invoice.number or invoice.public_id,
    )
