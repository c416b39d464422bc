"""Checking the proof of a paper: its amounts are added up again, its tax is worked out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing.verifier import prices

PAPER_FORMAT = "counterfoil-paper-proof/1"


def paper_differences(proof: Mapping[str, Any]) -> list[str]:
    """Return what in the paper does not add up, in sentences.

    The tax of an invoice is that of each group's base, or what its prices have in them, rounded
    once, half away from zero unless the group says otherwise. A credit
    note takes back what rounding left of the notes before it, so its tax may differ from that by
    one of the smallest units. A void states a total and no lines.
    """
    lines = [prices.exact(each) for each in proof["lines"]]
    subtotal, tax, carried, total = (
        prices.exact(proof[name]) for name in ("subtotal", "tax", "carried", "total")
    )
    found = []
    if proof["kind"] != "void":
        found += _sum_differs("lines", lines, "subtotal", subtotal)
        found += _sum_differs(
            "taxes", [prices.exact(each["tax"]) for each in proof["taxes"]], "tax", tax
        )
        found += _tax_differences(proof)
    found += _sum_differs("subtotal, tax and carried", [subtotal, tax, carried], "total", total)
    return found


def _tax_differences(proof: Mapping[str, Any]) -> list[str]:
    unit = _smallest_unit(proof["total"])
    allowed = unit if proof["kind"] == "credit_note" else Fraction(0)
    found = []
    for each in proof["taxes"]:
        rate, base = prices.exact(each["rate"]), prices.exact(each["base"])
        exact = base * rate
        if each.get("included"):
            exact = (base + prices.exact(each["tax"])) * rate / (1 + rate)
        size = _units(abs(exact) / unit, each.get("rounding", "half_up")) * unit
        due = size if exact >= 0 else -size
        if abs(due - prices.exact(each["tax"])) > allowed:
            found.append(f"tax: {each['tax']} is not {each['rate']} of {each['base']}.")
    return found


def _units(size: Fraction, rounding: str) -> int:
    """A size in smallest units as a whole number of them."""
    down = size.__floor__()
    rest = size - down
    up = {
        "half_up": rest >= Fraction(1, 2),
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and down % 2 == 1),
        "down": False,
        "up": rest > 0,
    }
    return down + up[rounding]


def _sum_differs(
    parts: str, amounts: Sequence[Fraction], whole: str, claimed: Fraction
) -> list[str]:
    if sum(amounts, Fraction(0)) == claimed:
        return []
    return [f"{whole}: the {parts} do not come to it."]


def _smallest_unit(amount: str) -> Fraction:
    """One of the last decimal that an amount is written with: 0.01 of 119.00."""
    return Fraction(1, 10 ** len(amount.partition(".")[2]))
