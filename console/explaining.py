"""The four cards and the formula of a charge, worded and formatted for the screen.

Owns the wording. Every number is one of the steps the line was rated in; nothing is worked out
again except how far rounding moved the amount. Pure: no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.rating import Explanation
from billing.rating.exact import number_text
from billing.rating.words import cards_of
from console.numbers import money, number, readable

ROWS_IN_FORMULA = 4

MODELS = {
    "flat": "A flat fee",
    "per_unit": "A price per unit",
    "graduated": "Each unit at the price of the tier it falls in",
    "volume": "Every unit at the price of the tier the whole quantity reaches",
    "package": "Whole packages",
    "stairstep": "The price of the step the quantity reaches",
    "percentage": "A percentage of each amount",
    "graduated_percentage": "Each part of the amount at the percentage of its tier",
    "matrix": "A price for each combination of dimensions",
    "dynamic": "The amount the event says",
    "cost_plus": "Cost and a markup",
}
_SHARE_UNITS = {"second": "s", "day": "days", "thirty_day_month": "days of 30-day months"}


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of the formula: a figure, a sign between figures, or the result."""

    text: str
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class TierRow:
    """A row of a price table; `hit` and `amount` where this charge passed through it."""

    span: str
    unit_price: str
    fee: str
    hit: str
    amount: str

    @property
    def is_hit(self) -> bool:
        """Whether the charge used this row."""
        return bool(self.amount)


@dataclass(frozen=True, slots=True)
class Told:
    """What the explain page says besides the usage."""

    measured: str
    converted: str
    billed: str
    sentences: Mapping[str, Sequence[str]]
    model: str
    unit_price: str
    tiers: Sequence[TierRow]
    exact: str
    exact_is_fraction: bool
    amount: str
    moved_by: str
    decimals: int
    formula: Sequence[Term]


def tell(
    explanation: Explanation,
    *,
    definition: Mapping[str, Any],
    currency: str,
    unit: str,
    meter_unit: str,
) -> Told:
    """Word an explanation. `unit` is what the price counts in, `meter_unit` what was measured."""
    rounding = _required(explanation, "rounding")
    price = explanation.step("price")
    exact, amount = rounding["exact"], rounding["amount"]
    measured = explanation.inputs.get("quantity", "")
    conversion = explanation.step("conversion")
    rows = price["rows"] if price else []
    billed = " + ".join(number(row["quantity"]) for row in rows[:1]) if len(rows) == 1 else ""
    return Told(
        measured=f"{number(measured)} {meter_unit}".strip() if measured else "",
        converted=f"{number(conversion['result'])} {unit}".strip() if conversion else "",
        billed=f"{billed} {unit}".strip() if billed else "",
        sentences={
            card: [readable(sentence) for sentence in sentences]
            for card, sentences in cards_of(explanation, currency, unit=unit).items()
        },
        model=MODELS.get(price["model"], "") if price else "",
        unit_price=_single_price(rows, currency),
        tiers=tier_rows(definition, rows, currency, unit),
        exact=money(exact, currency),
        exact_is_fraction="/" in exact,
        amount=money(amount, currency),
        moved_by=_moved_by(exact, amount, currency),
        decimals=rounding["decimals"],
        formula=list(_formula(explanation, currency, unit)),
    )


def customer_words(told: Told, *, title: str, period: str) -> str:
    """The explanation to paste into a reply: no ids, no jargon of ours."""
    lines = [f"{title}, {period}: {told.amount}", ""]
    for sentences in told.sentences.values():
        lines += [f"- {sentence}" for sentence in sentences]
    return "\n".join(lines)


def _formula(explanation: Explanation, currency: str, unit: str) -> Iterator[Term]:
    rounding = _required(explanation, "rounding")
    price = explanation.step("price")
    conversion, allowance = explanation.step("conversion"), explanation.step("allowance")
    if conversion and allowance:
        yield Term(f"{number(conversion['result'])} {unit}".strip())
        yield Term("−", "sign")
        yield Term(f"{number(allowance['used'])} included")
        yield Term("→", "sign")
    rows = price["rows"] if price else []
    yield from _rows(rows, currency, unit)
    for step in explanation.steps:
        yield from _factor(step, currency)
    if "/" in rounding["exact"] or rounding["exact"] != rounding["amount"]:
        yield Term("=", "sign")
        yield Term(money(rounding["exact"], currency))
        yield Term("rounded to", "sign")
    else:
        yield Term("=", "sign")
    yield Term(money(rounding["amount"], currency), "result")


def _rows(rows: Sequence[Mapping[str, str]], currency: str, unit: str) -> Iterator[Term]:
    if len(rows) > ROWS_IN_FORMULA:
        yield Term(f"the sum of {len(rows)} rows of the price")
        return
    for index, row in enumerate(rows):
        if index:
            yield Term("+", "sign")
        if "unit_price" in row:
            yield Term(f"{number(row['quantity'])} {unit}".strip())
            yield Term("×", "sign")
            yield Term(money(row["unit_price"], currency))
        if "fee" in row:
            if "unit_price" in row:
                yield Term("+", "sign")
            yield Term(money(row["fee"], currency))
        if "unit_price" not in row and "fee" not in row:
            yield Term(f"{number(row['quantity'])} {unit} free".strip())


def _factor(step: Mapping[str, Any], currency: str) -> Iterator[Term]:
    match step["step"]:
        case "proration":
            yield Term("×", "sign")
            yield Term(
                f"{number(step['part'])} of {number(step['whole'])} {_SHARE_UNITS[step['by']]}"
            )
        case "percentage_discount":
            yield Term(f"{number(step['percent'])} % off {money(step['base'], currency)}")
        case "fixed_discount":
            yield Term(f"{money(step['discount'], currency)} off")
        case "maximum" | "minimum":
            bound = "at most" if step["step"] == "maximum" else "at least"
            yield Term(f"{bound} {money(step['limit'], currency)} per {step['per']}")


def tier_rows(
    definition: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], currency: str, unit: str
) -> list[TierRow]:
    """The rows of a tier table, those marked that were used."""
    hits = {row["row"]: row for row in rows}
    table, start = [], "0"
    for index, tier in enumerate(definition.get("tiers", ())):
        until, hit = tier.get("up_to"), hits.get(index)
        span = (
            f"above {number(start)}"
            if until is None
            else f"{number(start)} to {number(str(until))}"
        )
        table.append(
            TierRow(
                span=f"{span} {unit}".strip(),
                unit_price=_tier_price(tier, currency),
                fee=money(str(tier["fee"]), currency) if "fee" in tier else "",
                hit=number(hit["quantity"]) if hit else "",
                amount=money(hit["amount"], currency) if hit else "",
            )
        )
        start = str(until)
    return table


def _tier_price(tier: Mapping[str, Any], currency: str) -> str:
    if "percent" in tier:
        return f"{number(str(tier['percent']))} %"
    price = tier.get("unit_price", tier.get("price"))
    return money(str(price), currency) if price is not None else ""


def _single_price(rows: Sequence[Mapping[str, str]], currency: str) -> str:
    if len(rows) != 1:
        return ""
    (row,) = rows
    return money(row.get("unit_price") or row.get("fee") or "0", currency)


def _moved_by(exact: str, amount: str, currency: str) -> str:
    moved = Fraction(amount) - Fraction(exact)
    if not moved:
        return ""
    return f"{money(number_text(abs(moved)), currency)} {'up' if moved > 0 else 'down'}"


def _required(explanation: Explanation, name: str) -> Mapping[str, Any]:
    step = explanation.step(name)
    if step is None:
        raise ValueError(f"An explanation without a step {name!r} was stored.")
    return step
