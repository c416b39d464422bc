"""What is read of a part without its effects: enough to word it, to open it, and to keep it.

A part of a large account is made of thousands of effects. Its summary says of all of them what can
be said in a few values, and holds the largest. It travels as plain JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.bill_change.grouping import BillPart
from billing.invoicing.bill_change.parts import ChangeEffect, LineOnBill
from billing.invoicing.bill_change.taxes import TaxOnBill

EFFECTS_KEPT: Final = 200
"""The largest effects of a part, and the lines of each side of one."""

FOLLOWS: Final = frozenset({ChangeKind.DISCOUNT, ChangeKind.TAX_BASE})
"""What grows and shrinks with the lines, and is no reason by itself."""


@dataclass(frozen=True, slots=True)
class SideOfChange:
    """A line or a tax of one of the bills, in minor units; a tax has a rate and no position."""

    text: str
    minor: int
    position: int = 0
    rate: Fraction | None = None
    base_minor: int = 0


@dataclass(frozen=True, slots=True)
class EffectSummary:
    """What moved, its lines before and after, and what this made in minor units."""

    title: str
    group: str
    minor: int
    before: Sequence[SideOfChange]
    after: Sequence[SideOfChange]


@dataclass(frozen=True, slots=True)
class TaxRates:
    """The rates of a tax on both bills, each once and in order."""

    name: str
    before: Sequence[Fraction]
    after: Sequence[Fraction]


@dataclass(frozen=True, slots=True)
class PartAbout:
    """What all effects of a part have in common.

    `app` is the first of `apps` that it is about. `quantities` and `unit_prices` are those before
    and after, None where there is not one unit, or one price, for all.
    """

    apps: int = 0
    app: str = ""
    unit: str = ""
    quantities: tuple[Decimal, Decimal] | None = None
    unit_prices: tuple[Decimal, Decimal] | None = None
    texts: tuple[Sequence[str], Sequence[str]] = ((), ())
    rates: Sequence[TaxRates] = ()


@dataclass(frozen=True, slots=True)
class PartSummary:
    """A part: what it made in minor units, what it is about, and its largest effects.

    `more` effects are left out, and come to `rest_minor`. `lines` are the positions of all of its
    lines on the bill before and the one after.
    """

    kind: ChangeKind
    name: str
    minor: int
    about: PartAbout
    effects: Sequence[EffectSummary] = ()
    more: int = 0
    rest_minor: int = 0
    lines: tuple[Sequence[int], Sequence[int]] = ((), ())

    @property
    def id(self) -> str:
        """What an address names it by."""
        return part_id(self.kind, self.name)


def part_id(kind: str, name: str) -> str:
    """What an address names a part by."""
    return f"{kind}:{name}" if name else str(kind)


@dataclass(frozen=True, slots=True)
class OtherParts:
    """The parts that are not told singly: how many, of which kinds, and what they come to."""

    count: int = 0
    minor: int = 0
    kinds: Sequence[ChangeKind] = ()


def largest(parts: Sequence[BillPart], most: int) -> list[int]:
    """The places of the parts that are told singly, in their order: all, or the `most` largest."""
    if len(parts) <= most + 1:
        return list(range(len(parts)))
    by_size = sorted(range(len(parts)), key=lambda place: (-abs(parts[place].minor), place))
    return sorted(by_size[:most])


def others(parts: Sequence[BillPart], shown: Sequence[int]) -> OtherParts:
    """Those that are not among the shown."""
    left = [part for place, part in enumerate(parts) if place not in set(shown)]
    kinds = list(dict.fromkeys(part.kind for part in left))
    return OtherParts(len(left), sum(part.minor for part in left), kinds)


def summary_of(part: BillPart) -> PartSummary:
    """A part in what is read of it."""
    effects = sorted(part.effects, key=lambda effect: -abs(effect.cause.minor))
    rest = effects[EFFECTS_KEPT:]
    return PartSummary(
        kind=part.kind,
        name=part.name,
        minor=part.minor,
        about=_about(part),
        effects=[_effect(effect) for effect in effects[:EFFECTS_KEPT]],
        more=len(rest),
        rest_minor=sum(effect.cause.minor for effect in rest),
        lines=(
            _positions(line for effect in part.effects for line in effect.before),
            _positions(line for effect in part.effects for line in effect.after),
        ),
    )


def _positions(lines: Iterable[LineOnBill]) -> list[int]:
    return sorted({line.position for line in lines})


def _about(part: BillPart) -> PartAbout:
    apps = sorted({effect.group for effect in part.effects} - {"", part.name})
    before = _own([line for effect in part.effects for line in effect.before])
    after = _own([line for effect in part.effects for line in effect.after])
    units = {line.unit for line in (*before, *after)}
    swapped = part.kind is ChangeKind.SWAPPED
    return PartAbout(
        apps=len(apps),
        app=apps[0] if apps else "",
        unit=next(iter(units)) if len(units) == 1 else "",
        quantities=(_quantity(before), _quantity(after)) if len(units) == 1 else None,
        unit_prices=_unit_prices(before, after),
        texts=(_texts(before), _texts(after)) if swapped else ((), ()),
        rates=[
            TaxRates(effect.name, _rates(effect.taxes.before), _rates(effect.taxes.after))
            for effect in part.effects
            if effect.taxes
        ],
    )


def _own(lines: Sequence[LineOnBill]) -> list[LineOnBill]:
    """The lines of charges themselves, without those that adjust them."""
    return [line for line in lines if "/" not in line.key]


def _quantity(lines: Sequence[LineOnBill]) -> Decimal:
    return sum((line.quantity for line in lines), Decimal(0))


def _unit_prices(
    before: Sequence[LineOnBill], after: Sequence[LineOnBill]
) -> tuple[Decimal, Decimal] | None:
    old, new = ({line.unit_price for line in side} for side in (before, after))
    if len(old) != 1 or len(new) != 1:
        return None
    (then,), (now,) = old, new
    return None if then is None or now is None else (then, now)


def _texts(lines: Sequence[LineOnBill]) -> list[str]:
    return sorted({line.text for line in lines})


def _rates(taxes: Sequence[TaxOnBill]) -> list[Fraction]:
    return sorted({tax.rate for tax in taxes})


def _effect(effect: ChangeEffect) -> EffectSummary:
    own = _own([*effect.after, *effect.before])
    sides = [_lines(lines) for lines in (effect.before, effect.after)]
    if effect.taxes is not None:
        sides = [_taxes(taxes) for taxes in (effect.taxes.before, effect.taxes.after)]
    return EffectSummary(
        title=own[0].text if own else effect.name,
        group=effect.group,
        minor=effect.cause.minor,
        before=sides[0],
        after=sides[1],
    )


def _lines(lines: Sequence[LineOnBill]) -> list[SideOfChange]:
    return [SideOfChange(line.text, line.minor, line.position) for line in lines[:EFFECTS_KEPT]]


def _taxes(taxes: Sequence[TaxOnBill]) -> list[SideOfChange]:
    return [
        SideOfChange(
            tax.name or tax.jurisdiction, tax.tax_minor, rate=tax.rate, base_minor=tax.base_minor
        )
        for tax in taxes
    ]


# As plain JSON


def about_document(about: PartAbout) -> dict[str, Any]:
    """What a part is about, as plain JSON."""
    return {
        "apps": about.apps,
        "app": about.app,
        "unit": about.unit,
        "quantities": _pair(about.quantities),
        "unit_prices": _pair(about.unit_prices),
        "texts": [list(side) for side in about.texts],
        "rates": [
            [each.name, *([str(rate) for rate in side] for side in (each.before, each.after))]
            for each in about.rates
        ],
    }


def _pair(values: tuple[Decimal, Decimal] | None) -> list[str] | None:
    return None if values is None else [str(value) for value in values]


def read_about(document: Mapping[str, Any]) -> PartAbout:
    """The same back from its JSON."""
    before, after = document["texts"]
    return PartAbout(
        apps=document["apps"],
        app=document["app"],
        unit=document["unit"],
        quantities=_read_pair(document["quantities"]),
        unit_prices=_read_pair(document["unit_prices"]),
        texts=(before, after),
        rates=[
            TaxRates(name, [Fraction(rate) for rate in then], [Fraction(rate) for rate in now])
            for name, then, now in document["rates"]
        ],
    )


def _read_pair(values: Sequence[str] | None) -> tuple[Decimal, Decimal] | None:
    return None if values is None else (Decimal(values[0]), Decimal(values[1]))


def effects_document(effects: Sequence[EffectSummary]) -> list[list[Any]]:
    """Effects as plain JSON."""
    return [
        [each.title, each.group, each.minor, _sides(each.before), _sides(each.after)]
        for each in effects
    ]


def _sides(sides: Sequence[SideOfChange]) -> list[list[Any]]:
    return [
        [side.text, side.minor, side.position]
        + ([] if side.rate is None else [str(side.rate), side.base_minor])
        for side in sides
    ]


def read_effects(document: Sequence[Sequence[Any]]) -> list[EffectSummary]:
    """The same back from their JSON."""
    return [
        EffectSummary(title, group, minor, _read_sides(before), _read_sides(after))
        for title, group, minor, before, after in document
    ]


def _read_sides(document: Sequence[Sequence[Any]]) -> list[SideOfChange]:
    return [
        SideOfChange(text, minor, position, *((Fraction(more[0]), more[1]) if more else ()))
        for text, minor, position, *more in document
    ]
