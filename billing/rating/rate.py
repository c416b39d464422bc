"""Rating many charges of an account at once.

Owns which way a charge goes: common prices in integers, everything else step by step, limits over
the charges that share them. The result does not depend on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from billing.rating.all_charges import limit_lines
from billing.rating.charges import Charge, RatedLine
from billing.rating.history import with_history
from billing.rating.limits import Rated, apply_limits
from billing.rating.pipeline import discounted, rate_slowly


def rate(charges: Iterable[Charge]) -> list[RatedLine]:
    """Rate charges of one account and period; the lines stand in the order of the charges.

    A charge gives its usage or fee line, then what its price adds: overage, true-up, discounts,
    cap. A split that is not the last may give none. Charges with the same compiled price share its
    limits per resource and account. What limits all charges of a subscription comes last.

    Raises: CannotRate for usage its price cannot price; nothing is skipped or priced at zero.
    """
    lines: list[RatedLine] = []
    limited: list[tuple[int, Rated]] = []
    limiting: list[Charge] = []
    given = _with_history(charges)
    for charge in given:
        compiled = charge.price
        line = compiled.fast(charge) if compiled.fast is not None else None
        if line is None and compiled.price.limits_all:
            limiting.append(charge)
            continue
        if line is None:
            own = rate_slowly(charge)
        elif compiled.is_plain:
            lines.append(line)
            continue
        else:
            own = discounted(charge, [line])
        if _is_limited(charge, own):
            limited.append((len(lines), Rated(charge, own)))
        else:
            lines += own
    if limited:
        lines = _with_limits(lines, limited)
    return [*lines, *limit_lines(limiting, given, lines)] if limiting else lines


def _with_history(charges: Iterable[Charge]) -> Sequence[Charge]:
    """Return the charges as they are, unless one of them follows another split."""
    given = charges if isinstance(charges, Sequence) else list(charges)
    is_later = any(charge.detail is not None and charge.detail.already for charge in given)
    return with_history(given) if is_later else given


def _is_limited(charge: Charge, own: list[RatedLine]) -> bool:
    """Say whether a limit may bind a charge, alone or with others."""
    compiled = charge.price
    if not compiled.price.has_limits or (charge.detail and charge.detail.only_takes_back):
        return False
    if compiled.bounds is None or charge.detail is not None:
        return True
    least, most = compiled.bounds
    return not least <= sum(line.amount_minor for line in own) <= most


def _with_limits(lines: list[RatedLine], limited: list[tuple[int, Rated]]) -> list[RatedLine]:
    apply_limits(rated for _, rated in limited)
    merged: list[RatedLine] = []
    done = 0
    for position, rated in limited:
        merged += [*lines[done:position], *rated.lines]
        done = position
    return merged + lines[done:]
