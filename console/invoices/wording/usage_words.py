"""A charge for use in words for the customer: how much, what of it is included, then the sums.

Prices that are said per million of something are told in the something itself, because that is
what people count: "234,567 × $0.20 per 1,000". Charges for time are told by plain_words. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.rating import Explanation
from billing.rating.exact import number_text
from console.invoices.wording.steps import PERIOD_LENGTHS, ToldCharge
from console.shell.formats import NO_BREAK_SPACE
from console.shell.numbers import money, number, readable, with_unit

ONE_SENTENCE = 2


@dataclass(frozen=True, slots=True)
class CountedIn:
    """What a customer counts in: so many of `unit` are one of what the price is for."""

    unit: str
    each: Fraction
    currency: str

    @property
    def per(self) -> str:
        """What follows a price: per 1,000."""
        return f" per {number(number_text(self.each))}" if self.each != 1 else ""

    def bare(self, priced: str) -> str:
        """A number of priced units in the customer's, without saying what they are."""
        return number(number_text(Fraction(priced) * self.each))

    def said(self, priced: str) -> str:
        """The same with what they are."""
        return with_unit(number_text(Fraction(priced) * self.each), self.unit)


def usage_words(
    explanation: Explanation,
    told: ToldCharge,
    *,
    title: str,
    period: str,
    counted: CountedIn,
) -> str:
    """The explanation to paste into a reply: no ids, no jargon of ours."""
    sentences = list(_used(explanation, told, counted))
    paid = [row for row in told.rows if Fraction(row["amount"])]
    adjustments = list(_adjustments(explanation, told, counted.currency))
    if len(paid) > 1 or adjustments or not sentences:
        rounded = f"{told.exact}, rounded to {told.amount}" if told.moved_by else told.amount
        in_all = "Together" if explanation.is_priced else "This line is"
        sentences += [*adjustments, f"{in_all} {rounded}."]
    elif told.moved_by:
        sentences[-1] = f"{sentences[-1][:-1]}, rounded to {told.amount}."
    text = "\n".join([f"{title}, {period}: {told.amount}", "", *sentences])
    # It will be wrapped by somebody else's mail program.
    return text.replace(NO_BREAK_SPACE, " ")


def counted_in(
    explanation: Explanation, told: ToldCharge, *, unit: str, meter_unit: str, currency: str
) -> CountedIn:
    """What was measured, where the price is for a round number of it; else what is priced."""
    step = explanation.step("conversion")
    each = 1 / Fraction(step["factor"]) if step and Fraction(step["factor"]) else Fraction(1)
    is_round = step is not None and each.denominator == 1 and "rounding" not in step
    if is_round and told.conversion and told.conversion.meaning not in PERIOD_LENGTHS.values():
        return CountedIn(meter_unit, each, currency)
    return CountedIn(unit, Fraction(1), currency)


def _used(explanation: Explanation, told: ToldCharge, counted: CountedIn) -> Iterator[str]:
    """How much there was, what of it is included, and what the rest comes to."""
    price = explanation.step("price")
    if price is None:
        yield from [f"We measured {told.measured}."] if told.measured else []
        return
    rows = told.rows
    if price["model"] == "flat":
        fee = money(rows[0]["amount"], counted.currency) if rows else "nothing"
        yield f"The price is {fee}."
        return
    lead = _lead(explanation, told, counted)
    already = explanation.inputs.get("already_billed")
    if already and Decimal(already["quantity"]):
        yield f"Of this period, {number(already['quantity'])} were billed before."
    clauses = [*_included(explanation, counted), *_clauses(rows, counted)]
    if len(clauses) <= ONE_SENTENCE:
        yield f"{lead}: {', '.join(clauses)}." if clauses else f"{lead}."
        return
    yield f"{lead}:"
    yield from (f"{_capital(clause)}." for clause in clauses)


def _lead(explanation: Explanation, told: ToldCharge, counted: CountedIn) -> str:
    if told.conversion and counted.each == 1:
        factor = told.conversion.factor.replace("÷", "divided by").replace("×", "times")
        meaning = f" ({told.conversion.meaning})" if told.conversion.meaning else ""
        return f"{told.measured}, {factor}{meaning}, is {told.conversion.result}"
    if told.measured:
        return told.measured
    events = len(explanation.inputs.get("events", ()))
    return f"{number(str(events))} event{'' if events == 1 else 's'}"


def _included(explanation: Explanation, counted: CountedIn) -> Iterator[str]:
    step = explanation.step("allowance")
    if step is None:
        return
    used, of = step["used"], step["included"]
    part = counted.bare(used) if used == of else f"{counted.bare(used)} of {counted.bare(of)}"
    yield f"{part} {_are(used, counted)} included"
    if not Fraction(step["billed"]):
        yield "nothing is left to pay"


def _clauses(rows: Sequence[Mapping[str, Any]], counted: CountedIn) -> Iterator[str]:
    is_tiered = len(rows) > 1 and not any("cell" in row for row in rows)
    for index, row in enumerate(rows):
        if not Fraction(row["quantity"]) and not Fraction(row["amount"]):
            continue
        sold = _sold(row, counted)
        if is_tiered and not index and "from" not in row:
            sold = f"the first {sold}"
        elif "from" in row and not (is_tiered and index):
            sold = f"{sold} beyond {counted.bare(row['from'])}"
        elif is_tiered and len(rows) > ONE_SENTENCE:
            sold = f"the next {sold}"
        free = "included" if is_tiered else "free"
        yield _cell(row) + _priced(row, sold, counted, free)


def _priced(row: Mapping[str, Any], sold: str, counted: CountedIn, free: str) -> str:
    fee = money(row["fee"], counted.currency) if "fee" in row else ""
    if "unit_price" in row:
        price = money(row["unit_price"], counted.currency)
        per = "" if "size" in row else counted.per
        amount = money(row["amount"], counted.currency)
        return f"{sold} × {price}{per}{f' + {fee}' if fee else ''} = {amount}"
    return f"{sold} for {fee}" if fee else f"{sold} {_are(row['quantity'], counted)} {free}"


def _cell(row: Mapping[str, Any]) -> str:
    if "cell" not in row:
        return ""
    named = ", ".join(f"{name} {value}" for name, value in row["cell"].items())
    return f"{named or 'everything else'}: "


def _sold(row: Mapping[str, Any], counted: CountedIn) -> str:
    if "size" not in row:
        return counted.bare(row["quantity"])
    packages = "package" if row["quantity"] == "1" else "packages"
    return f"{number(row['quantity'])} {packages} of {counted.said(row['size'])}"


def _are(quantity: str, counted: CountedIn) -> str:
    return "is" if Fraction(quantity) * counted.each == 1 else "are"


def _adjustments(explanation: Explanation, told: ToldCharge, currency: str) -> Iterator[str]:
    worded = {"percentage_discount", "fixed_discount", "maximum", "minimum"}
    steps = [step for step in explanation.steps if step["step"] in worded]
    if len(steps) != len(told.modifiers):
        # Something else is among them, and they are told in one order.
        yield from told.modifiers
        return
    for step in steps:
        yield _adjustment(step, currency)


def _adjustment(step: Mapping[str, Any], currency: str) -> str:
    match step["step"]:
        case "percentage_discount":
            return (
                f"{_capital(step['name'])}: {number(step['percent'])} % off "
                f"{money(step['base'], currency)}."
            )
        case "fixed_discount":
            return f"{_capital(step['name'])}: {money(step['discount'], currency)} off."
    bound = "at most" if step["step"] == "maximum" else "at least"
    limit, lines = money(step["limit"], currency), money(step["lines"], currency)
    if step["per"] == "subscription":
        return f"All charges of the plan come to {lines}, and {bound} {limit} is due for them."
    return f"It comes to {lines}, and {bound} {limit} is due per {readable(step['per'])}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
