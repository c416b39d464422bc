"""Why a bill changed: use at the old price, price at the new use, days; nothing is left over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing.invoicing.bill_change.charges import (
    ChangeKind,
    ChargedRun,
    ChargeOnBill,
    causes_of,
)
from billing.invoicing.bill_change.grouping import ToldBy, bill_parts
from billing.invoicing.bill_change.parts import BillToCompare, LineOnBill, LinePricing
from billing.invoicing.bill_change.taxes import TaxOnBill, tax_causes
from billing.invoicing.queries.bill_change import InvoiceChange, bill_change, earlier_of
from billing.rating import Charge, LineKind, Terms, compile_price, parse_price, rate
from core.money import round_half_up
from core.periods import Period
from tests.billing.prices import dyno_month, dyno_seconds, flat, per_unit, requests
from tests.story import Customer, Story, instant


def months(*days: str) -> list[Period]:
    starts: list[datetime] = [instant(day) for day in days]
    return [Period(*pair) for pair in pairwise(starts)]


def seconds(period: Period) -> int:
    return period.microseconds // 10**6


JUNE, JULY = months("2026-06-01", "2026-07-01", "2026-08-01")
JANUARY, FEBRUARY = months("2027-01-01", "2027-02-01", "2027-03-01")
DYNO = {"model": "per_unit", "unit_price": "25.00", "convert": {"divide_by": "period_seconds"}}
DAILY = {"model": "per_unit", "unit_price": "1.00", "convert": {"divide_by": "86400"}}


def charge(
    definition: Mapping[str, object],
    quantity: Decimal | str | int,
    period: Period,
    *,
    is_time: bool,
) -> ChargeOnBill:
    """A charge as it is billed for all of a period."""
    rule, terms = parse_price(definition), Terms.of("USD", period=period)
    lines = rate([Charge("key", compile_price(rule, terms), Decimal(quantity))])
    minor = sum(line.amount_minor for line in lines if line.kind is not LineKind.DISCOUNT)
    return ChargeOnBill([ChargedRun(rule, Decimal(quantity), minor, period, is_time)], terms)


def told(before: ChargeOnBill, after: ChargeOnBill) -> dict[str, int]:
    return {str(cause.kind): cause.minor for cause in causes_of(before, after)}


def per(price: str) -> dict[str, object]:
    return {"model": "per_unit", "unit_price": price}


def test_tm59_use_is_told_at_the_old_price_and_the_price_at_the_new_use() -> None:
    before = charge(per("0.50"), 100, JUNE, is_time=False)
    after = charge(per("0.60"), 130, JULY, is_time=False)

    assert told(before, after) == {"use": 1500, "price": 1300}


def test_tm59_a_dyno_of_two_whole_months_is_no_more_use_in_the_longer_one() -> None:
    before = charge(DYNO, seconds(JUNE), JUNE, is_time=True)
    after = charge(DYNO, seconds(JULY), JULY, is_time=True)

    assert (before.minor, after.minor) == (2500, 2500)
    assert told(before, after) == {}


def test_tm59_a_shorter_month_at_a_price_a_day_is_all_days() -> None:
    before = charge(DAILY, seconds(JANUARY), JANUARY, is_time=True)
    after = charge(DAILY, seconds(FEBRUARY), FEBRUARY, is_time=True)

    assert (before.minor, after.minor) == (3100, 2800)
    assert told(before, after) == {"days": -300}


def test_days_use_and_price_are_told_one_after_the_other() -> None:
    before = charge(DAILY, 31 * 86_400, JANUARY, is_time=True)
    after = charge(DAILY | {"unit_price": "1.50"}, 56 * 86_400, FEBRUARY, is_time=True)

    assert told(before, after) == {"days": -300, "use": 2800, "price": 2800}


def test_a_cap_of_the_charge_itself_is_a_part_of_its_price() -> None:
    capped = {**per("0.035"), "convert": {"divide_by": "3600"}, "maximum": "25.00"}
    before = charge(capped, seconds(JUNE), JUNE, is_time=True)
    after = charge(capped, seconds(JULY), JULY, is_time=True)

    assert (before.minor, after.minor) == (2500, 2500)
    assert told(before, after) == {}


def test_a_fee_for_more_days_is_days() -> None:
    fee = {"model": "flat", "amount": "30.00", "proration": "day"}
    rule, terms = parse_price(fee), Terms.of("USD", period=JUNE)
    half = Period(instant("2026-06-16"), JUNE.end)
    before = ChargeOnBill([ChargedRun(rule, Decimal(0), 1500, half)], terms)

    assert told(before, charge(fee, 0, JULY, is_time=False)) == {"days": 1500}


def test_what_shares_its_limits_with_others_is_never_called_a_price_change() -> None:
    rule, terms = parse_price(per("0.50")), [Terms.of("USD", period=each) for each in (JUNE, JULY)]
    before, after = (
        ChargeOnBill([ChargedRun(rule, Decimal(100), minor, period)], term)
        for minor, period, term in zip((5000, 4000), (JUNE, JULY), terms, strict=True)
    )

    assert told(before, after) == {"limits": -1000}


# Laws

AMOUNTS = st.decimals("0", "1000", places=2)
DEFINITIONS = st.one_of(
    st.builds(lambda price: per(str(price)), AMOUNTS),
    st.builds(
        lambda price, by: per(str(price)) | {"convert": {"divide_by": by}},
        AMOUNTS,
        st.sampled_from(["period_seconds", "86400", "3600"]),
    ),
    st.builds(
        lambda price, most: per(str(abs(price))) | {"maximum": str(most)},
        AMOUNTS,
        st.integers(1, 500),
    ),
    st.builds(
        lambda first, rest: {
            "model": "graduated",
            "tiers": [{"up_to": "100", "unit_price": str(first)}, {"unit_price": str(rest)}],
        },
        AMOUNTS,
        AMOUNTS,
    ),
    st.builds(
        lambda first, rest: {
            "model": "volume",
            "tiers": [{"up_to": "100", "unit_price": str(first)}, {"unit_price": str(rest)}],
        },
        AMOUNTS,
        AMOUNTS,
    ),
    st.builds(lambda amount: {"model": "flat", "amount": str(amount)}, AMOUNTS),
    st.builds(
        lambda amount: {"model": "flat", "amount": str(amount), "proration": "second"}, AMOUNTS
    ),
)
PERIODS = st.sampled_from([JUNE, JULY, JANUARY, FEBRUARY])
QUANTITIES = st.decimals("0", "3000000", places=3)


@st.composite
def runs(draw: st.DrawFn, period: Period) -> ChargedRun:
    """A run with the amount its price makes of it, or with one that only others could tell."""
    definition = draw(DEFINITIONS)
    quantity = Decimal(0) if definition["model"] == "flat" else draw(QUANTITIES)
    is_time = definition["model"] != "flat" and draw(st.booleans())
    run = charge(definition, quantity, period, is_time=is_time).runs[0]
    other = draw(st.none() | st.integers(-(10**6), 10**6))
    minor = run.minor if other is None else other
    return ChargedRun(run.rule, quantity, minor, period, is_time)


@st.composite
def charges(draw: st.DrawFn) -> ChargeOnBill:
    period = draw(PERIODS)
    return ChargeOnBill(
        draw(st.lists(runs(period), min_size=1, max_size=3)), Terms.of("USD", period=period)
    )


@given(charges(), charges())
def test_the_causes_of_a_charge_sum_to_its_difference(
    before: ChargeOnBill, after: ChargeOnBill
) -> None:
    causes = causes_of(before, after)

    assert sum(cause.minor for cause in causes) == after.minor - before.minor
    assert all(cause.minor for cause in causes)


@given(charges())
def test_a_charge_that_is_the_same_has_no_cause(same: ChargeOnBill) -> None:
    assert causes_of(same, same) == []


@st.composite
def taxes(draw: st.DrawFn) -> list[TaxOnBill]:
    groups = draw(
        st.lists(
            st.tuples(st.sampled_from(["DE", "US", "FR"]), st.sampled_from([0, 7, 16, 19])),
            unique=True,
            max_size=4,
        )
    )
    found = []
    for place, percent in groups:
        base, rate_ = draw(st.integers(-(10**6), 10**6)), Fraction(percent, 100)
        found.append(
            TaxOnBill(f"{place}:{percent}", place, "VAT", rate_, base, round_half_up(base * rate_))
        )
    return found


@given(taxes(), taxes())
def test_the_causes_of_taxes_sum_to_their_difference(
    before: list[TaxOnBill], after: list[TaxOnBill]
) -> None:
    causes = list(tax_causes(before, after))

    difference = sum(tax.tax_minor for tax in after) - sum(tax.tax_minor for tax in before)
    assert sum(each.cause.minor for each in causes) == difference


def test_a_new_rate_is_told_apart_from_a_larger_base() -> None:
    before = [TaxOnBill("DE:19", "DE", "VAT", Fraction(19, 100), 10000, 1900)]
    after = [TaxOnBill("DE:16", "DE", "VAT", Fraction(16, 100), 20000, 3200)]

    causes = [each.cause for each in tax_causes(before, after)]
    assert causes == [(ChangeKind.TAX_BASE, 1900), (ChangeKind.TAX_RATE, -600)]


@st.composite
def bills(draw: st.DrawFn) -> BillToCompare:
    """A bill of lines of all sorts, whose explanations say their quantity."""
    period = draw(PERIODS)
    lines: list[LineOnBill] = []
    names = st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2]), st.booleans())
    for position, (code, resource_id, is_late) in enumerate(
        draw(st.lists(names, unique=True, max_size=8)), start=1
    ):
        run = draw(runs(period))
        kind = draw(st.sampled_from(["usage", "fee", "discount", "cap", "grant", "credit"]))
        alone = draw(st.booleans()) and kind in ("cap", "grant", "credit")
        lines.append(
            LineOnBill(
                position=position,
                key=f"1|{code}|{resource_id or ''}" + ("/cap" if kind == "cap" else ""),
                kind=kind,
                text=f"Line {code}",
                group="" if resource_id is None else f"app-{resource_id}",
                minor=run.minor,
                quantity=run.quantity,
                unit="",
                unit_price=None,
                explanation=json.dumps([2, {"quantity": str(run.quantity)}, []]),
                span=period,
                priced=None if alone else LinePricing(code, f"Price {code}", run.rule, run.is_time),
                resource_id=resource_id,
                subscription_id=draw(st.sampled_from([1, 2])),
                is_late=is_late,
            )
        )
    return BillToCompare(
        lines, draw(taxes()), draw(st.integers(-1000, 1000)), Terms.of("USD", period=period)
    )


@given(bills(), bills(), st.sampled_from(ToldBy))
def test_the_parts_of_two_bills_sum_to_their_difference(
    before: BillToCompare, after: BillToCompare, by: ToldBy
) -> None:
    parts = bill_parts(before, after, by=by)

    assert sum(part.minor for part in parts) == after.total_minor - before.total_minor


@given(bills())
def test_a_bill_beside_itself_has_no_parts(bill: BillToCompare) -> None:
    assert bill_parts(bill, bill) == []


# Whole months


def change_of(customer: Customer, by: ToldBy = ToldBy.PRICE) -> InvoiceChange:
    earlier = earlier_of(customer.invoice)
    assert earlier is not None
    return bill_change(customer.invoice, earlier, by=by)


def parts(change: InvoiceChange) -> list[tuple[str, str, int]]:
    found = [(str(part.kind), part.name, part.minor) for part in change.parts]
    assert sum(minor for *_, minor in found) == change.delta.minor
    return found


def positions(change: InvoiceChange, kind: ChangeKind) -> Sequence[tuple[list[int], list[int]]]:
    effects = [effect for part in change.parts if part.kind is kind for effect in part.effects]
    return [
        ([line.position for line in each.before], [line.position for line in each.after])
        for each in effects
    ]


def test_a_month_beside_the_one_before_it(story: Story) -> None:
    dynos = dyno_seconds(story)
    plan = story.plan(
        "web",
        dyno_month(dynos, "small", "25.00"),
        dyno_month(dynos, "large", "50.00"),
        per_unit(requests(story), "0.01"),
        flat("10.00"),
    )
    acme = story.on("2026-06-01").account("Acme")
    for app in ("kept", "grown", "gone"):
        acme.app(app)
        acme.scales(app, "small", "1", at="2026-06-01")
    acme.subscribes(plan)
    story.on("2026-07-01")
    acme.uses("router.requests", "kept", "2026-06-05", quantity="100")
    acme.app("born")
    acme.scales("born", "large", "1", at="2026-07-01")
    acme.scales("gone", "small", "0", at="2026-07-01")
    acme.scales("grown", "small", "0", at="2026-07-01")
    acme.scales("grown", "large", "2", at="2026-07-01")
    story.on("2026-08-01")
    acme.uses("router.requests", "kept", "2026-07-05", quantity="250")
    story.runs_billing()

    change = change_of(acme)
    assert parts(change) == [
        ("swapped", "grown", 7500),
        ("new", "Dyno", 5000),
        ("use", "requests", 150),
        ("ended", "Dyno", -2500),
    ]
    assert positions(change, ChangeKind.USE) == [([4], [4])]
    assert [name for _, name, _ in parts(change_of(acme, ToldBy.APP))] == [
        "grown", "born", "", "gone",
    ]  # fmt: skip


def test_late_usage_and_a_credit_are_parts_of_their_own(story: Story) -> None:
    meter = requests(story)
    with_credit = story.plan(
        "june", per_unit(meter, "0.01"), flat("-20.00", "Credit for a slow month")
    )
    plain = story.plan("later", per_unit(meter, "0.01"))
    acme = story.on("2026-06-01").account("Acme")
    acme.app("web")
    acme.subscribes(with_credit, until="2026-07-01")
    story.on("2026-07-01")
    acme.uses("router.requests", "web", "2026-06-05", quantity="10000")
    story.runs_billing()
    acme.subscribes(plain)
    story.on("2026-07-08")
    acme.uses("router.requests", "web", "2026-06-06", quantity="300")
    acme.uses("router.requests", "web", "2026-07-06", quantity="10000")
    story.on("2026-08-01").runs_billing()

    assert parts(change_of(acme)) == [
        ("late", "", 300),
        ("credit", "Credit for a slow month", 2000),
    ]
