"""How much of a licence is used: posted, provisional and forecast, each by its name.

Posted is what issued invoices drew; provisional what was used since and is on none; forecast what
the window will come to by a method that is said. Nothing is counted twice: what an invoice drew is
no part of what is provisional.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum

from accounts.models import Resource
from billing.catalogue.models import Price
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.pool_lines import BEYOND_KEY, units_of, used_at, used_from_of
from billing.invoicing.drafting.rated import rated_drafts
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import POOL_DRAW
from billing.invoicing.queries.due import due_periods
from billing.invoicing.queries.month_to_date import scopes_at
from billing.invoicing.queries.pool_forecast import UseForecast, WindowCourse, forecast
from billing.licences.models import License, Movement, PoolBucket, PoolCommitment
from billing.licences.queries.scopes import LicensedAccount, accounts_of, billed_through
from billing.licences.windows import ZERO, rounded_units
from billing.rating import LineKind
from core.money import Money, minor_exponent, to_minor
from core.periods import Period


@dataclass(frozen=True, slots=True)
class UsedByApp:
    """What an app of a team used of a window: units on issued invoices, and since."""

    account: LicensedAccount
    resource_id: str
    name: str
    posted: Decimal
    provisional: Decimal

    @property
    def together(self) -> Decimal:
        """Both."""
        return self.posted + self.provisional


@dataclass(frozen=True, slots=True)
class PoolUse:
    """One pool in the window that holds at an instant. Units to the places of the pool."""

    commitment: PoolCommitment
    span: Period
    licensed: Decimal
    posted: Decimal
    beyond_posted: Decimal
    lapsed: Decimal
    provisional: Decimal
    posted_through: datetime
    at: datetime
    apps: Sequence[UsedByApp]
    burn: Sequence[tuple[datetime, Decimal]]
    forecast: UseForecast | None

    @property
    def remaining(self) -> Decimal:
        """What is left; below 0 where more was used than is licensed."""
        return self.licensed - self.lapsed - self.posted - self.beyond_posted - self.provisional

    @property
    def consumed(self) -> Decimal:
        """All that was used, licensed or not."""
        return self.posted + self.beyond_posted + self.provisional

    @property
    def unlicensed(self) -> Decimal:
        """What was used beyond what is licensed."""
        return max(self.consumed - (self.licensed - self.lapsed), ZERO)

    @property
    def share(self) -> Decimal:
        """The share that is used, in per cent with one decimal."""
        if not self.licensed:
            return ZERO
        return rounded_units(Fraction(self.consumed) / Fraction(self.licensed) * 100, 1)

    @property
    def forecast_beyond(self) -> Decimal:
        """How much of the forecast is beyond what is licensed."""
        return max(self.forecast.units - self.licensed, ZERO) if self.forecast else ZERO

    @property
    def overage_price(self) -> Money | None:
        """What a unit beyond costs; None where the plan says it."""
        price = self.commitment.product.price_beyond
        return None if price is None else Money(price, self.commitment.license.currency)

    @property
    def runs_out_early(self) -> bool:
        """Whether it is, or will be, used up before its window ends."""
        gone = self.forecast.gone_on if self.forecast else None
        return self.remaining < 0 or (gone is not None and gone < self.span.end)

    @property
    def forecast_beyond_amount(self) -> Money | None:
        """What the units beyond will cost."""
        price = self.commitment.product.price_beyond
        if price is None or not self.forecast_beyond:
            return None
        currency = self.commitment.license.currency
        return Money.from_minor(
            to_minor(Fraction(self.forecast_beyond) * Fraction(price), currency), currency
        )


def license_use(license: License, *, at: datetime) -> list[PoolUse]:
    """Each pool of a licence in the window of an instant, in draw order.

    Rates what is not billed yet once, for all accounts of the licence together.
    """
    commitments = license.commitments.select_related("product", "license")
    pools = list(commitments.order_by("priority", "pk"))
    accounts = accounts_of(license.account_id)
    unbilled = _unbilled_use(accounts, at=at) if pools else []
    return [
        use
        for commitment in pools
        if (use := _pool_use(commitment, accounts, unbilled, at=at)) is not None
    ]


@dataclass(frozen=True, slots=True)
class _Unbilled:
    """Units of a line that is on no invoice yet."""

    account_id: int
    resource_id: int | None
    product: str
    used_at: datetime
    by_unit: Mapping[str, Fraction]
    amount_minor: int


def _unbilled_use(accounts: Sequence[LicensedAccount], *, at: datetime) -> list[_Unbilled]:
    ids = [each.account_id for each in accounts]
    due = due_periods(as_of=at, grace=timedelta(0), account_ids=ids).periods
    known = {(scope.account_id, scope.period.start) for scope in due}
    now = [
        scope
        for scope in scopes_at(ids, at)
        if (scope.account_id, scope.period.start) not in known and scope.period.start < at
    ]
    drafts = [
        each for each in rated_drafts([*due, *now], settled=False) if isinstance(each, InvoiceDraft)
    ]
    prices = {line.price_id for draft in drafts for line in draft.lines if line.price_id}
    rows = Price.objects.filter(pk__in=prices)
    products = dict(rows.values_list("pk", "plan_version__plan__product__code"))
    return [
        _Unbilled(
            draft.account_id,
            line.resource_id,
            products.get(line.price_id or 0, ""),
            used_at(line.period),
            _units(line.explanation),
            line.amount_minor,
        )
        for draft in drafts
        for line in draft.lines
        if line.price_id is not None and line.kind != LineKind.FEE
    ]


def _units(explanation: Sequence[object]) -> dict[str, Fraction]:
    found = {}
    for step in explanation[2] if explanation[0] == 2 else ():  # type: ignore[attr-defined]
        if "priced_in" in step and (units := units_of(explanation, step["priced_in"])):
            found[step["priced_in"]] = units
    return found


def _pool_use(
    commitment: PoolCommitment,
    accounts: Sequence[LicensedAccount],
    unbilled: Sequence[_Unbilled],
    *,
    at: datetime,
) -> PoolUse | None:
    buckets = _window_at(commitment, at)
    if not buckets:
        return None
    span = Period(buckets[0].window_from, min(buckets[0].window_until, commitment.license.ends_at))
    named = set(commitment.account_ids)
    mine = {each.account_id: each for each in accounts if not named or each.public_id in named}
    provisional = _provisional(commitment, unbilled, mine, span)
    posted = _posted(buckets)
    burn = _burn(buckets)
    through = billed_through(list(mine), span) or span.start
    beyond = _beyond_posted(commitment, span)
    drawn = sum((each.drawn for each in buckets), ZERO)
    use = sum(provisional.values(), ZERO)
    licensed = sum((each.granted for each in buckets), ZERO)
    lapsed = sum((each.lapsed for each in buckets), ZERO)
    reached = min(max(through, span.start), at)
    return PoolUse(
        commitment=commitment,
        span=span,
        licensed=licensed,
        posted=drawn,
        beyond_posted=beyond,
        lapsed=lapsed,
        provisional=use,
        posted_through=reached,
        at=at,
        apps=_apps(posted, provisional, mine),
        burn=burn,
        forecast=forecast(
            WindowCourse(span, licensed - lapsed, drawn + beyond, use, reached), burn, at=at
        ),
    )


def _window_at(commitment: PoolCommitment, at: datetime) -> list[PoolBucket]:
    """The own bucket of the window at an instant, or the nearest, and what was carried into it."""
    own = commitment.buckets.filter(is_carried=False)
    now = (
        own.filter(window_from__lte=at).order_by("-number").first()
        or own.order_by("number").first()
    )
    if now is None:
        return []
    return list(commitment.buckets.filter(number=now.number).order_by("is_carried"))


_Place = tuple[int, int | None]


def _posted(buckets: Sequence[PoolBucket]) -> dict[_Place, Decimal]:
    """Units drawn by account and resource; they sum to what the window gave."""
    rows = Movement.objects.filter(
        bucket__in=buckets, kind__in=["draw", "draw_adjustment", "draw_reversal"]
    )
    sums = rows.order_by().values_list("account_id", "resource_id").annotate(Sum("units"))
    return {
        (account_id, resource_id): -units
        for account_id, resource_id, units in sums
        if account_id is not None and units
    }


def _beyond_posted(commitment: PoolCommitment, span: Period) -> Decimal:
    """Units of a window that issued invoices tell as beyond the pool."""
    lines = InvoiceLine.objects.filter(
        kind=POOL_DRAW,
        key__startswith=f"{BEYOND_KEY}:{commitment.pk}:",
        period_until__gt=span.start,
        period_from__lt=span.end,
        invoice__state=Invoice.State.ISSUED,
        invoice__void__isnull=True,
        invoice__account__in=_accounts(commitment),
    )
    told = [
        each
        for explanation in lines.values_list("explanation", flat=True)
        for each in explanation[2][0]["beyond"]
    ]
    found = (
        Decimal(each["units"]) for each in told if span.contains(used_from_of(each["used_from"]))
    )
    return sum(found, ZERO)


def _accounts(commitment: PoolCommitment) -> list[int]:
    return [each.account_id for each in accounts_of(commitment.license.account_id)]


def _provisional(
    commitment: PoolCommitment,
    unbilled: Sequence[_Unbilled],
    mine: Mapping[int, LicensedAccount],
    span: Period,
) -> dict[_Place, Decimal]:
    exponent = minor_exponent(commitment.license.currency)
    found: dict[_Place, Decimal] = defaultdict(Decimal)
    for each in unbilled:
        if each.account_id not in mine or not span.contains(each.used_at):
            continue
        if commitment.product_codes and each.product not in commitment.product_codes:
            continue
        if commitment.unit:
            units = rounded_units(each.by_unit.get(commitment.unit, Fraction(0)), commitment.places)
        else:
            units = Decimal(each.amount_minor).scaleb(-exponent)
        if units:
            found[each.account_id, each.resource_id] += units
    return dict(found)


def _apps(
    posted: Mapping[_Place, Decimal],
    provisional: Mapping[_Place, Decimal],
    mine: Mapping[int, LicensedAccount],
) -> list[UsedByApp]:
    """By team, then by what was used most."""
    places = {*posted, *provisional}
    resources = Resource.objects.select_related("parent").in_bulk(
        {resource_id for _, resource_id in places if resource_id is not None}
    )
    sums: dict[tuple[int, str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for position, figures in enumerate((posted, provisional)):
        for (account_id, resource_id), units in figures.items():
            resource = resources.get(resource_id or 0)
            app = resource.parent or resource if resource else None
            of = (app.public_id, app.name) if app else ("", "No single app")
            sums[account_id, *of][position] += units
    found = [
        UsedByApp(mine[account_id], ref, name, units[0], units[1])
        for (account_id, ref, name), units in sums.items()
        if account_id in mine
    ]
    return sorted(found, key=lambda each: (each.account.name, -each.together, each.name))


def _burn(buckets: Sequence[PoolBucket]) -> list[tuple[datetime, Decimal]]:
    """What was drawn for use of each month (UTC), by the month's first instant, in order."""
    rows = Movement.objects.filter(
        bucket__in=buckets, kind__in=["draw", "draw_adjustment", "draw_reversal"]
    )
    sums = rows.order_by("used_from").values_list("used_from").annotate(Sum("units"))
    found: dict[datetime, Decimal] = defaultdict(Decimal)
    for used_from, units in sums:
        assert used_from is not None  # a draw says when
        month = datetime(used_from.year, used_from.month, 1, tzinfo=UTC)
        found[max(month, buckets[0].window_from)] -= units
    return sorted(found.items())
