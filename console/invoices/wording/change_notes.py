"""The few words below a part of a change: where, how much, from which price to which."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from billing.invoicing.bill_change.grouping import BillPart
from billing.invoicing.bill_change.parts import LineOnBill
from console.shell import formats
from core.money import Money


def where(part: BillPart) -> str:
    """Which app a part is about, or how many; empty for what is of the whole account."""
    groups = sorted({effect.group for effect in part.effects} - {"", part.name})
    if not groups:
        return ""
    return f"on {groups[0]}" if len(groups) == 1 else f"on {len(groups)} apps"


def own_lines(lines: Sequence[LineOnBill]) -> list[LineOnBill]:
    """The lines of charges themselves, without those that adjust them."""
    return [line for line in lines if "/" not in line.key]


def quantities(part: BillPart) -> str:
    """What was used before and now, where all of it is counted in one unit."""
    sides = [
        [line for effect in part.effects for line in own_lines(getattr(effect, side))]
        for side in ("before", "after")
    ]
    units = {line.unit for side in sides for line in side}
    if len(units) != 1:
        return ""
    unit = units.pop()
    before, now = (sum((line.quantity for line in side), Decimal(0)) for side in sides)
    return f"{formats.quantity_text(now, unit)} after {formats.quantity_text(before, unit)}"


def prices(part: BillPart, currency: str) -> str:
    """The one price before and the one now, where there is one."""
    before, now = (
        {line.unit_price for effect in part.effects for line in own_lines(getattr(effect, side))}
        for side in ("before", "after")
    )
    if len(before) != 1 or len(now) != 1 or None in before | now or before == now:
        return where(part)
    old, new = (
        formats.money_text(Money(price, currency))
        for side in (before, now)
        for price in side
        if price is not None
    )
    return f"from {old} to {new}"


def swapped(part: BillPart) -> str:
    """What there is instead of what."""
    before, now = (
        sorted({line.text for effect in part.effects for line in own_lines(getattr(effect, side))})
        for side in ("before", "after")
    )
    return f"{joined(now)} instead of {joined(before)}"


def percents(part: BillPart) -> str:
    """Of which rates a tax is, where it is one."""
    rates = {
        tax.rate
        for effect in part.effects
        if effect.taxes
        for tax in (*effect.taxes.after, *effect.taxes.before)
    }
    if len(rates) != 1:
        return ""
    return f"{percent(rates.pop())} %, "


def rates(part: BillPart) -> str:
    """From which rates to which, tax by tax."""
    told = []
    for effect in part.effects:
        assert effect.taxes is not None
        before, now = (
            joined(sorted({percent(tax.rate) for tax in side})) or "0"
            for side in (effect.taxes.before, effect.taxes.after)
        )
        told.append(f"{effect.name} from {before} % to {now} %")
    return joined(told)


def percent(rate: Fraction) -> str:
    """A rate in per cent: 19 for 0.19."""
    share = rate * 100
    return formats.decimal_text(Decimal(share.numerator) / Decimal(share.denominator))


def joined(words: Sequence[str]) -> str:
    """Words as a sentence lists what is all of it: one, two and three."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
