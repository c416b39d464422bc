"""One part of a change with its lines on both invoices, the largest effects first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billing.invoicing.bill_change.parts import ChangeEffect, LineOnBill
from billing.invoicing.queries.bill_change import InvoiceChange
from console.invoices.wording.change_notes import own_lines, percent
from console.shell.formats import money_text
from core.errors import NotFound
from core.money import Money

SHOWN: Final = 200


class PartNotFound(NotFound):
    """The difference of these invoices has no such part."""

    code = "change_part_not_found"
    title = "No such part"


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


def open_part(change: InvoiceChange, wanted: str) -> OpenedPart:
    """The part of that id. Raises: PartNotFound."""
    part = next((each for each in change.parts if each.id == wanted), None)
    if part is None:
        raise PartNotFound("The two invoices do not differ in this.", field="part")
    currency = change.after.currency
    effects = sorted(part.effects, key=lambda effect: -abs(effect.cause.minor))
    shown, rest = effects[:SHOWN], effects[SHOWN:]
    return OpenedPart(
        id=part.id,
        rows=[_row(effect, currency) for effect in shown],
        delta=Money.from_minor(part.minor, currency),
        more=len(rest),
        rest=Money.from_minor(sum(effect.cause.minor for effect in rest), currency),
    )


def _row(effect: ChangeEffect, currency: str) -> EffectRow:
    own = own_lines([*effect.after, *effect.before])
    sides = [_side(lines, currency) for lines in (effect.before, effect.after)]
    if effect.taxes is not None:
        sides = [
            [
                SideLine(
                    f"{tax.name or tax.jurisdiction} {percent(tax.rate)} % of "
                    f"{money_text(Money.from_minor(tax.base_minor, currency))}",
                    Money.from_minor(tax.tax_minor, currency),
                )
                for tax in taxes
            ]
            for taxes in (effect.taxes.before, effect.taxes.after)
        ]
    return EffectRow(
        title=own[0].text if own else effect.name,
        group=effect.group,
        before=sides[0],
        after=sides[1],
        delta=Money.from_minor(effect.cause.minor, currency),
    )


def _side(lines: Sequence[LineOnBill], currency: str) -> list[SideLine]:
    return [
        SideLine(line.text, Money.from_minor(line.minor, currency), line.position)
        for line in lines[:SHOWN]
    ]
