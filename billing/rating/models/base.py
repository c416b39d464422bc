"""What every price model is given and what it answers.

Owns the contract between the pipeline and the models. A model turns a span of cumulative usage,
from what was billed before up to what is reached now, into parts with exact amounts. It knows
nothing of allowances, proration, discounts, limits or rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol

from core.errors import Invalid

ZERO = Fraction(0)
NOTHING_TOLD: Mapping[str, Any] = MappingProxyType({})


class CannotRate(Invalid):
    """The usage given cannot be priced by this price; nothing is guessed."""

    code = "cannot_rate"
    title = "This usage cannot be priced"


class PricedEvent(NamedTuple):
    """One event a price looks at singly: a transaction, a request with its own amount.

    `dimensions` are told where the price depends on those of each event.
    """

    quantity: Decimal
    amount: Decimal | None
    id: str | None = None
    dimensions: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CumulativeUsage:
    """Usage from `before` (billed by earlier splits of the period) up to `after`, cumulative.

    `is_first` says no split of the period was billed yet. `owes_fees`: no fee of a tier was billed
    yet, so those of every tier entered so far are due now.
    """

    before: Fraction
    after: Fraction
    is_first: bool = True
    owes_fees: bool = True
    events: tuple[PricedEvent, ...] = ()
    events_before: int = 0


class PricedPart(NamedTuple):
    """One row of the explanation: so many units from a point on, at a price, plus a fee.

    `told` is what else the row says, such as the size of the packages the quantity counts.
    """

    row: int
    start: Fraction
    quantity: Fraction
    unit_price: Fraction
    fee: Fraction
    told: Mapping[str, Any] = NOTHING_TOLD

    @property
    def amount(self) -> Fraction:
        """The exact amount of the part, in currency units."""
        return self.quantity * self.unit_price + self.fee


@dataclass(frozen=True, slots=True)
class Priced:
    """What a span costs: its parts, and the quantity a line shows for them."""

    parts: tuple[PricedPart, ...]
    quantity: Fraction

    @property
    def amount(self) -> Fraction:
        """The exact amount, in currency units."""
        return sum((part.amount for part in self.parts), ZERO)


class Caution(NamedTuple):
    """Something legal in a price that is seldom meant."""

    pointer: str
    code: str
    detail: str


class Model(Protocol):
    """A price model. `takes_events`: it prices events singly."""

    name: ClassVar[str]
    kind: ClassVar[str]
    takes_events: ClassVar[bool]

    @property
    def is_final_only(self) -> bool:
        """Whether a split that is not the period's last bills nothing yet."""
        ...

    def between(self, span: CumulativeUsage) -> Priced:
        """Price the usage of a span.

        Raises: CannotRate.
        """
        ...

    def review(self) -> Iterator[Caution]:
        """Yield what is legal but seldom meant."""
        ...


def require_no_negative(span: CumulativeUsage, name: str) -> None:
    """Raises: CannotRate when the cumulative usage is below zero."""
    if span.after < 0 or span.before < 0:
        raise CannotRate(
            f"A {name} price needs a quantity of at least 0 in all; "
            "only per-unit prices can credit usage that was never billed.",
            field="quantity",
        )
