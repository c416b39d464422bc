"""Rounding and sharing out, in exact fractions."""

from __future__ import annotations

from fractions import Fraction

QUANTITY_DECIMALS, SHOWN_DECIMALS = 18, 7
"""How fine a line shows a quantity that is exact, and one that is not."""


def rounded_to(quantity: Fraction, how: str | None, decimals: int) -> Fraction:
    """Round a converted quantity as its rule says."""
    steps = quantity * Fraction(10) ** decimals
    if how == "up":
        return steps.__ceil__() / Fraction(10) ** decimals
    if how == "down":
        return steps.__floor__() / Fraction(10) ** decimals
    if how == "half_up":
        size = (abs(steps) + Fraction(1, 2)).__floor__() / Fraction(10) ** decimals
        return size if quantity >= 0 else -size
    return quantity


def shown(quantity: Fraction) -> Fraction:
    """Return a quantity as a line shows it: exact to 18 decimals, else rounded half up to 7."""
    if (quantity * 10**QUANTITY_DECIMALS).denominator == 1:
        return quantity
    return rounded_to(quantity, "half_up", SHOWN_DECIMALS)


def spread(total: Fraction, weights: list[Fraction], scale: int) -> list[Fraction]:
    """Share an amount out in whole minor units; odd units go to the largest remainders."""
    units, sign = abs(total * scale), -1 if total < 0 else 1
    exact = [units * weight / sum(weights) for weight in weights]
    parts = [share.__floor__() for share in exact]
    order = sorted(range(len(exact)), key=lambda at: parts[at] - exact[at])
    for at in order[: int(units) - sum(parts)]:
        parts[at] += 1
    return [Fraction(sign * part, scale) for part in parts]
