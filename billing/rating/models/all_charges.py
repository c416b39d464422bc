"""No price of its own: the least or the most that all charges of a subscription cost together.

Owns the name only. What the charges come to, and what lifts or cuts it, is in
`billing.rating.all_charges`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from billing.rating.models.base import ZERO, Caution, CumulativeUsage, Priced


@dataclass(frozen=True, slots=True)
class AllCharges:
    """Bills nothing by itself; the price's minimum and maximum are over other charges."""

    name: ClassVar[str] = "all_charges"
    kind: ClassVar[str] = "limit"
    is_final_only: ClassVar[bool] = False
    takes_events: ClassVar[bool] = False

    def between(self, span: CumulativeUsage) -> Priced:
        """Return nothing, whatever was used."""
        return Priced((), ZERO)

    def review(self) -> Iterator[Caution]:
        """It says nothing that could be meant otherwise."""
        return iter(())
