"""Prices from a table of tiers: graduated, volume, stairstep, graduated percentage.

Owns the tier table: a tier starts where the one before it ended, its upper bound is inclusive, and
the last one is open. Whether a table makes sense is said by `review`, not enforced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import ClassVar

from billing.rating.exact import number_text, percentage
from billing.rating.models.base import ZERO, Caution, Part, Priced, Span, require_no_negative
from billing.rating.reading import QUANTITY_SCALE, Fields


@dataclass(frozen=True)
class Tier:
    """Units up to and including `up_to` (None: without end) at a price, and a fee to enter it."""

    up_to: Decimal | None
    unit_price: Decimal
    fee: Decimal

    @cached_property
    def end(self) -> Fraction | None:
        """The inclusive upper bound as a rational."""
        return None if self.up_to is None else Fraction(self.up_to)

    def filled(self, start: Fraction, quantity: Fraction) -> Fraction:
        """How many units of a cumulative quantity lie in the tier, which begins at `start`."""
        end = quantity if self.end is None else min(self.end, quantity)
        return max(end - start, ZERO)


@dataclass(frozen=True)
class Tiers:
    """A table of tiers, and whether the first one's fee is due when nothing was used."""

    rows: tuple[Tier, ...]
    is_due_at_zero: bool = True

    @cached_property
    def starts(self) -> tuple[Fraction, ...]:
        """Where each tier starts, exclusive except for the first."""
        ends = [row.end for row in self.rows[:-1]]
        return (ZERO, *(end for end in ends if end is not None))

    def index_of(self, quantity: Fraction) -> int:
        """Return the tier a total quantity falls in; a bound belongs to the lower tier."""
        return next(
            index for index, row in enumerate(self.rows) if row.end is None or quantity <= row.end
        )


@dataclass(frozen=True)
class Graduated:
    """Each unit at the price of the tier it falls in; a tier's fee when the tier is entered."""

    tiers: Tiers

    name: ClassVar[str] = "graduated"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = False

    def between(self, span: Span) -> Priced:
        """Return the tiers the span passes through; going back undoes what going up did."""
        require_no_negative(span, self.name)
        return Priced(tuple(self._passed(span)), span.after - span.before)

    def unit_prices(self, low: Fraction, high: Fraction) -> set[Decimal]:
        """Return the prices of the units between two quantities."""
        span = Span(min(low, high), max(low, high))
        return {
            self.tiers.rows[part.row].unit_price for part in self._passed(span) if part.quantity
        }

    def _passed(self, span: Span) -> Iterator[Part]:
        low = min(span.before, span.after)
        for index, (start, row) in enumerate(zip(self.tiers.starts, self.tiers.rows, strict=True)):
            quantity = row.filled(start, span.after) - row.filled(start, span.before)
            is_billed = not span.owes_fees and self._is_entered(index, span.before)
            fee = Fraction(row.fee) * (self._is_entered(index, span.after) - is_billed)
            if quantity or fee or (index == 0 and span.before == span.after == 0):
                yield Part(index, max(start, low), quantity, Fraction(row.unit_price), fee)

    def _is_entered(self, index: int, quantity: Fraction) -> bool:
        is_due_at_zero = index == 0 and self.tiers.is_due_at_zero
        return is_due_at_zero or quantity > self.tiers.starts[index]

    def review(self) -> Iterator[Caution]:
        """Name a table whose price per unit is the same throughout."""
        yield from _review_equal_rows(self.tiers)


@dataclass(frozen=True)
class Volume:
    """The whole quantity at the price of the tier reached, plus that tier's fee."""

    tiers: Tiers

    name: ClassVar[str] = "volume"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = True
    takes_events: ClassVar[bool] = False

    def between(self, span: Span) -> Priced:
        """Return the price of everything up to `after`; `before` was never billed."""
        require_no_negative(span, self.name)
        index = self.tiers.index_of(span.after)
        row = self.tiers.rows[index]
        is_due = span.after > 0 or self.tiers.is_due_at_zero
        fee = Fraction(row.fee) if is_due else ZERO
        part = Part(index, ZERO, span.after, Fraction(row.unit_price), fee)
        return Priced((part,), span.after)

    def review(self) -> Iterator[Caution]:
        """Name every bound at which one unit more makes the whole cheaper."""
        yield from _review_equal_rows(self.tiers)
        rows, bounds = self.tiers.rows, self.tiers.starts[1:]
        for index, (bound, (row, above)) in enumerate(
            zip(bounds, pairwise(rows), strict=True), start=1
        ):
            at_bound = bound * Fraction(row.unit_price) + Fraction(row.fee)
            past_bound = bound * Fraction(above.unit_price) + Fraction(above.fee)
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

    def between(self, span: Span) -> Priced:
        """Return the price of the step that `after` reaches."""
        require_no_negative(span, self.name)
        index = self.tiers.index_of(span.after)
        is_due = span.after > 0 or self.tiers.is_due_at_zero
        fee = Fraction(self.tiers.rows[index].fee) if is_due else ZERO
        return Priced((Part(index, ZERO, span.after, ZERO, fee),), span.after)

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

    def between(self, span: Span) -> Priced:
        """Return the slices of the amount at their percentages."""
        return self.graduated.between(span)

    def review(self) -> Iterator[Caution]:
        """Name a table whose percentage is the same throughout."""
        return self.graduated.review()


def has_tier_fees(model: object) -> bool:
    """Say whether entering a tier of a graduated price costs a fee."""
    graduated = model.graduated if isinstance(model, GraduatedPercentage) else model
    return isinstance(graduated, Graduated) and any(row.fee for row in graduated.tiers.rows)


def read_graduated(fields: Fields) -> Graduated:
    """Read {"tiers": [{"up_to", "unit_price", "fee"}], "due_at_zero"}."""
    return Graduated(_read_tiers(fields, "unit_price"))


def read_volume(fields: Fields) -> Volume:
    """Read {"tiers": [{"up_to", "unit_price", "fee"}], "due_at_zero"}."""
    return Volume(_read_tiers(fields, "unit_price"))


def read_stairstep(fields: Fields) -> Stairstep:
    """Read {"tiers": [{"up_to", "price"}], "due_at_zero"}."""
    return Stairstep(_read_tiers(fields, "price"))


def read_graduated_percentage(fields: Fields) -> GraduatedPercentage:
    """Read {"tiers": [{"up_to", "percent", "fee"}], "due_at_zero"}."""
    return GraduatedPercentage(Graduated(_read_tiers(fields, "percent")))


def _read_tiers(fields: Fields, price_field: str) -> Tiers:
    rows: list[Tier] = []
    entries = list(fields.objects("tiers"))
    if not entries and fields.required("tiers"):
        fields.problem("tiers", "tiers_missing", "There must be at least one tier.")
    for position, entry in enumerate(entries):
        row = _read_tier(entry, price_field)
        is_last = position == len(entries) - 1
        if is_last and row.up_to is not None:
            entry.problem("up_to", "tier_open_missing", "The last tier must be open: no up_to.")
        if not is_last and row.up_to is None:
            entry.problem("up_to", "tier_open_early", "Only the last tier may be open.")
        lowest = rows[-1].up_to if rows else Decimal(0)
        if row.up_to is not None and lowest is not None and row.up_to <= lowest:
            entry.problem("up_to", "tier_order", f"up_to must rise; it must be above {lowest}.")
        rows.append(row)
    return Tiers(tuple(rows), fields.boolean("due_at_zero", default=True))


def _read_tier(entry: Fields, price_field: str) -> Tier:
    up_to = entry.optional_decimal("up_to", scale=QUANTITY_SCALE)
    if price_field == "price":
        price, fee = Decimal(0), entry.decimal("price", at_least="0")
    else:
        price = entry.decimal(price_field, default="0", at_least="0")
        fee = entry.decimal("fee", default="0", at_least="0")
        if price_field not in entry and "fee" not in entry:
            entry.problem(price_field, "required", f"A tier has a {price_field}, a fee, or both.")
    entry.close()
    return Tier(up_to, percentage(price) if price_field == "percent" else price, fee)


def _review_equal_rows(tiers: Tiers) -> Iterator[Caution]:
    for index, (row, above) in enumerate(pairwise(tiers.rows), start=1):
        if row.unit_price == above.unit_price and not above.fee:
            yield Caution(
                f"/tiers/{index}", "tier_same", "This tier costs the same as the one below it."
            )
