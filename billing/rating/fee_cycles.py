"""What a price is due for where that is not the billing period: a cycle of its own.

Owns what can be said of it and how it is written down. Which cycle a charge is for is said with the
charge (`Detail.cycle`).
"""

from __future__ import annotations

from dataclasses import dataclass

from billing.rating.reading import Fields
from core.cycles import Cycle, CycleUnit

_STARTS = ("start", "account")
_DUE = ("advance", "arrears")
EVERY_MAX = 366


@dataclass(frozen=True, slots=True)
class FeeCycle:
    """A price is due once in each cycle, when it begins or when it is over.

    Cycles are counted from the day the price was first had or, where they are aligned, from the
    account's billing anchor.
    """

    cycle: Cycle
    is_aligned: bool = False
    is_advance: bool = True


def read_fee_cycle(fields: Fields) -> FeeCycle | None:
    """Read "cycle": a unit, or {"unit", "every", "from", "due"}."""
    if isinstance(fields.raw("cycle"), str):
        return FeeCycle(Cycle(CycleUnit(fields.choice("cycle", list(CycleUnit)))))
    inner = fields.optional_object("cycle")
    if inner is None:
        return None
    unit = CycleUnit(inner.choice("unit", list(CycleUnit)))
    every = inner.integer("every", default=1, at_least=1, at_most=EVERY_MAX)
    starts = inner.choice("from", _STARTS, default="start")
    due = inner.choice("due", _DUE, default="advance")
    inner.close()
    return FeeCycle(Cycle(unit, every), starts == "account", due == "advance")
