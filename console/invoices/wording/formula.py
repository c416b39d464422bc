"""The formula of a charge with its numbers filled in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.rating import Explanation
from console.invoices.wording.steps import PartRow, ToldCharge
from console.shell.numbers import money, number

PARTS_SPELT_OUT = 4

_SHARE_UNITS = {"second": "s", "day": "days", "thirty_day_month": "days of 30-day months"}


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of the formula: a figure, a sign between figures, or the result."""

    text: str
    kind: str = "figure"


def formula(explanation: Explanation, told: ToldCharge, currency: str) -> list[Term]:
    """From what was measured to what is charged, left to right."""
    terms = [*_base(told), *_modifiers(explanation, currency)]
    if [term.text for term in terms] == [told.amount]:
        return [Term(told.amount, "result")]
    terms.append(_sign("="))
    if told.moved_by:
        terms += [Term(told.exact), _sign("rounded to")]
    return [*terms, Term(told.amount, "result")]


def _base(told: ToldCharge) -> Iterator[Term]:
    is_plain = len(told.parts) == 1 and not told.parts[0].fee and not told.included
    if told.conversion and is_plain:
        # One part: the measured quantity itself goes into the formula.
        yield Term(told.measured)
        sign, _, rest = told.conversion.factor.partition(" ")
        yield _sign(sign)
        yield Term(f"{rest} ({told.conversion.meaning})" if told.conversion.meaning else rest)
        yield _sign("×")
        yield Term(told.parts[0].unit_price or "no charge")
    elif len(told.parts) > PARTS_SPELT_OUT:
        yield Term(f"the sum of {len(told.parts)} rows of the price")
    else:
        yield from _parts(told.parts)


def _parts(parts: Sequence[PartRow]) -> Iterator[Term]:
    for index, part in enumerate(parts):
        if index:
            yield _sign("+")
        if part.unit_price:
            yield Term(part.quantity)
            yield _sign("×")
            yield Term(part.unit_price)
            if part.fee:
                yield _sign("+")
        if part.fee:
            yield Term(part.fee)
        elif not part.unit_price:
            yield Term(f"{part.quantity} at no charge")


def _modifiers(explanation: Explanation, currency: str) -> Iterator[Term]:
    for step in explanation.steps:
        yield from _modifier(step, currency)


def _modifier(step: Mapping[str, Any], currency: str) -> Iterator[Term]:
    match step["step"]:
        case "proration":
            unit = _SHARE_UNITS[step["by"]]
            yield _sign("×")
            yield Term(f"{number(step['part'])} of {number(step['whole'])} {unit}")
        case "percentage_discount":
            yield Term(f"{number(step['percent'])} % off {money(step['base'], currency)}")
        case "fixed_discount":
            yield Term(f"{money(step['discount'], currency)} off")
        case "maximum" | "minimum":
            bound = "at most" if step["step"] == "maximum" else "at least"
            yield Term(f"{bound} {money(step['limit'], currency)} per {step['per']}")


def _sign(text: str) -> Term:
    return Term(text, "sign")
