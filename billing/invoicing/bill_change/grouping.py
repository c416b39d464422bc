"""The effects between two bills as the few parts a person reads, in the order of a bridge.

What is on the lines comes first, what made the bill dearer before what made it cheaper; then
credits, discounts and taxes, which follow from the lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.bill_change.parts import BillToCompare, ChangeEffect, effects_of

_WHOLE: Final = frozenset(
    {
        ChangeKind.DAYS,
        ChangeKind.LIMITS,
        ChangeKind.LATE,
        ChangeKind.DISCOUNT,
        ChangeKind.TAX_BASE,
        ChangeKind.TAX_RATE,
    }
)
"""What is one part, whatever it is about."""

_LAST: Final = (
    ChangeKind.CREDIT,
    ChangeKind.DISCOUNT,
    ChangeKind.TAX_BASE,
    ChangeKind.TAX_RATE,
)


class ToldBy(StrEnum):
    """What parts of one kind are told apart by."""

    PRICE = "price"
    APP = "app"


@dataclass(frozen=True, slots=True)
class BillPart:
    """Effects of one kind on one thing; `name` is the price or the app, empty for a whole kind."""

    kind: ChangeKind
    name: str
    effects: Sequence[ChangeEffect]

    @property
    def minor(self) -> int:
        """What it made, in minor units."""
        return sum(effect.cause.minor for effect in self.effects)

    @property
    def id(self) -> str:
        """What an address names it by."""
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)


def bill_parts(
    before: BillToCompare, after: BillToCompare, *, by: ToldBy = ToldBy.PRICE
) -> list[BillPart]:
    """The parts of the difference; they sum to it, and none is of nothing at all."""
    return grouped_parts(effects_of(before, after), by=by)


def grouped_parts(effects: Iterable[ChangeEffect], *, by: ToldBy = ToldBy.PRICE) -> list[BillPart]:
    """Effects as parts, in the order of a bridge."""
    found: dict[tuple[ChangeKind, str], list[ChangeEffect]] = defaultdict(list)
    for effect in effects:
        found[effect.cause.kind, _name(effect, by)].append(effect)
    parts = [BillPart(kind, name, own) for (kind, name), own in found.items()]
    return sorted(parts, key=_place)


def _name(effect: ChangeEffect, by: ToldBy) -> str:
    kind = effect.cause.kind
    if kind in _WHOLE:
        return ""
    if kind in (ChangeKind.CREDIT, ChangeKind.STATEMENT):
        return effect.name
    if kind is ChangeKind.SWAPPED:
        return effect.group or effect.name
    return effect.group if by is ToldBy.APP else effect.name


def _place(part: BillPart) -> tuple[int, int, str, str]:
    last = _LAST.index(part.kind) + 1 if part.kind in _LAST else 0
    return last, -part.minor, part.kind, part.name
