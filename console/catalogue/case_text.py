"""A worked case as it was worked out: the sum of each line written out, and how far it is off.

Owns the wording. Every number is one of the steps the line was rated in. Pure: no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.publishing.worked_cases import CaseLine, CaseResult
from billing.rating import Explanation, cards_of, expand
from billing.rating.exact import number_text
from console.shell.formats import money_text
from console.shell.numbers import money, number, readable
from core.money import Money

TERMS_SHOWN, LINES_SHOWN = 8, 5
_OF_AMOUNTS = ("percentage", "graduated_percentage")
_FEE = "flat"


@dataclass(frozen=True, slots=True)
class CaseTold:
    """A case with the sums of its lines, and of the whole where that is not one of them."""

    result: CaseResult
    sums: Sequence[str]
    total: str
    more_count: int


def tell_case(result: CaseResult) -> CaseTold:
    """Write a case out; a line alone tells the total too."""
    lines = result.lines
    if len(lines) == 1:
        expected = result.expected if lines[0].expected is None else lines[0].expected
        return CaseTold(result, [_with_expected(_sum(lines[0]), expected, lines[0].amount)], "", 0)
    shown = sorted(lines, key=lambda line: line.expected in (None, line.amount.amount))
    sums = [
        f"{line.description}: {_with_expected(_sum(line), line.expected, line.amount)}"
        for line in shown[:LINES_SHOWN]
    ]
    total = _with_expected(_added(lines, result.total), result.expected, result.total)
    return CaseTold(result, sums, total, max(0, len(lines) - LINES_SHOWN))


def _added(lines: Sequence[CaseLine], total: Money) -> str:
    """$14.00 − $1.00 + $12.00 = $25.00."""
    if not lines:
        return money_text(total)
    terms = [money_text(lines[0].amount)]
    for line in lines[1:TERMS_SHOWN]:
        sign = "−" if line.amount.minor < 0 else "+"
        terms.append(f"{sign} {money_text(abs(line.amount))}")
    more = ["+ …"] if len(lines) > TERMS_SHOWN else []
    return " ".join([*terms, *more, "=", money_text(total)])


def _sum(line: CaseLine) -> str:
    """10 × $1.00 + 5 × $0.80 = $14.00; of a line that adjusts others, by what rule."""
    explanation, currency = expand(line.explanation), line.amount.currency
    rules = readable(" ".join(cards_of(explanation, currency, unit=line.unit)["rated"]))
    price, amount = explanation.step("price"), money_text(line.amount)
    if price is None:
        return f"{rules} {amount}".strip()
    summed = _terms(price, currency)
    if rules:
        priced = money(price["amount"], currency)
        summed = f"{summed} = {priced}" if summed != priced else priced
        return f"{summed}. {rules} Comes to {amount}"
    if summed == amount:
        return amount
    rounded = _rounded(explanation, line.amount)
    return f"{summed} {rounded}" if rounded.startswith("≈") else f"{summed} = {rounded}"


def _terms(price: Mapping[str, Any], currency: str) -> str:
    rows = price["rows"]
    terms = [_term(row, price["model"], currency) for row in rows[:TERMS_SHOWN]]
    if len(rows) > TERMS_SHOWN:
        terms.append(f"{len(rows) - TERMS_SHOWN} more")
    return " + ".join(terms) or money("0", currency)


def _term(row: Mapping[str, str], model: str, currency: str) -> str:
    if model == _FEE:
        return money(row["amount"], currency)
    fee = money(row["fee"], currency) if "fee" in row else ""
    if fee and "unit_price" not in row:
        return fee
    rate = row.get("unit_price", "0")
    if model in _OF_AMOUNTS:
        percent = number(number_text(Fraction(rate) * 100))
        sold = f"{percent} % of {money(row['quantity'], currency)}"
    else:
        sold = f"{_counted(row, model)} × {money(rate, currency)}"
    return f"{sold} + {fee}" if fee else sold


def _counted(row: Mapping[str, str], model: str) -> str:
    """Units, or packages, of which a tier may say how large they are."""
    if model != "package" and "size" not in row:
        return number(row["quantity"])
    packages = "package" if row["quantity"] == "1" else "packages"
    size = f" of {number(row['size'])}" if "size" in row else ""
    return f"{number(row['quantity'])} {packages}{size}"


def _rounded(explanation: Explanation, amount: Money) -> str:
    """The amount, and what it was rounded from."""
    rounding = explanation.step("rounding")
    if rounding is None or Fraction(rounding["exact"]) == Fraction(amount.amount):
        return money_text(amount)
    return f"{money(rounding['exact'], amount.currency)}, rounded {money_text(amount)}"


def _with_expected(text: str, expected: Decimal | None, got: Money) -> str:
    if expected is None or expected == got.amount:
        return text
    meant = Money(expected, got.currency)
    apart = Money(abs(expected - got.amount), got.currency)
    return f"{text}, expected {money_text(meant)}, {money_text(apart)} apart"
