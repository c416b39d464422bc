"""Why a line takes off what a licence covers, or prices what is beyond it: sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from billing.invoicing.queries.line_pages import LineRow
from console.shell import formats
from console.shell.numbers import money, number
from core.money import Money

_SHOWN = 20


def pool_words(line: LineRow) -> Sequence[str]:
    """What was drawn for which charge, or what is beyond the pool and at which price."""
    currency = line.amount.currency
    step = line.rated.step("pool")
    if step is not None:
        return [_drawn(step, currency), *_by_charge(step, currency)]
    step = line.rated.step("pool_overage") or {}
    units = f"{number(step['units'])} {step['unit']}"
    agreed, priced = money(step["agreed"], currency), money(step["priced"], currency)
    if agreed == priced:
        return [
            f"{units} of this use were beyond {step['pool']} of licence {step['number']}; they "
            f"cost {agreed}, as priced above."
        ]
    each = money(step["overage_price"], currency)
    return [
        f"{units} of this use were beyond {step['pool']} of licence {step['number']}.",
        f"The licence says {each} for each: {agreed} instead of {priced} as priced above.",
        f"The line makes the difference: {formats.money_text(line.amount)}.",
    ]


def license_fee_words(line: LineRow) -> Sequence[str]:
    """What of a licence is billed in advance, and for which part of its period."""
    step = line.rated.step("license_fee") or {}
    price = money(step["unit_price"], line.amount.currency)
    units = f"{number(step['quantity'])} {step['unit']}".strip()
    words = [f"Licence {step['number']}, {step['product']}: {units} at {price} each, in advance."]
    if step["share"] != "1/1":
        words.append(f"The term cuts the period: {number(step['share'])} of it is billed.")
    return words


def _drawn(step: dict[str, Any], currency: str) -> str:
    unit = step["unit"] or currency
    what = f"{number(step['units'])} {unit}"
    if step["counted"]:
        return (
            f"{what} count towards {step['pool']} of licence {step['number']}; what is used is "
            "billed as it comes."
        )
    return (
        f"{what} of the use above came from {step['pool']} of licence {step['number']}, so what "
        "it was priced at is taken off."
    )


def _by_charge(step: dict[str, Any], currency: str) -> list[str]:
    """Each charge: use into units, units into money; the first of many."""
    unit = step["unit"] or currency
    draws = step["draws"]
    words = [
        f"{each['name']}: {number(each['units'])} {unit}, {_money(each['minor'], currency)}."
        for each in draws[:_SHOWN]
    ]
    if len(draws) > _SHOWN:
        words.append(f"And {len(draws) - _SHOWN:,} more charges.")
    return words


def _money(minor: int, currency: str) -> str:
    return formats.money_text(Money.from_minor(minor, currency))
