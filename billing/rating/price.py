"""A price: one model, and the modifiers around it, as values.

Owns what can be said about a price and the one order in which it is applied. Does not own how it
is written down (`parse`) nor the arithmetic (`pipeline`, and `compiled` for the common models).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from billing.rating.fee_cycles import FeeCycle
from billing.rating.models.all_charges import AllCharges
from billing.rating.models.base import Caution
from billing.rating.models.capacity import METER, Capacity
from billing.rating.models.events import needs_single_events
from billing.rating.models.matrix import Matrix, PriceModel
from billing.rating.models.over_all import MatrixOverAll
from billing.rating.models.simple import Flat, PerUnit
from billing.rating.models.tiers import has_tier_fees
from billing.rating.proration import Proration

# The order in which a charge is worked out: written here once, printed on every proof.
STEPS = (
    "conversion",
    "allowance",
    "price",
    "commitment",
    "proration",
    "percentage_discount",
    "fixed_discount",
    "maximum",
    "minimum",
    "grants",
    "tax",
    "credits",
    "total",
)


class Rounding(StrEnum):
    """What a conversion does with what is finer than its decimals."""

    NONE = "none"
    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"


class SeatCount(StrEnum):
    """How seats are counted that came and went: by the time each was held, by the most there were
    on each day, or by the most there were at all.
    """

    AVERAGE = "average"
    DAY = "day"
    HIGH_WATER = "high_water"


@dataclass(frozen=True, slots=True)
class SeatRule:
    """What is priced are seats: those that were bought, or those that somebody holds."""

    count: SeatCount
    of_holders: bool = False


class LimitScope(StrEnum):
    """Whose charges of a price a limit adds up: one charge, one resource, or the whole account; or
    those of all prices of a subscription.
    """

    CHARGE = "charge"
    RESOURCE = "resource"
    ACCOUNT = "account"
    SUBSCRIPTION = "subscription"


# Divisors that stand for the length of the billing period, in seconds of that unit.
PERIOD_DIVISORS = {"period_seconds": 1, "period_hours": 3_600}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Metered units into priced ones: × `multiply_by` ÷ `divide_by`, then rounded.

    `divide_by` is a number or one of PERIOD_DIVISORS.
    """

    multiply_by: Decimal = Decimal(1)
    divide_by: Decimal | str = Decimal(1)
    rounding: Rounding = Rounding.NONE
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Included:
    """Units that cost nothing, in priced units, per period."""

    quantity: Decimal
    proration: Proration = Proration.NONE


@dataclass(frozen=True, slots=True)
class Commitment:
    """An agreed quantity or amount: beyond it an overage price, below it a true-up."""

    quantity: Decimal | None
    amount: Decimal | None
    overage_factor: Decimal
    overage_unit_price: Decimal | None
    has_true_up: bool
    proration: Proration = Proration.NONE

    @property
    def factor(self) -> Fraction:
        """What the price is multiplied with beyond what was agreed."""
        return Fraction(self.overage_factor)


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage, or a fixed amount in currency units, off what the lines before came to."""

    percent: Decimal | None
    amount: Decimal | None
    name: str
    charges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """The most or the least that is billed, in currency units, for a scope and period."""

    amount: Decimal
    scope: LimitScope = LimitScope.CHARGE
    proration: Proration = Proration.NONE


@dataclass(frozen=True, slots=True)
class PricedIn:
    """The unit the model's amounts are in, when not the currency, and what one is worth in it."""

    unit: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One pricing rule. Quantities in `unit`; amounts in units of the currency it is rated in."""

    model: PriceModel
    unit: str = ""
    conversion: Conversion | None = None
    included: Included | None = None
    proration: Proration = Proration.NONE
    commitment: Commitment | None = None
    discounts: tuple[Discount, ...] = ()
    maximum: PriceLimit | None = None
    minimum: PriceLimit | None = None
    priced_in: PricedIn | None = None
    cycle: FeeCycle | None = None
    seats: SeatRule | None = None

    @property
    def is_prorated(self) -> bool:
        """Whether the time something was active for matters to any part of the price."""
        parts = (self.included, self.commitment, self.maximum, self.minimum)
        prorations = [self.proration, *(part.proration for part in parts if part is not None)]
        return any(proration is not Proration.NONE for proration in prorations)

    @property
    def needs_single_events(self) -> bool:
        """Whether what events add up to is not enough to work it out."""
        return isinstance(self.model, MatrixOverAll) or needs_single_events(self.model)

    @property
    def event_dimensions(self) -> tuple[str, ...]:
        """The dimensions of each event it looks at."""
        if isinstance(self.model, MatrixOverAll):
            return tuple(self.model.matrix.values)
        return (METER,) if isinstance(self.model, Capacity) else ()

    @property
    def meters(self) -> tuple[str, ...]:
        """The codes of the meters it names, where it is a price of several."""
        return self.model.meters if isinstance(self.model, Capacity) else ()

    @property
    def is_told_by_events(self) -> bool:
        """Whether a charge of it says events instead of a quantity."""
        return self.needs_single_events or bool(self.meters)

    @property
    def has_amounts_once(self) -> bool:
        """Whether an amount is due, granted or agreed once a period, not only for each unit."""
        cells = self.model.cells if isinstance(self.model, Matrix) else ()
        has_fees = has_tier_fees(self.model) or any(has_tier_fees(cell.model) for cell in cells)
        is_off = any(discount.amount is not None for discount in self.discounts)
        return has_fees or is_off or self.commitment is not None or self.has_limits

    @property
    def has_limits(self) -> bool:
        """Whether what is billed is capped or lifted."""
        return self.maximum is not None or self.minimum is not None

    @property
    def limits_all(self) -> bool:
        """Whether it only limits what all charges of a subscription come to."""
        return isinstance(self.model, AllCharges)

    @property
    def counts_together(self) -> LimitScope:
        """Whose charges have to be known to work one of them out, because limits add them up.

        A shared minimum takes all of the account's: what its earlier splits were is told from them.
        """
        if self.limits_all:
            return LimitScope.SUBSCRIPTION
        if self.minimum is not None and self.minimum.scope is not LimitScope.CHARGE:
            return LimitScope.ACCOUNT
        return LimitScope.CHARGE if self.maximum is None else self.maximum.scope


def pays_the_customer(price: PriceRule) -> bool:
    """Whether what is used, or the fee, is given instead of charged."""
    model = price.model
    if isinstance(model, Flat):
        return model.amount < 0
    return isinstance(model, PerUnit) and model.unit_price < 0


def review(price: PriceRule) -> list[Caution]:
    """Return what is legal in a price but seldom meant: falling totals, orphaned or missing cells,
    bounds that contradict each other. Publishing a plan shows these.
    """
    return [*price.model.review(), *_review_modifiers(price)]


def _review_modifiers(price: PriceRule) -> Iterator[Caution]:
    if pays_the_customer(price):
        yield Caution("", "pays_the_customer", "It is below 0: it pays the customer.")
    low, high = price.minimum, price.maximum
    if low and high and low.scope == high.scope and low.amount > high.amount:
        yield Caution("/minimum", "minimum_above_maximum", "The minimum is above the maximum.")
    committed = price.commitment
    if committed and committed.overage_factor < 1 and committed.overage_unit_price is None:
        yield Caution("/commitment/overage_factor", "overage_cheaper", "Overage costs less.")
    if price.included and price.model.is_final_only:
        yield Caution(
            "/included",
            "tiers_after_allowance",
            "Included units are taken off first: the tier is chosen by what is left.",
        )
