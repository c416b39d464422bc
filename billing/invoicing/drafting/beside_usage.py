"""What a period is billed beside its usage and its own fees: fees of cycles, and seats.

Reads nothing where no plan has a price of either, so that who uses none of it pays for none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from accounts.models import Account
from accounts.queries.profiles import ZoneSpan
from billing.catalogue.queries.price_book import BookVersion, with_agreed
from billing.contracts.queries.seats import NO_SEATS, SeatsOf, seats_of
from billing.contracts.queries.tenures import Tenures, TermsStretch
from billing.contracts.seat_counting import counted
from billing.invoicing.drafting.assumptions import Assumption
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.cycle_fees import CycleFee, CycleReader
from billing.invoicing.drafting.segments import Subscribed
from billing.rating import SeatCount
from core.periods import Period

SeatCounts = Mapping[tuple[int, int], Decimal]
"""What was counted of seats, by position in what a period has subscribed, and price."""


@dataclass(frozen=True, slots=True)
class BesideUsage:
    """What each of some scopes has beside usage, by its position; none of one that is not there."""

    fees: dict[int, Sequence[CycleFee]] = field(default_factory=dict)
    seats: dict[int, SeatCounts] = field(default_factory=dict)


def book_of(
    stretch: TermsStretch, books: Mapping[int, BookVersion], assuming: Assumption
) -> BookVersion:
    """The terms of a stretch, with the prices that were agreed."""
    tenure = stretch.tenure
    version = assuming.book(plan_id=tenure.plan_id, version_id=stretch.version_id, books=books)
    return with_agreed(version, tuple(stretch.agreed)) if stretch.agreed else version


def beside_usage(
    scopes: Sequence[AccountPeriod],
    held: Tenures,
    books: Mapping[int, BookVersion],
    subscribed: Sequence[Sequence[Subscribed]],
    assuming: Assumption,
) -> BesideUsage:
    """What the scopes have beside usage; no query without such a price, three at most."""
    known = [*books.values(), *assuming.plans.values(), *assuming.versions.values()]
    has_cycles = any(each.has_cycles for each in known)
    has_seats = any(each.has_seats for each in known)
    found = BesideUsage()
    if not has_cycles and not has_seats:
        return found
    seats = NO_SEATS
    if has_seats:
        tenures = [each for some in held.by_account.values() for each in some]
        seats = seats_of([each.subscription_id for each in tenures])
        for position, (scope, terms) in enumerate(zip(scopes, subscribed, strict=True)):
            zones = held.zones[scope.account_id]
            if counts := _counts(terms, seats, zones):
                found.seats[position] = counts
    if has_cycles:
        ids = {scope.account_id for scope in scopes}
        anchors = dict(
            Account.objects.filter(pk__one_of=ids).values_list("pk", "billing_anchor_on")
        )
        for position, scope in enumerate(scopes):
            zones, anchor = held.zones[scope.account_id], anchors[scope.account_id]
            reader = CycleReader(scope, seats, anchor, zones)
            if fees := reader.fees(all_terms(scope, held, books, assuming)):
                found.fees[position] = fees
    return found


def all_terms(
    scope: AccountPeriod, held: Tenures, books: Mapping[int, BookVersion], assuming: Assumption
) -> list[tuple[TermsStretch, BookVersion]]:
    """All terms of an account up to the end of a scope; none where no price of it has a cycle."""
    begun = [each.started_at for each in held.by_account.get(scope.account_id, ())]
    first = min(begun, default=scope.period.end)
    if first >= scope.period.end:
        return []
    stretches = held.stretches(scope.account_id, Period(first, scope.period.end))
    found = [(each, book_of(each, books, assuming)) for each in stretches]
    return found if any(version.has_cycles for _, version in found) else []


def _counts(
    terms: Sequence[Subscribed], seats: SeatsOf, zones: Sequence[ZoneSpan]
) -> dict[tuple[int, int], Decimal]:
    """What the parts of a period count of seats: what a later part adds, by high water."""
    found: dict[tuple[int, int], Decimal] = {}
    reached: dict[tuple[int, str], Decimal] = {}
    for position, part in enumerate(terms):
        for price in part.version.prices if part.version.has_seats else ():
            rule = price.price.seats
            if rule is None or price.is_of_cycle:
                continue
            spans = seats.get((part.subscription_id, price.code, rule.of_holders), ())
            quantity = counted(spans, part.span, rule.count, zones=zones)
            if rule.count is SeatCount.HIGH_WATER:
                key = part.subscription_id, price.code
                before = reached.get(key, Decimal(0))
                reached[key] = max(before, quantity)
                quantity = reached[key] - before
            if quantity:
                found[position, price.id] = quantity
    return found
