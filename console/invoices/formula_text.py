"""The formula of a charge with its numbers filled in, and in words for a customer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.rating import Explanation
from console.invoices.explain_text import PartRow, Told
from console.shell.formats import NO_BREAK_SPACE
from console.shell.numbers import money, number

PARTS_SPELT_OUT = 4

_SHARE_UNITS = {"second": "s", "day": "days", "thirty_day_month": "days of 30-day months"}


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of the formula: a figure, a sign between figures, or the result."""

    text: str
    kind: str = "figure"


def formula(explanation: Explanation, told: Told, currency: str) -> list[Term]:
    """From what was measured to what is charged, left to right."""
    terms = [*_base(told), *_modifiers(explanation, currency)]
    if [term.text for term in terms] == [told.amount]:
        return [Term(told.amount, "result")]
    terms.append(_sign("="))
    if told.moved_by:
        terms += [Term(told.exact), _sign("rounded to")]
    return [*terms, Term(told.amount, "result")]


def customer_words(told: Told, *, title: str, period: str) -> str:
    """The explanation to paste into a reply: no ids, no jargon of ours."""
    text = "\n".join([f"{title}, {period}: {told.amount}", "", *_sentences(told)])
    # It will be wrapped by somebody else's mail program.
    return text.replace(NO_BREAK_SPACE, " ")


def _base(told: Told) -> Iterator[Term]:
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


def _sentences(told: Told) -> Iterator[str]:
    if told.conversion:
        factor = told.conversion.factor.replace("÷", "divided by").replace("×", "times")
        meaning = f" ({told.conversion.meaning})" if told.conversion.meaning else ""
        result = told.conversion.result
        yield f"We measured {told.measured}: {factor}{meaning}, that is {result}."
    elif told.measured:
        yield f"We measured {told.measured}."
    if told.included:
        yield f"Of these, {told.included}."
    for part in told.parts:
        yield _part_sentence(part)
    yield from told.modifiers
    if told.moved_by:
        yield f"{told.exact} is rounded to {told.amount}."


def _part_sentence(part: PartRow) -> str:
    where = f"For {part.of}: " if part.of else ""
    beyond = where + (f"Beyond {part.start}: " if part.start else "")
    if part.unit_price and part.fee:
        return f"{beyond}{part.quantity} × {part.unit_price} + {part.fee} = {part.amount}."
    if part.unit_price:
        return f"{beyond}{part.quantity} × {part.unit_price} = {part.amount}."
    if part.fee:
        return f"{beyond}The price is {part.fee}."
    return f"{beyond}{part.quantity} cost nothing."


def _sign(text: str) -> Term:
    return Term(text, "sign")
