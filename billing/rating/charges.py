"""What goes into rating and what comes out: charges in, rated lines out.

Owns the shapes only. A `Charge` is one priced thing of an account in one period; a `RatedLine` is
one line of its invoice, rounded once, with its explanation as compact data (`explanation`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from billing.rating.exact import ratio_text, shown_quantity
from billing.rating.models.base import PricedEvent
from billing.rating.price import PriceRule
from core.money import minor_exponent
from core.periods import Period

NO_DIMENSIONS: Mapping[str, str] = MappingProxyType({})


# The first element of an explanation says how the rest is read: scaled integers of a common price
# (`compiled`), or inputs and steps in full (`steps`).
INTEGERS, STEPPED = 1, 2
_PLAIN_LENGTH = 5


class LineKind(StrEnum):
    """What a line is for; stored on invoice lines."""

    USAGE = "usage"
    FEE = "fee"
    OVERAGE = "overage"
    TRUE_UP = "true_up"
    REVERSAL = "reversal"
    DISCOUNT = "discount"
    CAP = "cap"
    GRANT = "grant"
    TAX = "tax"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Terms:
    """What all prices of one rating share: the currency, and the billing period they are due for.

    `exponent` is the number of decimals amounts are rounded to. `period` is the whole enclosing
    billing period, the denominator of every proration; None where no price needs it. `zone` is the
    IANA zone its days are counted in.
    """

    currency: str
    exponent: int
    period: Period | None = None
    zone: str = "UTC"

    @classmethod
    def of(cls, currency: str, *, period: Period | None = None, zone: str = "UTC") -> Terms:
        """Return the terms of an ISO 4217 currency.

        Raises: UnknownCurrency.
        """
        return cls(currency, minor_exponent(currency), period, zone)

    @property
    def scale(self) -> int:
        """How many minor units make one unit of the currency."""
        return int(10**self.exponent)


@dataclass(frozen=True, slots=True)
class CompiledPrice:
    """A price ready to rate in one currency and period; share one object between charges that share
    limits per resource or account.

    `fast` makes the line of an ordinary charge in integers, or answers None. Discounts and limits
    come after it, unless the price `is_plain` and has none. Between `bounds`, in minor units, no
    limit binds a charge on its own; None: always look.
    """

    price: PriceRule
    terms: Terms
    fast: Callable[[Charge], RatedLine | None] | None
    bounds: tuple[int, int] | None
    is_plain: bool


@dataclass(frozen=True, slots=True)
class OtherTerms:
    """What earlier splits billed by another price of what is due or granted once a period.

    `has_fees`: a tier's fee, `discounts`: so much of fixed discounts, in currency units.
    """

    has_fees: bool = False
    discounts: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class AlreadyBilled:
    """What earlier splits of the period billed: so much of the quantity, so many events.

    `amount` is what their lines came to, in currency units; None: what this price makes of it.
    `other_terms` says that they were billed by another price, so this one cannot tell what they
    were made of. `was_final`: they were said to be all of the period, so what is due at its end is
    in the amount (`history` finds out). `lines` is what charges came to that a limit of a
    subscription is over, of which it made `amount`.
    """

    quantity: Decimal = Decimal(0)
    amount: Decimal | None = None
    events: int = 0
    other_terms: OtherTerms | None = None
    was_final: bool = False
    lines: Decimal | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether it is said that nothing was billed yet, as on a first split."""
        return not (self.quantity or self.events or self.other_terms) and self.amount == 0


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an earlier bill of the same charge came to, in currency units, and its quantity.

    It gets a line of its own, which no later step counts: all of the charge is billed again, or
    nothing at all where it is not `replaced`.
    """

    amount: Decimal
    quantity: Decimal = Decimal(0)
    replaced: bool = True


@dataclass(frozen=True, slots=True)
class UnitChange:
    """Units that came, or went (a negative quantity), and how many of them count.

    Either so many (`prorated_quantity`), or those of the part of the period they are `active` for.
    """

    quantity: Decimal
    prorated_quantity: Decimal | None = None
    active: Period | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """What only some charges have.

    `active` is the part of the billing period the thing was active for, for proration, but for the
    parts of it in which it was `away`. `is_final`
    says no later split of the period follows. `prorated_quantity` is the part of the quantity that
    was really used where units are prorated singly: the tier is chosen by the quantity, the units
    are charged in that proportion; `units` tells each of them, in the order they came and went.
    `taken_back` is an earlier bill of the same. `over` are the subscriptions whose charges a limit
    of all of them counts; empty: its own. `cycle` is the period it is due for where that is not the
    billing period.
    """

    active: Period | None = None
    away: tuple[Period, ...] = ()
    already: AlreadyBilled | None = None
    is_final: bool = True
    events: tuple[PricedEvent, ...] = ()
    prorated_quantity: Decimal | None = None
    taken_back: TakenBack | None = None
    units: tuple[UnitChange, ...] = ()
    over: tuple[str, ...] = ()
    cycle: Period | None = None

    @property
    def earlier(self) -> AlreadyBilled | None:
        """What earlier splits billed; None on a first split, also one that is said with zeros."""
        return None if self.already is None or self.already.is_nothing else self.already

    @property
    def only_takes_back(self) -> bool:
        """Whether an earlier bill is taken back and nothing billed instead."""
        return self.taken_back is not None and not self.taken_back.replaced


class Charge(NamedTuple):
    """One priced thing: `quantity` is metered, in the unit before conversion, new in this split.

    `subscription` names what it is sold under, for limits that count all charges of one.
    """

    key: str
    price: CompiledPrice
    quantity: Decimal = Decimal(0)
    resource: str | None = None
    tax_group: str = "standard"
    dimensions: Mapping[str, str] = NO_DIMENSIONS
    detail: Detail | None = None
    subscription: str = ""

    @property
    def measured(self) -> Decimal:
        """What is charged in metered units, whether told as a quantity or as single events."""
        if self.detail is None or not self.detail.events:
            return self.quantity
        return sum((event.quantity for event in self.detail.events), self.quantity)


class RatedLine(NamedTuple):
    """One line. Ratios are kept as integers, not reduced, until somebody asks.

    `charge_key` names the charge the line belongs to, empty for a line of the whole account.
    """

    key: str
    kind: LineKind
    charge_key: str
    resource: str | None
    tax_group: str
    amount_minor: int
    numerator: int
    denominator: int
    billed_numerator: int
    billed_denominator: int
    unit_price: Decimal | None
    explanation: tuple[Any, ...]

    @property
    def exact(self) -> Fraction:
        """The amount before rounding, in currency units."""
        return Fraction(self.numerator, self.denominator)

    @property
    def exact_text(self) -> str:
        """The amount before rounding: a plain decimal, or a fraction where none is exact."""
        return ratio_text(self.numerator, self.denominator)

    @property
    def explanation_json(self) -> str:
        """The explanation as JSON text, for storing many lines quickly."""
        if self.explanation[0] != INTEGERS or len(self.explanation) != _PLAIN_LENGTH:
            return json.dumps(self.explanation, ensure_ascii=False, separators=(",", ":"))
        form, model, raw, header, hits = self.explanation
        rows = ",".join([f"[{row},{take},{price},{fee}]" for row, take, price, fee in hits])
        return f'[{form},"{model}",{raw},{_header_json(header)},[{rows}]]'

    @property
    def quantity(self) -> Decimal:
        """The quantity that is priced, after conversion and allowance; 7 decimals where endless."""
        return shown_quantity(self.billed_numerator, self.billed_denominator)


@lru_cache(maxsize=4_096)
def _header_json(header: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, header))}]"
