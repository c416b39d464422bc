"""What the present period of an account has come to, as the bill run would bill it now.

The same `rated_lines` that writes invoices; nothing is written, and usage is read as it was built
last. Where it cannot be billed, the rule that forbids it is part of the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Account, Resource
from accounts.queries.profiles import zones_of
from billing.catalogue.models import Price
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.drafting.rated import rated_lines
from billing.invoicing.drafting.snapshots import snapshots
from billing.invoicing.queries.days import amounts_by_day
from billing.invoicing.queries.due import calendars
from billing.invoicing.queries.line_pages import (
    FIRST_LINES,
    LinePage,
    LinePlace,
    LineRow,
    WantedLines,
    line_page,
)
from billing.rating import expand
from core.errors import DomainError
from core.money import Money
from core.periods import Period
from usage.days import day_at


@dataclass(frozen=True, slots=True)
class DayAmount:
    """One local day's share; `is_open` while the day is not over."""

    day: date
    amount: Money
    is_open: bool


@dataclass(frozen=True, slots=True)
class UseShare:
    """What one kind of use comes to, such as all dyno time."""

    use: str
    amount: Money


@dataclass(frozen=True, slots=True)
class MonthToDate:
    """The bill so far. `problem` says why there is none; then there are no lines."""

    scope: AccountPeriod
    total: Money
    lines: Sequence[DraftLine]
    problem: DomainError | None

    @property
    def period(self) -> Period:
        """The whole billing period, its end to come."""
        return self.scope.period

    @property
    def zone(self) -> str:
        """The zone its days are counted in."""
        return self.scope.zone


def scope_at(account: Account, at: datetime) -> AccountPeriod | None:
    """The billing period that contains the instant, cut at it; None before there is a profile."""
    return next(iter(scopes_at([account.pk], at)), None)


def scopes_at(account_ids: Collection[int], at: datetime) -> list[AccountPeriod]:
    """The billing period of each account that contains the instant, cut at it; two queries."""
    found = []
    for account_id, calendar in sorted(calendars(account_ids).items()):
        number = calendar.number_at(at)
        period, zone = calendar.period(number), calendar.zone_of(number)
        found.append(AccountPeriod(account_id, period, zone, until=at))
    return found


def rated_now(scope: AccountPeriod) -> tuple[Sequence[DraftLine], DomainError | None]:
    """The lines a bill of this scope would have now, or the rule that forbids one."""
    (snapshot,) = snapshots([scope], settled=False)
    if isinstance(snapshot, DomainError):
        return (), snapshot
    try:
        return rated_lines(snapshot), None
    except DomainError as problem:
        return (), problem


def month_to_date(account: Account, *, at: datetime) -> MonthToDate | None:
    """The bill so far at `at`; None for an account that never had a billing profile."""
    scope = scope_at(account, at)
    if scope is None:
        return None
    lines, problem = rated_now(scope)
    total = Money.from_minor(sum(line.amount_minor for line in lines), account.currency)
    return MonthToDate(
        scope=scope,
        total=total,
        lines=lines,
        problem=problem,
    )


def by_day(bill: MonthToDate, *, at: datetime) -> list[DayAmount]:
    """The local days of the period with their shares of the lines; they sum to the total."""
    zones = zones_of([bill.scope.account_id])[bill.scope.account_id]
    amounts = amounts_by_day(bill.scope, bill.lines, zones=zones)
    today, currency = day_at(zones, at), bill.total.currency
    return [
        DayAmount(day, Money.from_minor(minor, currency), is_open=day >= today)
        for day, minor in amounts.items()
    ]


def by_use(bill: MonthToDate) -> list[UseShare]:
    """What the bill is for, by what its prices measure; a fee stands for itself. One query."""
    prices = Price.objects.filter(pk__in={line.price_id for line in bill.lines})
    names: dict[int | None, str] = {
        pk: meter_name or name
        for pk, meter_name, name in prices.values_list("pk", "meter__name", "name")
    }
    sums: dict[str, int] = defaultdict(int)
    for line in bill.lines:
        sums[names.get(line.price_id, line.description)] += line.amount_minor
    currency = bill.total.currency
    return [UseShare(name, Money.from_minor(amount, currency)) for name, amount in sums.items()]


def lines_of(bill: MonthToDate, *, wanted: WantedLines = FIRST_LINES) -> LinePage:
    """A page of the rated lines as an invoice would print them; one query.

    Raises: UnknownCursor, LineNotFound.
    """
    currency = bill.total.currency

    def read(positions: Sequence[int]) -> dict[int, LineRow]:
        lines = {position: bill.lines[position - 1] for position in positions}
        ids = {line.resource_id for line in lines.values() if line.resource_id is not None}
        resources = Resource.objects.in_bulk(ids)
        return {
            position: draft_line_row(position, line, currency, resources.get(line.resource_id or 0))
            for position, line in lines.items()
        }

    places = [
        LinePlace(position, line.group_label, line.amount_minor)
        for position, line in enumerate(bill.lines, start=1)
    ]
    return line_page(places, read, currency=currency, wanted=wanted)


def draft_line_row(
    position: int, line: DraftLine, currency: str, resource: Resource | None = None
) -> LineRow:
    """A rated line as an invoice would print it."""
    rated = expand(line.explanation)
    return LineRow(
        position=position,
        description=line.description,
        kind=line.kind,
        quantity=line.quantity if rated.is_priced else None,
        unit=line.unit if rated.is_priced else "",
        unit_price=None if line.unit_price is None else Money(line.unit_price, currency),
        amount=Money.from_minor(line.amount_minor, currency),
        period=line.period,
        platform_id=resource.platform_id if resource else "",
        resource_id=resource.public_id if resource else "",
        rated=rated,
    )
