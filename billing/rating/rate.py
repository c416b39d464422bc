"""Rating many charges of an account at once.

Owns which way a charge goes: common prices in integers, everything else step by step, limits over
the charges that share them. The result does not depend on the way.
"""

from __future__ import annotations

from collections.abc import Iterable

from billing.rating.charges import Charge, RatedLine
from billing.rating.limits import Rated, apply_limits
from billing.rating.pipeline import rate_slowly


def rate(charges: Iterable[Charge]) -> list[RatedLine]:
    """Rate charges of one account and period; the lines stand in the order of the charges.

    A charge gives its usage or fee line, then what its price adds: overage, true-up, discounts,
    cap. A split that is not the last may give none. Charges with the same compiled price share its
    limits per resource and account.

    Raises: CannotRate for usage its price cannot price; nothing is skipped or priced at zero.
    """
    lines: list[RatedLine] = []
    limited: list[tuple[int, Rated]] = []
    for charge in charges:
        if charge.detail is None and charge.price.fast is not None:
            line = charge.price.fast(charge)
            if line is not None:
                lines.append(line)
                continue
        own = rate_slowly(charge)
        if charge.price.price.has_limits:
            limited.append((len(lines), Rated(charge, own)))
        else:
            lines.extend(own)
    if not limited:
        return lines
    apply_limits(rated for _, rated in limited)
    merged, done = [], 0
    for position, rated in limited:
        merged += [*lines[done:position], *rated.lines]
        done = position
    return merged + lines[done:]
