"""Laws of fees of cycles, whatever changes when: bills follow from one another, and none moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.queries.profiles import ZoneSpan
from billing.catalogue.queries.price_book import BookPrice, BookVersion
from billing.contracts.queries.tenures import Tenure, TermsStretch
from billing.invoicing.drafting.calendar import AccountPeriod, BillingCalendar
from billing.invoicing.drafting.cycle_fees import CycleFee, CyclePart, CycleReader
from billing.rating import parse_price
from core.periods import Period

START = datetime(2026, 1, 31, tzinfo=UTC)
MONTHS = 30
ZONES = st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Kolkata"])
CYCLES = st.sampled_from(
    [
        "year",
        "quarter",
        "week",
        {"unit": "month", "every": 2, "from": "account"},
        {"unit": "half_year", "due": "arrears"},
        {"unit": "day", "every": 45, "due": "arrears", "from": "account"},
    ]
)
# Hours after the start at which the plan is changed; the last one is the end of all.
CHANGES = st.lists(st.integers(1, 24 * 600), min_size=1, max_size=6, unique=True).map(sorted)

Terms = Sequence[tuple[TermsStretch, BookVersion]]


def terms_of(cycle: Any, hours: Sequence[int]) -> Terms:
    bounds = [START, *(START + timedelta(hours=each) for each in hours)]
    found = []
    for number in range(len(hours)):
        span = Period(bounds[number], bounds[number + 1])
        tenure = Tenure(1, number, number, number, 1, span.start, span.end)
        rule = parse_price({"model": "flat", "amount": str(number + 1), "cycle": cycle})
        price = BookPrice(number, "fee", "Fee", None, {}, (), rule)
        version = BookVersion(f"plv_{number}", "USD", (price,), {})
        found.append((TermsStretch(tenure, number, span, ()), version))
    return found


def known(terms: Terms, until: datetime) -> Terms:
    """The terms up to an instant, as a bill reads them."""
    return [
        (TermsStretch(each.tenure, each.version_id, span, ()), version)
        for each, version in terms
        if (span := each.span.intersect(Period(START, until))) is not None
    ]


def billed(terms: Terms, zone: str, anchor: date) -> list[tuple[Period, list[CycleFee]]]:
    zones = [ZoneSpan(zone, datetime(2020, 1, 1, tzinfo=UTC), None)]
    calendar = BillingCalendar(anchor, zones)
    first = calendar.number_at(START)
    found = []
    for n in range(first, first + MONTHS):
        period = calendar.period(n)
        reader = CycleReader(AccountPeriod(1, period, zone), {}, anchor, zones)
        found.append((period, reader.fees(known(terms, period.end))))
    return found


@settings(max_examples=60, deadline=None)
@given(CYCLES, CHANGES, ZONES, st.dates(date(2026, 1, 1), date(2026, 1, 31)))
def test_each_bill_goes_on_where_the_one_before_ended(
    cycle: Any, hours: list[int], zone: str, anchor: date
) -> None:
    terms = terms_of(cycle, hours)
    so_far: dict[tuple[int, Period], CyclePart] = {}
    for _, fees in billed(terms, zone, anchor):
        for fee in fees:
            key = fee.subscription_id, fee.cycle
            assert fee.before == so_far.get(key)
            so_far[key] = fee.now
    # In the end every instant that was had is billed once, by the terms it was had under.
    for stretch, _ in terms:
        own = stretch.tenure.subscription_id
        spans = sorted(part.span for (pk, _), part in so_far.items() if pk == own)
        assert (spans[0].start, spans[-1].end) == (stretch.span.start, stretch.span.end)
        assert all(one.end == two.start for one, two in pairwise(spans))


@settings(max_examples=60, deadline=None)
@given(CYCLES, CHANGES, st.integers(1, 24 * 600), ZONES)
def test_what_changes_later_moves_no_bill_that_is_over(
    cycle: Any, hours: list[int], later: int, zone: str
) -> None:
    anchor = date(2026, 1, 31)
    at = START + timedelta(hours=later)
    sooner = [each for each in hours if START + timedelta(hours=each) < at]
    whole, cut = terms_of(cycle, hours), terms_of(cycle, [*sooner, later])
    for (period, one), (_, two) in zip(
        billed(whole, zone, anchor), billed(cut, zone, anchor), strict=True
    ):
        if period.end <= min([at, *(START + timedelta(hours=each) for each in hours[-1:])]):
            told = [[each.cycle, each.now, each.before] for each in one]
            assert told == [[each.cycle, each.now, each.before] for each in two]
