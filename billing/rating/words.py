"""The steps of a line in plain words, and as four cards.

Owns the sentences a customer reads: quantity, price, rated, rounding, in that order, with every
number from the steps and none worked out again. Does not format for a locale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billing.rating.charges import RatedLine, Terms
from billing.rating.explanation import Explanation, expand
from billing.rating.models.capacity import METER
from billing.rating.steps import Step

CARDS = ("quantity", "price", "rated", "rounding")

_CARD_OF_STEP = {
    "conversion": "quantity",
    "allowance": "quantity",
    "agreement": "price",
    "price": "price",
    "rounding": "rounding",
}
_ROWS_WORDED = 20


def words(line: RatedLine, terms: Terms, *, unit: str = "") -> list[str]:
    """Return the sentences that explain a line, in the order of the steps."""
    return [sentence for card in cards(line, terms, unit=unit).values() for sentence in card]


def cards(line: RatedLine, terms: Terms, *, unit: str = "") -> dict[str, list[str]]:
    """Return the sentences of each of the four cards: quantity, price, rated, rounding."""
    return cards_of(expand(line.explanation), terms.currency, unit=unit)


def cards_of(explanation: Explanation, currency: str, *, unit: str = "") -> dict[str, list[str]]:
    """Return the four cards of an explanation, for lines read back from where they were stored."""
    found: dict[str, list[str]] = {card: [] for card in CARDS}
    found["quantity"] += _quantity(explanation.inputs)
    worder = _Worder(currency, unit)
    for step in explanation.steps:
        found[_CARD_OF_STEP.get(step["step"], "rated")] += worder.sentences(step)
    return found


def _quantity(inputs: dict[str, Any]) -> list[str]:
    sentences = []
    if "quantity" in inputs:
        sentences.append(f"Measured: {inputs['quantity']}.")
    by_meter = [each for each in inputs.get("events", ()) if METER in each.get("dimensions", {})]
    if by_meter:
        told = [f"{each['quantity']} of {each['dimensions'][METER]}" for each in by_meter]
        sentences.append(f"Measured: {', '.join(told)}.")
    elif "events" in inputs:
        sentences.append(f"Measured: {len(inputs['events'])} events.")
    if "dimensions" in inputs:
        named = ", ".join(f"{name} {value}" for name, value in inputs["dimensions"].items())
        sentences.append(f"For {named}.")
    if "already_billed" in inputs:
        sentences.append(_billed_before(inputs["already_billed"]))
    if "away" in inputs:
        gaps = [f"from {each['from']} until {each['until']}" for each in inputs["away"]]
        sentences.append(f"Not counted: {', '.join(gaps)}.")
    if "taken_back" in inputs:
        again = inputs["taken_back"].get("replaced", True)
        sentences.append(
            "An earlier bill of it is taken back, and all of it is billed again."
            if again
            else "An earlier bill of it is taken back; nothing of it is left."
        )
    for unit in inputs.get("units", ())[:_ROWS_WORDED]:
        sentences.append(_unit_change(unit))
    if "prorated_quantity" in inputs:
        sentences.append(f"Of these, {inputs['prorated_quantity']} count by the time in use.")
    return sentences


def _billed_before(already: dict[str, Any]) -> str:
    if "lines" not in already:
        return f"Earlier in this period, {already['quantity']} were billed already."
    return (
        f"Earlier in this period, charges came to {already['lines']}, which were billed as "
        f"{already['amount']}."
    )


def _unit_change(unit: dict[str, Any]) -> str:
    quantity = unit["quantity"]
    came = f"{quantity[1:]} went" if quantity.startswith("-") else f"{quantity} came"
    if "active" in unit:
        return f"{came}, counted from {unit['active']['from']} until {unit['active']['until']}."
    return f"{came}, counted as {unit['prorated_quantity']}."


class _Worder:
    """Words steps in one currency and unit."""

    def __init__(self, currency: str, unit: str) -> None:
        self._currency = currency
        self._unit = f" {unit}" if unit else ""
        self._by_step: dict[str, Callable[[Step], list[str]]] = {
            "agreement": self._agreement,
            "conversion": self._conversion,
            "allowance": self._allowance,
            "price": self._price,
            "commitment": self._commitment,
            "proration": self._proration,
            "reversal": self._reversal,
            "percentage_discount": self._percentage_discount,
            "fixed_discount": self._fixed_discount,
            "maximum": self._limit,
            "minimum": self._limit,
            "grants": self._grant,
            "tax": self._tax,
            "credits": self._credit,
            "rounding": self._rounding,
        }

    def sentences(self, step: Step) -> list[str]:
        """Return the sentences of one step."""
        return self._by_step[step["step"]](step)

    def _conversion(self, step: Step) -> list[str]:
        rounding = step.get("rounding")
        rounded = f", rounded {rounding.replace('_', ' ')}" if rounding else ""
        return [
            f"{step['quantity']} × {step['factor']} = {step['result']}{self._unit}{rounded}.",
        ]

    def _allowance(self, step: Step) -> list[str]:
        return [
            f"{step['included']}{self._unit} are included; {step['used']} of them are used here, "
            f"so {step['billed']} are billed."
        ]

    def _agreement(self, step: Step) -> list[str]:
        return [
            f"Agreed for this subscription alone since {step['from'][:10]} by {step['by']}: "
            f"{step['reason']}"
        ]

    def _price(self, step: Step) -> list[str]:
        rows = step["rows"]
        sentences = [self._row(row) for row in rows[:_ROWS_WORDED]]
        if len(rows) > _ROWS_WORDED:
            sentences.append(f"And {len(rows) - _ROWS_WORDED} rows more.")
        if "cell" in step:
            named = ", ".join(f"{name} {value}" for name, value in step["cell"].items())
            sentences.insert(0, f"Price for {named or 'everything else'}.")
        if "priced_in" in step:
            sentences.append(f"One {step['priced_in']} is {step['value']} {self._currency}.")
        if len(rows) != 1:
            sentences.append(f"Together {step['amount']} {self._currency}.")
        return sentences

    def _row(self, row: Step) -> str:
        start = f"From {row['from']} on: " if "from" in row else ""
        if "cell" in row:
            named = ", ".join(f"{name} {value}" for name, value in row["cell"].items())
            since = f", from {row['from']} on" if "from" in row else ""
            start = f"For {named or 'everything else'}{since}: "
        parts = []
        sold = f"{row['quantity']}{self._unit}"
        if "size" in row:
            packages = "package" if row["quantity"] == "1" else "packages"
            sold = f"{row['quantity']} {packages} of {row['size']}{self._unit}"
        if "unit_price" in row:
            parts.append(f"{sold} × {row['unit_price']}")
        elif "fee" not in row:
            parts.append(f"{sold} at no charge")
        if "fee" in row:
            parts.append(f"{row['fee']}" if not parts else f"a fee of {row['fee']}")
        return f"{start}{' + '.join(parts)} = {row['amount']} {self._currency}."

    def _commitment(self, step: Step) -> list[str]:
        agreed = step.get("quantity") or f"{step.get('amount')} {self._currency}"
        if "target" in step:
            return [f"Agreed were {agreed}; {step['billed']} of {step['target']} came together."]
        if "overage_unit_price" in step:
            return [f"Beyond the agreed {agreed}, a unit costs {step['overage_unit_price']}."]
        return [f"Beyond the agreed {agreed}, the price is × {step['overage_factor']}."]

    def _proration(self, step: Step) -> list[str]:
        unit = {"second": "seconds", "day": "days", "thirty_day_month": "days of 30-day months"}
        return [
            f"For {step['part']} of the period's {step['whole']} {unit[step['by']]}: "
            f"× {step['part']}/{step['whole']}."
        ]

    def _reversal(self, step: Step) -> list[str]:
        return [f"{step['already_billed']} {self._currency} billed earlier are taken back."]

    def _percentage_discount(self, step: Step) -> list[str]:
        return [f"{step['name']}: {step['percent']} % off {step['base']} {self._currency}."]

    def _fixed_discount(self, step: Step) -> list[str]:
        return [f"{step['name']}: {step['discount']} {self._currency} off, at most {step['base']}."]

    def _limit(self, step: Step) -> list[str]:
        bound = "At most" if step["step"] == "maximum" else "At least"
        before = step["billed_before"]
        earlier = f" and {before} were billed before" if before != "0" else ""
        return [
            f"{bound} {step['limit']} {self._currency} per {step['per']}; "
            f"the lines come to {step['lines']}{earlier}."
        ]

    def _grant(self, step: Step) -> list[str]:
        unit = step.get("unit", self._currency)
        if "undoes" in step:
            return [f"{step['name']}: given back, {step['left']} {unit} left."]
        return [f"{step['name']}: {step['granted']} {unit} granted, {step['left']} left."]

    def _tax(self, step: Step) -> list[str]:
        return [f"{step['name']}: {step['percent']} % of {step['base']} {self._currency}."]

    def _credit(self, step: Step) -> list[str]:
        return [
            f"{step['name']}: {step['credit']} {self._currency} available, {step['left']} left."
        ]

    def _rounding(self, step: Step) -> list[str]:
        return [
            f"{step['exact']} is rounded half up to {step['decimals']} decimals: "
            f"{step['amount']} {self._currency}."
        ]
