"""What tax groups come to, in minor units: each rounded once, on the sum of its posted lines. Pure.

Where prices have the tax in them, it is taken out of the group's gross amount, and the net is the
rest: so net and tax always add up to the prices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from billing.invoicing.tax import TaxGroup, TaxRounding
from core.money import round_half_up


def rounded(exact: Fraction, rounding: TaxRounding) -> int:
    """An exact tax in minor units as the jurisdiction rounds it; a credit mirrors its charge."""
    match rounding:
        case TaxRounding.HALF_UP:
            return round_half_up(exact)
        case TaxRounding.HALF_EVEN:
            return round(exact)
        case TaxRounding.DOWN:
            return int(exact)
        case TaxRounding.UP:
            return -floor(-exact) if exact > 0 else floor(exact)


def tax_on(base_minor: int, rate: Decimal, rounding: TaxRounding) -> int:
    """The tax on an amount before tax; `rate` is a share."""
    return rounded(Fraction(rate) * base_minor, rounding)


def tax_within(gross_minor: int, rate: Decimal, rounding: TaxRounding) -> int:
    """The tax that an amount has in it; `rate` is a share of what it comes to before tax."""
    return rounded(gross_minor * Fraction(rate) / (1 + Fraction(rate)), rounding)


@dataclass(frozen=True, slots=True)
class GroupTax:
    """What a group comes to, in minor units."""

    group: TaxGroup
    base_minor: int
    tax_minor: int


def taxes_of(lines: Iterable[tuple[TaxGroup, int]]) -> list[GroupTax]:
    """The tax of each group on the sum of its posted amounts, in order of their keys."""
    groups: dict[str, TaxGroup] = {}
    sums: dict[str, int] = {}
    for group, minor in lines:
        groups.setdefault(group.key, group)
        sums[group.key] = sums.get(group.key, 0) + minor
    return [_of_group(groups[key], sums[key]) for key in sorted(groups)]


def _of_group(group: TaxGroup, minor: int) -> GroupTax:
    if group.is_included:
        tax = tax_within(minor, group.rate, group.rounding)
        return GroupTax(group, minor - tax, tax)
    return GroupTax(group, minor, tax_on(minor, group.rate, group.rounding))


def before_tax(lines: Sequence[tuple[str, int, bool]]) -> list[int]:
    """What lines come to before tax: each is of a group, its posted amount, and whether it takes
    included tax out, which then is spread over the lines of its group in proportion.
    """
    found = [0 if takes_out else minor for _, minor, takes_out in lines]
    for group in {group for group, _, takes_out in lines if takes_out}:
        own = [n for n, line in enumerate(lines) if line[0] == group and not line[2]]
        gross = sum(found[n] for n in own)
        net = sum(minor for each, minor, _ in lines if each == group)
        exact = [Fraction(found[n] * net, gross) for n in own]
        for position, minor in zip(own, shared(net, exact), strict=True):
            found[position] = minor
    return found


def shared(total_minor: int, exact: Sequence[Fraction]) -> list[int]:
    """A rounded total as parts near their exact shares, which sum to about it; to the penny.

    Each is rounded down, and what is left over goes to the largest remainders, ties to the earlier
    one. Shares may be below 0.
    """
    parts = [floor(each) for each in exact]
    order = sorted(range(len(exact)), key=lambda n: (parts[n] - exact[n], n))
    for position in order[: total_minor - sum(parts)]:
        parts[position] += 1
    assert sum(parts) == total_minor
    return parts
