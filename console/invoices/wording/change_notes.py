"""The few words below a part of a change: where, how much, from which price to which."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from billing.invoicing.bill_change.summaries import PartSummary
from console.shell import formats
from core.money import Money


def where(part: PartSummary) -> str:
    """Which app a part is about, or how many; empty for what is of the whole account."""
    about = part.about
    if not about.apps:
        return ""
    return f"on {about.app}" if about.apps == 1 else f"on {about.apps} apps"


def quantities(part: PartSummary) -> str:
    """What was used before and now, where all of it is counted in one unit."""
    about = part.about
    if about.quantities is None:
        return ""
    before, now = (formats.quantity_text(each, about.unit) for each in about.quantities)
    return f"{now} after {before}"


def prices(part: PartSummary, currency: str) -> str:
    """The one price before and the one now, where there is one."""
    found = part.about.unit_prices
    if found is None or found[0] == found[1]:
        return where(part)
    old, new = (formats.money_text(Money(price, currency)) for price in found)
    return f"from {old} to {new}"


def swapped(part: PartSummary) -> str:
    """What there is instead of what."""
    before, now = part.about.texts
    return f"{joined(now)} instead of {joined(before)}"


def percents(part: PartSummary) -> str:
    """Of which rates a tax is, where it is one."""
    rates = {rate for each in part.about.rates for rate in (*each.before, *each.after)}
    if len(rates) != 1:
        return ""
    return f"{percent(rates.pop())} %, "


def rates(part: PartSummary) -> str:
    """From which rates to which, tax by tax."""
    told = []
    for each in part.about.rates:
        before, now = (
            joined(sorted(percent(rate) for rate in side)) or "0"
            for side in (each.before, each.after)
        )
        told.append(f"{each.name} from {before} % to {now} %")
    return joined(told)


def percent(rate: Fraction) -> str:
    """A rate in per cent: 19 for 0.19."""
    share = rate * 100
    return formats.decimal_text(Decimal(share.numerator) / Decimal(share.denominator))


def joined(words: Sequence[str]) -> str:
    """Words as a sentence lists what is all of it: one, two and three."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
