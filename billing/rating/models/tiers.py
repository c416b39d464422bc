"""Prices from a table of tiers: graduated, volume, stairstep, graduated percentage.

Owns how a quantity goes through a table. Whether a table makes sense is said by `review`, not
enforced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from billing.rating.exact import number_text
from billing.rating.models.base import (
    ZERO,
    Caution,
    CumulativeUsage,
    Priced,
    PricedPart,
    require_no_negative,
)
from billing.rating.models.tier_table import Tiers, read_tiers
from billing.rating.reading import Fields


@dataclass(frozen=True)
class Graduated:
    """Each unit at the price of the tier it falls in; a tier's fee when the tier is entered."""

    tiers: Tiers

    name: ClassVar[str] = "graduated"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = False

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the tiers the span passes through; going back undoes what going up did."""
        require_no_negative(span, self.name)
        return Priced(tuple(self._passed(span)), span.after - span.before)

    def unit_prices(self, low: Fraction, high: Fraction) -> set[Decimal]:
        """Return the prices of the units between two quantities."""
        span = CumulativeUsage(min(low, high), max(low, high))
        return {
            self.tiers.rows[part.row].unit_price for part in self._passed(span) if part.quantity
        }

    def _passed(self, span: CumulativeUsage) -> Iterator[PricedPart]:
        low = min(span.before, span.after)
        for index, (start, row) in enumerate(zip(self.tiers.starts, self.tiers.rows, strict=True)):
            before, after = row.filled(start, span.before), row.filled(start, span.after)
            is_billed = not span.owes_fees and self._is_entered(index, span.before)
            fee = Fraction(row.fee) * (self._is_entered(index, span.after) - is_billed)
            if after != before or fee or (index == 0 and span.before == span.after == 0):
                sold = row.sold(after) - row.sold(before)
                price = Fraction(row.unit_price)
                yield PricedPart(index, max(start, low), sold, price, fee, row.told)

    def _is_entered(self, index: int, quantity: Fraction) -> bool:
        is_due_at_zero = index == 0 and self.tiers.is_due_at_zero
        return is_due_at_zero or quantity > self.tiers.starts[index]

    def review(self) -> Iterator[Caution]:
        """Name a table whose price per unit is the same throughout."""
        yield from self.tiers.review_equal_rows()


@dataclass(frozen=True)
class Volume:
    """The whole quantity at the price of the tier reached, plus that tier's fee."""

    tiers: Tiers

    name: ClassVar[str] = "volume"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = True
    takes_events: ClassVar[bool] = False

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the price of everything up to `after`; `before` was never billed."""
        require_no_negative(span, self.name)
        index = self.tiers.index_of(span.after)
        row = self.tiers.rows[index]
        is_due = span.after > 0 or self.tiers.is_due_at_zero
        fee = Fraction(row.fee) if is_due else ZERO
        price = Fraction(row.unit_price)
        part = PricedPart(index, ZERO, row.sold(span.after), price, fee, row.told)
        return Priced((part,), span.after)

    def review(self) -> Iterator[Caution]:
        """Name every bound at which one unit more makes the whole cheaper."""
        yield from self.tiers.review_equal_rows()
        rows, bounds = self.tiers.rows, self.tiers.starts[1:]
        for index, (bound, (row, above)) in enumerate(
            zip(bounds, pairwise(rows), strict=True), start=1
        ):
            at_bound, past_bound = row.cost(bound), above.cost_just_above(bound)
            if past_bound < at_bound:
                yield Caution(
                    f"/tiers/{index}",
                    "total_falls",
                    f"At {number_text(bound)} the total is {number_text(at_bound)}; just above, "
                    f"it falls to {number_text(past_bound)}.",
                )


@dataclass(frozen=True)
class Stairstep:
    """One price for the whole step reached; units within a step cost nothing extra."""

    tiers: Tiers

    name: ClassVar[str] = "stairstep"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = True
    takes_events: ClassVar[bool] = False

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the price of the step that `after` reaches."""
        require_no_negative(span, self.name)
        index = self.tiers.index_of(span.after)
        is_due = span.after > 0 or self.tiers.is_due_at_zero
        fee = Fraction(self.tiers.rows[index].fee) if is_due else ZERO
        return Priced((PricedPart(index, ZERO, span.after, ZERO, fee),), span.after)

    def review(self) -> Iterator[Caution]:
        """Name every step that is cheaper than the one below."""
        for index, (row, above) in enumerate(pairwise(self.tiers.rows), start=1):
            if above.fee < row.fee:
                yield Caution(
                    f"/tiers/{index}",
                    "total_falls",
                    f"This step costs {above.fee}, the one below it {row.fee}.",
                )


@dataclass(frozen=True)
class GraduatedPercentage:
    """A percentage of each slice of an amount, by tier; the quantity is the amount itself."""

    graduated: Graduated

    name: ClassVar[str] = "graduated_percentage"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = False

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the slices of the amount at their percentages."""
        return self.graduated.between(span)

    def review(self) -> Iterator[Caution]:
        """Name a table whose percentage is the same throughout."""
        return self.graduated.review()


def has_tier_fees(model: object) -> bool:
    """Say whether entering a tier of a graduated price costs a fee."""
    graduated = model.graduated if isinstance(model, GraduatedPercentage) else model
    return isinstance(graduated, Graduated) and any(row.fee for row in graduated.tiers.rows)


def has_packages(model: object) -> bool:
    """Say whether some tier of a price sells packages."""
    return isinstance(model, Graduated | Volume) and model.tiers.has_packages


def read_graduated(fields: Fields) -> Graduated:
    """Read {"tiers": [{"up_to", "unit_price" | "size", "price", "fee"}], "due_at_zero"}."""
    return Graduated(read_tiers(fields, "unit_price"))


def read_volume(fields: Fields) -> Volume:
    """Read {"tiers": [{"up_to", "unit_price" | "size", "price", "fee"}], "due_at_zero"}."""
    return Volume(read_tiers(fields, "unit_price"))


def read_stairstep(fields: Fields) -> Stairstep:
    """Read {"tiers": [{"up_to", "price"}], "due_at_zero"}."""
    return Stairstep(read_tiers(fields, "price"))


def read_graduated_percentage(fields: Fields) -> GraduatedPercentage:
    """Read {"tiers": [{"up_to", "percent", "fee"}], "due_at_zero"}."""
    return GraduatedPercentage(Graduated(read_tiers(fields, "percent")))
