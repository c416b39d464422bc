"""Prices without a table: a flat fee, a price per unit, a price per package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import ClassVar

from billing.rating.models.base import (
    ZERO,
    Caution,
    CumulativeUsage,
    Priced,
    PricedPart,
    require_no_negative,
)
from billing.rating.reading import Fields


@dataclass(frozen=True, slots=True)
class Flat:
    """A fee for the period: in advance on its first split, in arrears on its last."""

    amount: Decimal
    is_advance: bool

    name: ClassVar[str] = "flat"
    kind: ClassVar[str] = "fee"
    takes_events: ClassVar[bool] = False

    @property
    def is_final_only(self) -> bool:
        """In arrears, the fee waits for the end of the period."""
        return not self.is_advance

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the fee, once for the period."""
        if self.is_advance and not span.is_first:
            return Priced((), ZERO)
        part = PricedPart(0, ZERO, Fraction(1), Fraction(self.amount), ZERO)
        return Priced((part,), Fraction(1))

    def review(self) -> Iterator[Caution]:
        """A flat fee holds no surprises."""
        return iter(())


@dataclass(frozen=True, slots=True)
class PerUnit:
    """Quantity × unit price. The one model that also prices a negative quantity, as a credit."""

    unit_price: Decimal

    name: ClassVar[str] = "per_unit"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = False

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the new units at the unit price."""
        quantity = span.after - span.before
        part = PricedPart(0, span.before, quantity, Fraction(self.unit_price), ZERO)
        return Priced((part,), quantity)

    def review(self) -> Iterator[Caution]:
        """Name a price of nothing."""
        if self.unit_price == 0:
            yield Caution("/unit_price", "free", "Every unit costs nothing.")


@dataclass(frozen=True, slots=True)
class Package:
    """A price per package of `size` units; a package begun is a package billed."""

    size: Decimal
    price: Decimal

    name: ClassVar[str] = "package"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = False

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the packages begun in the span; those of earlier splits are billed already."""
        require_no_negative(span, self.name)
        before, after = self._packages(span.before), self._packages(span.after)
        new = Fraction(after - before)
        part = PricedPart(0, Fraction(before), new, Fraction(self.price), ZERO)
        return Priced((part,), new)

    def review(self) -> Iterator[Caution]:
        """Name packages that cost nothing."""
        if self.price == 0:
            yield Caution("/price", "free", "Every package costs nothing.")

    def _packages(self, quantity: Fraction) -> int:
        return ceil(quantity / Fraction(self.size))


def read_flat(fields: Fields) -> Flat:
    """Read {"amount", "billed"}."""
    amount = fields.decimal("amount")
    billed = fields.choice("billed", ["advance", "arrears"], default="advance")
    return Flat(amount, billed == "advance")


def read_per_unit(fields: Fields) -> PerUnit:
    """Read {"unit_price"}."""
    return PerUnit(fields.decimal("unit_price"))


def read_package(fields: Fields) -> Package:
    """Read {"size", "price"}."""
    return Package(fields.decimal("size", above="0"), fields.decimal("price", at_least="0"))
