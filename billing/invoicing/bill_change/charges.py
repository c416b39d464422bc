"""What made one charge come to more, or to less: days, then use at the old price, then price.

The order is fixed, so that two bills are always told apart in one way: first what the length of the
period makes of the old use at the old price, then what more of it costs at the old price, then what
the new price makes of the new use. Each step is the difference of two amounts in minor units, so
the steps sum to the difference and leave no rest. Amounts at the old price come from the rater that
billed; where it cannot say what it billed again (limits that several charges share, prices of
single events, a price that changed within the month), the old amount stands for the old use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Final, NamedTuple

from billing.rating import (
    CannotRate,
    Charge,
    CompiledPrice,
    Detail,
    LimitScope,
    LineKind,
    PriceRule,
    Terms,
    compile_price,
    rate,
)
from billing.rating.price import PriceLimit
from core.money import round_half_up
from core.periods import Period

_PLACES: Final = 18
"""Decimals of a quantity, as invoices keep them."""

_WIDE: Final = Context(prec=120)


class ChangeKind(StrEnum):
    """Why a part of a bill differs."""

    NEW = "new"
    ENDED = "ended"
    SWAPPED = "swapped"
    USE = "use"
    PRICE = "price"
    DAYS = "days"
    LIMITS = "limits"
    LATE = "late"
    STATEMENT = "statement"
    CREDIT = "credit"
    DISCOUNT = "discount"
    TAX_BASE = "tax_base"
    TAX_RATE = "tax_rate"


class Cause(NamedTuple):
    """One reason, and what it made in minor units."""

    kind: ChangeKind
    minor: int


@dataclass(frozen=True, slots=True)
class ChargedRun:
    """A price while its terms were the same: what was metered, and what it came to.

    `minor` leaves discounts out, and limits that other charges share. `is_time`: what is metered is
    time, so a longer month has more of it. `dimensions` are those of the charge.
    """

    rule: PriceRule
    quantity: Decimal
    minor: int
    span: Period
    is_time: bool = False
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChargeOnBill:
    """All of a charge on one bill; its runs in order of time, one where its terms stay the same."""

    runs: Sequence[ChargedRun]
    terms: Terms

    @property
    def minor(self) -> int:
        """What it came to."""
        return sum(run.minor for run in self.runs)

    @property
    def quantity(self) -> Fraction:
        """What was metered."""
        return sum((Fraction(run.quantity) for run in self.runs), Fraction(0))

    @property
    def length(self) -> Fraction:
        """The seconds it was billed for."""
        return sum((Fraction(run.span.seconds) for run in self.runs), Fraction(0))

    @property
    def rule(self) -> PriceRule | None:
        """Its price; None where it had several."""
        first = self.runs[0].rule
        return first if all(run.rule == first for run in self.runs) else None

    @property
    def depends_on_time(self) -> bool:
        """Whether a longer time alone makes it dearer."""
        return any(run.is_time or run.rule.is_prorated for run in self.runs)


class ReadyPrices:
    """Prices made ready to rate, once for all charges of two bills."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], tuple[PriceRule, Terms, CompiledPrice | None]] = {}

    def of(self, rule: PriceRule, terms: Terms) -> CompiledPrice | None:
        """The price on its own, without limits it shares; None where that cannot be rated."""
        key = id(rule), id(terms)
        if key not in self._made:  # what is kept lives, so no other has its identity
            alone = _alone(rule)
            asks_others = alone.is_told_by_events or alone.limits_all
            self._made[key] = rule, terms, None if asks_others else _compiled(alone, terms)
        return self._made[key][2]


def _compiled(rule: PriceRule, terms: Terms) -> CompiledPrice | None:
    try:
        return compile_price(rule, terms)
    except CannotRate:
        return None


def causes_of(
    before: ChargeOnBill, after: ChargeOnBill, ready: ReadyPrices | None = None
) -> list[Cause]:
    """What moved a charge that is on both bills; the causes sum to the difference.

    A step that has nothing to move it is nothing, also where the rater, asked about the charge
    alone, would say otherwise: the old price of the old use in a period as long is the old amount.
    """
    is_priced_alike = before.rule is not None and before.rule == after.rule
    is_timed_alike = not before.depends_on_time or before.length == after.length
    old = _OldPrice(before, after, ready or ReadyPrices())
    kept = before.quantity
    if before.runs[0].is_time:
        kept = before.quantity * after.length / before.length
    is_used_alike = _stored(kept) == _stored(after.quantity)
    if is_timed_alike:
        by_days = before.minor
    elif is_used_alike and is_priced_alike:
        by_days = after.minor
    else:
        by_days = old.amount(kept)
    if is_used_alike:
        by_use = by_days
    else:
        by_use = after.minor if is_priced_alike else old.amount(after.quantity)
    rest = ChangeKind.LIMITS if is_priced_alike else ChangeKind.PRICE
    found = [
        Cause(ChangeKind.DAYS, by_days - before.minor),
        Cause(ChangeKind.USE, by_use - by_days),
        Cause(rest, after.minor - by_use),
    ]
    return [cause for cause in found if cause.minor]


class _OldPrice:
    """What the price of the bill before makes of quantities of the later one."""

    def __init__(self, before: ChargeOnBill, after: ChargeOnBill, ready: ReadyPrices) -> None:
        self._before, self._after, self._ready = before, after, ready

    @cached_property
    def _is_reproduced(self) -> bool:
        """Whether the rater says again what was billed; only asked where an amount is needed."""
        before = self._before
        if len(before.runs) != 1:
            return False
        return self._amount(before.quantity, before) == before.minor

    def amount(self, quantity: Fraction) -> int:
        """Minor units for so much within the later period."""
        before = self._before
        if self._is_reproduced:
            found = self._amount(quantity, self._after)
            if found is not None:
                return found
        if not before.quantity:
            return before.minor
        return round_half_up(before.minor * quantity / before.quantity)

    def _amount(self, quantity: Fraction, spans: ChargeOnBill) -> int | None:
        """What the price makes of a quantity over the spans of a bill; None: it cannot say."""
        run, terms = self._before.runs[0], spans.terms
        price = self._ready.of(run.rule, terms)
        if price is None:
            return None
        charge = Charge(
            "charge",
            price,
            _stored(quantity),
            dimensions=run.dimensions,
            detail=_detail(spans, terms),
        )
        try:
            lines = rate([charge])
        except CannotRate:
            return None
        return sum(line.amount_minor for line in lines if line.kind is not LineKind.DISCOUNT)


def _alone(rule: PriceRule) -> PriceRule:
    """The price without the limits it shares with other charges."""
    most, least = rule.maximum, rule.minimum
    if _is_shared(most) or _is_shared(least):
        return replace(
            rule,
            maximum=None if _is_shared(most) else most,
            minimum=None if _is_shared(least) else least,
        )
    return rule


def _is_shared(limit: PriceLimit | None) -> bool:
    return limit is not None and limit.scope is not LimitScope.CHARGE


def shares_limits(rule: PriceRule) -> bool:
    """Whether what caps or lifts a charge of it depends on other charges."""
    return rule.limits_all or _is_shared(rule.maximum) or _is_shared(rule.minimum)


def _detail(spans: ChargeOnBill, terms: Terms) -> Detail | None:
    """The time a charge was billed for, where it is a part of the period only."""
    start = min(run.span.start for run in spans.runs)
    end = max(run.span.end for run in spans.runs)
    if terms.period is None or Period(start, end) == terms.period:
        return None
    if start < terms.period.start or end > terms.period.end:
        return None
    return Detail(active=Period(start, end))


def _stored(quantity: Fraction) -> Decimal:
    """A quantity as invoices keep it."""
    exact = _WIDE.divide(Decimal(quantity.numerator), Decimal(quantity.denominator))
    if exact.as_tuple().exponent == 0:
        return exact
    return exact.quantize(Decimal(1).scaleb(-_PLACES), ROUND_HALF_UP, _WIDE).normalize(_WIDE)
