"""The cycles of a subscription: when those end that run, and what a year of plans costs."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from accounts.models import Account
from billing.catalogue.queries.price_book import BookVersion, versions
from billing.contracts.models import Subscription
from billing.contracts.queries.seats import SeatsOf, seats_of
from billing.contracts.queries.tenures import tenures
from billing.contracts.seat_counting import levels
from billing.invoicing.drafting.assumptions import NOTHING_ASSUMED
from billing.invoicing.drafting.beside_usage import all_terms
from billing.invoicing.drafting.calendar import AccountPeriod, BillingCalendar
from billing.invoicing.drafting.cycle_fees import CycleReader
from billing.rating.models.simple import Flat, PerUnit
from core.cycles import Cycle, CycleUnit
from core.periods import Period

_PERIOD = Cycle(CycleUnit.MONTH)


def end_of_cycles(
    subscription: Subscription, calendar: BillingCalendar, *, at: datetime, price_code: str = ""
) -> datetime | None:
    """When the longest cycle ends that a subscription, or one price of it, is in; None where there
    is none.
    """
    held = tenures([subscription.account_id])
    n = calendar.number_at(at)
    scope = AccountPeriod(subscription.account_id, calendar.period(n), calendar.zone_of(n))
    terms = all_terms(scope, held, versions(held.version_ids), NOTHING_ASSUMED)
    anchor = Account.objects.values_list("billing_anchor_on", flat=True).get(
        pk=subscription.account_id
    )
    reader = CycleReader(scope, {}, anchor, calendar.zones)
    return reader.end_at(terms, subscription.pk, at, price_code=price_code)


def yearly_fees(
    subscription: Subscription, version_id: int, *, at: datetime
) -> tuple[Fraction, Fraction] | None:
    """What a year costs of the plan a subscription has, and of another version; None where neither
    has fees of cycles. Fees and bought seats count, each as often as it is due.
    """
    held = tenures([subscription.account_id])
    tenure = next(
        each
        for each in held.by_account[subscription.account_id]
        if each.subscription_id == subscription.pk
    )
    spans = held.versions_of(tenure)
    now = next((each for each in reversed(spans) if each.start <= at), spans[0]).version_id
    books = versions([now, version_id])
    if not any(book.has_cycles for book in books.values()):
        return None
    seats = seats_of([subscription.pk])
    before, after = (_per_year(books[pk], subscription.pk, seats, at) for pk in (now, version_id))
    return before, after


def _per_year(version: BookVersion, subscription_id: int, seats: SeatsOf, at: datetime) -> Fraction:
    found = Fraction(0)
    for price in version.prices:
        rule = price.price
        times = (rule.cycle.cycle if rule.cycle else _PERIOD).per_year
        if isinstance(rule.model, Flat):
            found += Fraction(rule.model.amount) * times
        elif isinstance(rule.model, PerUnit) and rule.seats is not None:
            spans = seats.get((subscription_id, price.code, rule.seats.of_holders), ())
            instant = Period(at, at + timedelta(days=1))
            found += Fraction(rule.model.unit_price) * times * levels(spans, instant)[0][1]
    return found
