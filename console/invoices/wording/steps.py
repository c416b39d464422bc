"""The four cards of a charge, worded and formatted for the screen.

Owns the wording. Every number is one of the steps the line was rated in; nothing is worked out
again except how far rounding moved the amount. Pure: no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.rating import Explanation
from billing.rating.exact import number_text
from billing.rating.words import cards_of
from console.invoices.wording.models import MODEL_NAMES
from console.shell.numbers import money, number, readable, with_unit
from console.shell.waterfall import HangingBar, waterfall

PERIOD_LENGTHS = {
    "period_seconds": "the seconds of the period",
    "period_hours": "the hours of the period",
}


@dataclass(frozen=True, slots=True)
class ConversionWords:
    """Measured units into priced ones: by what, and what that number is."""

    factor: str
    meaning: str
    result: str


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of the price that was used: so much at a price."""

    quantity: str
    unit_price: str
    fee: str
    amount: str
    start: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class TierRow:
    """A row of a price table; `hit`, `amount` and `bar` where this charge passed through it.

    The bars are a ladder: each begins where that of the tier before ended.
    """

    span: str
    unit_price: str
    fee: str
    hit: str
    amount: str
    bar: HangingBar | None = None

    @property
    def is_hit(self) -> bool:
        """Whether the charge used this row."""
        return bool(self.amount)


@dataclass(frozen=True, slots=True)
class ToldCharge:
    """What the explain page says besides the usage itself."""

    measured: str
    conversion: ConversionWords | None
    included: str
    model: str
    unit_price: str
    tiers: Sequence[TierRow]
    rows: Sequence[Mapping[str, Any]]
    parts: Sequence[PartRow]
    modifiers: Sequence[str]
    is_priced: bool
    is_prorated: bool
    exact: str
    amount: str
    moved_by: str
    decimals: int


def tell(
    explanation: Explanation,
    *,
    definition: Mapping[str, Any],
    currency: str,
    unit: str,
    meter_unit: str,
) -> ToldCharge:
    """Word an explanation. `unit` is what the price counts in, `meter_unit` what was measured."""
    rounding = _required(explanation, "rounding")
    price = explanation.step("price")
    rows = _rows(price, definition) if price else []
    is_fee = price is not None and price["model"] == "flat"
    measured = explanation.inputs.get("quantity", "")
    return ToldCharge(
        measured=with_unit(measured, meter_unit) if measured else "",
        conversion=_conversion(explanation, definition, unit),
        included=_included(explanation, unit),
        model=MODEL_NAMES[price["model"]].sentence if price else "",
        unit_price=_single_price(rows, currency),
        tiers=tier_rows(definition, rows, currency),
        rows=rows,
        parts=[_part(row, currency, unit, is_fee=is_fee) for row in rows],
        modifiers=[readable(each) for each in cards_of(explanation, currency, unit=unit)["rated"]],
        is_priced=explanation.is_priced,
        is_prorated=explanation.step("proration") is not None,
        exact=money(rounding["exact"], currency),
        amount=money(rounding["amount"], currency),
        moved_by=_moved_by(rounding["exact"], rounding["amount"], currency),
        decimals=rounding["decimals"],
    )


def _rows(price: Mapping[str, Any], definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows that were used; of a price by package with how many units one has."""
    if price["model"] != "package":
        return list(price["rows"])
    return [{"size": str(definition["size"]), **row} for row in price["rows"]]


def tier_rows(
    definition: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], currency: str
) -> list[TierRow]:
    """The rows of a tier table, those marked that were used."""
    hits = {row["row"]: row for row in rows}
    bars = _bars(rows)
    table, start = [], "0"
    for index, tier in enumerate(definition.get("tiers", ())):
        until, hit = tier.get("up_to"), hits.get(index)
        span = _span(start, until)
        table.append(
            TierRow(
                span=span,
                unit_price=_tier_price(tier, currency),
                fee=money(str(tier["fee"]), currency) if "fee" in tier else "",
                hit=_sold(hit, "") if hit else "",
                amount=money(hit["amount"], currency) if hit else "",
                bar=bars.get(index),
            )
        )
        start = "" if isinstance(until, Mapping) else str(until)
    return table


def _bars(rows: Sequence[Mapping[str, Any]]) -> dict[int, HangingBar]:
    """A bar for each row that counts units, hung on the one before."""
    sold = {row["row"]: units for row in rows if (units := _units(row))}
    return dict(zip(sold, waterfall(0, list(sold.values())).steps, strict=True))


def _units(row: Mapping[str, Any]) -> Fraction:
    """How many units a row counts; packages by what is in them."""
    return Fraction(row["quantity"]) * Fraction(row.get("size", 1))


def _span(start: str, until: Any) -> str:
    """From where to where a tier goes; of several meters, up to where for each."""
    if isinstance(until, Mapping):
        return ", ".join(f"{name} to {number(str(most))}" for name, most in until.items())
    if until is None:
        return f"above {number(start)}" if start else "above"
    return f"{number(start)} to {number(str(until))}"


def factor_text(factor: str) -> str:
    """A conversion factor as it is said: ÷ 2,678,400 or × 12."""
    value = Fraction(factor)
    times = f"× {number(str(value.numerator))}" if value.numerator != 1 else ""
    divided = f"÷ {number(str(value.denominator))}" if value.denominator != 1 else ""
    return " ".join(part for part in (times, divided) if part)


def _conversion(
    explanation: Explanation, definition: Mapping[str, Any], unit: str
) -> ConversionWords | None:
    step = explanation.step("conversion")
    if step is None:
        return None
    divisor = str(definition.get("convert", {}).get("divide_by", ""))
    return ConversionWords(
        factor=factor_text(step["factor"]),
        meaning=PERIOD_LENGTHS.get(divisor, ""),
        result=with_unit(step["result"], unit),
    )


def _included(explanation: Explanation, unit: str) -> str:
    step = explanation.step("allowance")
    if step is None:
        return ""
    return (
        f"{number(step['used'])} of {with_unit(step['included'], unit)} included, "
        f"{with_unit(step['billed'], unit)} to pay"
    )


def _part(row: Mapping[str, Any], currency: str, unit: str, *, is_fee: bool) -> PartRow:
    # A flat fee is written as one unit at its price; nobody says "1 × $30.00".
    fee = row["amount"] if is_fee else row.get("fee")
    return PartRow(
        quantity=_sold(row, unit),
        unit_price=money(row["unit_price"], currency) if "unit_price" in row and not is_fee else "",
        fee=money(fee, currency) if fee else "",
        amount=money(row["amount"], currency),
        start=with_unit(row["from"], unit) if "from" in row else "",
        of=_cell(row["cell"]) if "cell" in row else "",
    )


def _cell(match: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in match.items()) or "everything else"


def _sold(row: Mapping[str, str], unit: str) -> str:
    """What a row counts: units, or packages of so many."""
    if "size" not in row:
        return with_unit(row["quantity"], unit)
    packages = "package" if row["quantity"] == "1" else "packages"
    return f"{number(row['quantity'])} {packages} of {with_unit(row['size'], unit)}"


def _tier_price(tier: Mapping[str, Any], currency: str) -> str:
    if "percent" in tier:
        return f"{number(str(tier['percent']))} %"
    price = tier.get("unit_price", tier.get("price"))
    if price is None:
        return ""
    each = f" per {number(str(tier['size']))}" if "size" in tier else ""
    return f"{money(str(price), currency)}{each}"


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
