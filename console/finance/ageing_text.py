"""The columns of an ageing table, in words and money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billing.receivables.queries.ageing import BUCKETS, FREE, NOT_DUE, OVER, AgeingRow
from core.money import Money

NAMES: Final = {
    NOT_DUE: "Not yet due",
    "1_30": "1–30 days",
    "31_60": "31–60 days",
    "61_90": "61–90 days",
    OVER: "Over 90 days",
    FREE: "Free with us",
}


@dataclass(frozen=True, slots=True)
class AgedColumn:
    """One bucket of a row."""

    name: str
    amount: Money

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing in it."""
        return not self.amount


def aged_columns(row: AgeingRow) -> Sequence[AgedColumn]:
    """The buckets of a row, in their order."""
    return [AgedColumn(NAMES[bucket], row.amount(bucket)) for bucket in BUCKETS]
