"""What a meter version says, as a plain value, and which kind of folding its figures need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from usage.expressions import Expression


class Aggregation(StrEnum):
    """How the values of many events become one quantity."""

    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    UNIQUE = "unique"
    LATEST = "latest"
    TIME_WEIGHTED_SUM = "time_weighted_sum"
    PERCENTILE = "percentile"
    BUCKETED_MAX = "bucketed_max"
    DURATION = "duration"


class Bucket(StrEnum):
    """The grain of a bucketed maximum: an hour of the wall clock, or a local day.

    Distinct members in day buckets are member-days: each day counts its own members.
    """

    HOUR = "hour"
    DAY = "day"


FOLDED = frozenset(
    {
        Aggregation.COUNT,
        Aggregation.SUM,
        Aggregation.MIN,
        Aggregation.MAX,
        Aggregation.MEAN,
        Aggregation.TIME_WEIGHTED_SUM,
    }
)
"""Their day figure takes one more event without looking at the others."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One meter version. Periods are half-open; `effective_until` None is open."""

    meter_id: int
    meter_code: str
    version: int
    event_type: str
    aggregation: Aggregation
    value_property: str = "quantity"
    value: Expression | None = None
    filter: Expression | None = None
    dimensions: tuple[str, ...] = ()
    presentation: tuple[str, ...] = ()
    state_key: tuple[str, ...] = ()
    member_property: str = ""
    operation_property: str = ""
    group_property: str = ""
    bucket: Bucket | None = None
    percentile: int = 95
    sample_seconds: int = 300
    carries_over: bool = False
    scale: int = 10
    signed: bool = False
    max_value: Decimal | None = None
    effective_from: datetime | None = None
    effective_until: datetime | None = None

    def reads(self, at: datetime) -> bool:
        """Whether an event of that instant is this version's to read."""
        return (self.effective_from is None or self.effective_from <= at) and (
            self.effective_until is None or at < self.effective_until
        )

    @property
    def is_folded(self) -> bool:
        return self.aggregation in FOLDED

    @property
    def is_state(self) -> bool:
        """Whether its events change a state, whose intervals are the figure."""
        return self.aggregation is Aggregation.DURATION or bool(self.operation_property)


def rule_at(rules: Sequence[Rule], at: datetime) -> Rule | None:
    """The version among those of one meter that reads an event of that instant, or None."""
    for rule in rules:
        if rule.reads(at):
            return rule
    return None
