"""Stored explanations back into steps.

Owns the reading of the two compact forms a line's explanation has: scaled integers, for lines of a
common price, and steps in full. Both give the same steps. Does not word them: see `words`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from billing.rating.charges import INTEGERS, STEPPED
from billing.rating.exact import number_text
from billing.rating.models.base import ZERO, PricedPart
from billing.rating.steps import (
    Step,
    allowance_step,
    conversion_step,
    rounded,
    rows_of,
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was charged, as in a pricing document, and each step from there to the amount."""

    inputs: dict[str, Any]
    steps: list[Step]

    @property
    def measured(self) -> Decimal:
        """The metered quantity that is charged for the first time, told as such or by events."""
        events = [*self.inputs.get("events", ()), *self.inputs.get("units", ())]
        quantity = sum((Decimal(each["quantity"]) for each in events), Decimal(0))
        back = self.inputs.get("taken_back", {}).get("quantity", "0")
        return quantity + Decimal(self.inputs.get("quantity", "0")) - Decimal(back)

    @property
    def is_priced(self) -> bool:
        """Whether the line prices something; one that adjusts others has no quantity."""
        return self.step("price") is not None

    def step(self, name: str) -> Step | None:
        """Return the step of that name, if the line went through it."""
        return next((step for step in self.steps if step["step"] == name), None)


def expand(explanation: Sequence[Any]) -> Explanation:
    """Return the steps of a line's explanation, as rated or as read back from JSON.

    Raises: ValueError for a form this version does not know.
    """
    if explanation[0] == STEPPED:
        return Explanation(dict(explanation[1]), list(explanation[2]))
    if explanation[0] == INTEGERS:
        return _from_integers(*explanation[1:])
    raise ValueError(f"Explanations of form {explanation[0]!r} are not known.")


def measured_of(explanation: Sequence[Any]) -> Decimal:
    """What `expand` gives as measured, without the steps.

    Raises: ValueError for a form this version does not know.
    """
    if explanation[0] != INTEGERS:
        return expand(explanation).measured
    model, raw, (decimals, *_), *_ = explanation[1:]
    return Decimal(0) if model == "flat" else Decimal(raw).scaleb(-decimals, _WIDE)


_WIDE = Context(prec=120)


def _from_integers(
    model: str,
    raw: int,
    header: Sequence[int],
    hits: Sequence[Sequence[int]],
    where: Mapping[str, Any] | None = None,
) -> Explanation:
    decimals, per_unit, steps_per_unit, included_steps, price_scale, exponent = header
    quantity = Fraction(raw, 10**decimals)
    steps: list[Step] = []
    factor = Fraction(per_unit * 10**decimals, steps_per_unit)
    converted = quantity * factor
    if factor != 1:
        steps.append(conversion_step(quantity, factor, converted, "none", 0))
    if included_steps:
        included = Fraction(included_steps, steps_per_unit)
        used = min(max(converted, ZERO), included)
        steps.append(allowance_step(included, used, included - used, converted - used))
    parts = _parts(hits, steps_per_unit, price_scale, is_cumulative=model == "graduated")
    exact = sum((part.amount for part in parts), ZERO)
    price: Step = {"step": "price", "model": model, "rows": rows_of(parts)}
    inputs: dict[str, Any] = {} if model == "flat" else {"quantity": number_text(quantity)}
    if where is not None:
        price["cell"] = dict(where["cell"])
        inputs |= {"dimensions": dict(where["dimensions"])} if where["dimensions"] else {}
    steps += [price | {"amount": number_text(exact)}, rounded(exact, exponent)[1]]
    return Explanation(inputs, steps)


def _parts(
    hits: Sequence[Sequence[int]], steps_per_unit: int, price_scale: int, *, is_cumulative: bool
) -> list[PricedPart]:
    parts, start = [], ZERO
    for row, take, unit_price, fee in hits:
        quantity = Fraction(take, steps_per_unit)
        price = Fraction(unit_price, price_scale)
        parts.append(
            PricedPart(row, start, quantity, price, Fraction(fee, steps_per_unit * price_scale))
        )
        start += quantity if is_cumulative else 0
    return parts
