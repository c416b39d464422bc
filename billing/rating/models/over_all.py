"""A matrix whose tiers are counted over all values: one count, and a price for each value.

Owns the walk through the events in their order: each goes on where the one before it ended, at the
price of its own cell. What its tiers cost has no fees and no packages, which would be nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from billing.rating.models.base import (
    CannotRate,
    Caution,
    CumulativeUsage,
    Priced,
    PricedPart,
    require_no_negative,
)
from billing.rating.models.matrix import Matrix, PriceModel
from billing.rating.models.simple import PerUnit
from billing.rating.models.tiers import Graduated, has_packages, has_tier_fees
from billing.rating.reading import Fields


@dataclass(frozen=True)
class MatrixOverAll:
    """The prices of `matrix`, their tiers reached by the usage of all its values together."""

    matrix: Matrix

    name: ClassVar[str] = "matrix"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = True

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the parts of each event, in their order.

        Raises: CannotRate where an event has no cell, or takes back more than there was.
        """
        require_no_negative(span, self.name)
        parts, level = list[PricedPart](), span.before
        for number, event in enumerate(span.events, start=span.events_before + 1):
            cell = self.matrix.cell(event.dimensions or {})
            reached = level + Fraction(event.quantity)
            if reached < 0:
                detail = f"Event {event.id or number} takes back more than there was."
                raise CannotRate(detail, field="events")
            priced = cell.model.between(
                CumulativeUsage(level, reached, is_first=False, owes_fees=False)
            )
            told = {"cell": dict(cell.match)}
            parts += [part._replace(row=number, told=told) for part in priced.parts]
            level = reached
        return Priced(tuple(parts), span.after - span.before)

    def review(self) -> Iterator[Caution]:
        """Name what the matrix names."""
        return self.matrix.review()


def read_over_all(fields: Fields, matrix: PriceModel) -> PriceModel:
    """Read {"tiers_count": "each" | "all"} of a matrix."""
    if fields.choice("tiers_count", ["each", "all"], default="each") == "each":
        return matrix
    assert isinstance(matrix, Matrix)
    if any(not _is_countable(cell.model) for cell in matrix.cells):
        detail = (
            "Tiers are counted over all values where every cell has a unit price or a graduated "
            "price, without fees or packages."
        )
        fields.problem("tiers_count", "not_applicable", detail)
    return MatrixOverAll(matrix)


def _is_countable(model: object) -> bool:
    is_plain = isinstance(model, PerUnit | Graduated)
    return is_plain and not (has_tier_fees(model) or has_packages(model))
