"""One part of a change with its lines on both invoices, the largest effects first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing.invoicing.bill_change.summaries import EffectSummary, PartSummary, SideOfChange
from console.invoices.wording.change_notes import percent
from console.shell.formats import money_text
from core.money import Money


@dataclass(frozen=True, slots=True)
class SideLine:
    """A line, or a tax, of one of the invoices; `position` is 0 for a tax, which has none."""

    text: str
    amount: Money
    position: int = 0


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What moved, its lines before and now, and by how much this part moved it."""

    title: str
    group: str
    before: Sequence[SideLine]
    after: Sequence[SideLine]
    delta: Money


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """A part with its effects; `more` are not shown, and come to `rest`."""

    id: str
    rows: Sequence[EffectRow]
    delta: Money
    more: int
    rest: Money


def open_part(part: PartSummary, currency: str) -> OpenedPart:
    """A part and what it is made of."""
    return OpenedPart(
        id=part.id,
        rows=[_row(effect, currency) for effect in part.effects],
        delta=Money.from_minor(part.minor, currency),
        more=part.more,
        rest=Money.from_minor(part.rest_minor, currency),
    )


def _row(effect: EffectSummary, currency: str) -> EffectRow:
    return EffectRow(
        title=effect.title,
        group=effect.group,
        before=[_side(each, currency) for each in effect.before],
        after=[_side(each, currency) for each in effect.after],
        delta=Money.from_minor(effect.minor, currency),
    )


def _side(side: SideOfChange, currency: str) -> SideLine:
    amount = Money.from_minor(side.minor, currency)
    if side.rate is None:
        return SideLine(side.text, amount, side.position)
    base = money_text(Money.from_minor(side.base_minor, currency))
    return SideLine(f"{side.text} {percent(side.rate)} % of {base}", amount)
