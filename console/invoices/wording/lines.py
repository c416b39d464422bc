"""What a line of a bill says beside its amount: how it is priced, what was free, which share.

Every word comes from the steps the line was rated in, so a line that only adjusts another (a
discount, a limit, what is taken back) has no quantity or price of that other. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from billing.rating import Explanation
from billing.rating.exact import number_text
from console.invoices.wording.models import MODEL_NAMES
from console.shell.numbers import money, number

_SHARES = {"second": "seconds", "day": "days", "thirty_day_month": "days of 30-day months"}


def how_priced(rated: Explanation, currency: str) -> str:
    """What stands where a line has no single unit price."""
    price = rated.step("price")
    if price is not None:
        return MODEL_NAMES[price["model"]].cell
    return next(filter(None, (_adjusts(step, currency) for step in rated.steps)), "")


def allowance(rated: Explanation) -> str:
    """What was used in all where some of it was included, empty where nothing was."""
    step = rated.step("allowance")
    if step is None:
        return ""
    used = number(number_text(Fraction(step["used"]) + Fraction(step["billed"])))
    return f"{used} used, {number(step['used'])} included"


def share(rated: Explanation) -> str:
    """The part of the period a price was charged for, empty where that is all of it."""
    step = rated.step("proration")
    if step is None or step["part"] == step["whole"]:
        return ""
    return f"{number(step['part'])} of {number(step['whole'])} {_SHARES[step['by']]}"


def _adjusts(step: Mapping[str, Any], currency: str) -> str:
    match step["step"]:
        case "percentage_discount":
            return f"{number(step['percent'])} % off {money(step['base'], currency)}"
        case "fixed_discount":
            return f"{money(step['discount'], currency)} off"
        case "maximum" | "minimum":
            bound = "at most" if step["step"] == "maximum" else "at least"
            return f"{bound} {money(step['limit'], currency)} per {step['per']}"
        case "commitment":
            agreed = step.get("quantity")
            agreed = number(agreed) if agreed else money(step["amount"], currency)
            return f"agreed {agreed}"
        case "reversal":
            return "billed before, taken back"
    return ""
