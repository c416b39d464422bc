"""What a most and a least make of what lines come to, on the first part of a period and later ones.

Owns the arithmetic only, in minor units of the currency: what `limits` does to charges, `account`
to an account and `all_charges` to the charges of a subscription. A part comes to what all of the
period comes to so far, less what was billed.
"""

from __future__ import annotations

from fractions import Fraction

from billing.rating.models.base import ZERO
from core.money import round_half_up


def limited(total: Fraction, most: Fraction | None, least: Fraction | None) -> Fraction:
    """Return a total between two limits, the least looked at last; the most holds for the size of a
    credit too.
    """
    capped = total if most is None else max(-most, min(total, most))
    return capped if least is None else max(capped, least)


def cut_by(most: Fraction, uncut: Fraction, before: Fraction, posted: Fraction) -> Fraction:
    """Return what a most takes off the lines of a part (below 0) or gives back (above 0).

    Earlier parts came to `before`, and without the limit to `uncut`. What is due is between nothing
    and what the lines come to: a limit that shrank since refunds nothing.
    """
    due = limited(uncut + posted, most, None) - before
    return max(min(due, max(posted, ZERO)), min(posted, ZERO)) - posted


def lift_by(
    least: Fraction | None, before: Fraction, posted: Fraction, lifted: Fraction = ZERO
) -> Fraction:
    """Return what a least adds to the lines of a part, or takes back of what it `lifted` before.

    None: a later part follows, so nothing is due yet. `before` is what earlier parts came to
    without being lifted. What of an earlier lift was finer than a minor unit is left to nobody.
    """
    missing = ZERO if least is None else max(least - before - posted, ZERO)
    return round_half_up(missing) - lifted if lifted else missing
