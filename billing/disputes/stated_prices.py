"""A price as a customer says it should be: one number, or tiers such as 100 at 0.50, rest at 0.40.

Reads and writes the text; puts it into the definition of a price of the same kind. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from core.decimals import decimal_text, read_decimal

REST: Final = "rest"
_TIERED: Final = frozenset({"graduated", "volume"})
_SINGLE: Final[Mapping[str, str]] = {"per_unit": "unit_price", "flat": "amount"}
_LIMITS: Final = {"max_digits": 30, "scale": 12}


def canonical_price(text: str, *, field: str) -> str:
    """A stated price in canonical form.

    Raises: DecimalRefused, and ValueError for tiers that say nothing.
    """
    if " at " not in text:
        return _number(text, field)
    parts = [part.partition(" at ") for part in text.split(",")]
    said = []
    for position, (up_to, _, price) in enumerate(parts):
        is_last = position == len(parts) - 1
        name = up_to.strip()
        if (name == REST) != is_last:
            raise ValueError("The last tier, and only it, is the rest.")
        said.append(f"{name if is_last else _number(name, field)} at {_number(price, field)}")
    return ", ".join(said)


def single_price(text: str) -> Decimal | None:
    """A stated price as a number; None where it has tiers."""
    return None if " at " in text else Decimal(text)


def priced_as_stated(definition: Mapping[str, Any], text: str) -> dict[str, Any] | None:
    """The definition of a price with what is stated; None where its kind is another."""
    model = definition["model"]
    if model in _SINGLE and " at " not in text:
        return dict(definition) | {_SINGLE[model]: text}
    if model not in _TIERED or " at " not in text:
        return None
    tiers = []
    for part in text.split(", "):
        up_to, _, price = part.partition(" at ")
        tiers.append({"unit_price": price} | ({} if up_to == REST else {"up_to": up_to}))
    return dict(definition) | {"tiers": tiers}


def _number(text: str, field: str) -> str:
    number = read_decimal(text.strip(), field=field, **_LIMITS)
    if number < 0:
        raise ValueError("It cannot be below 0.")
    return decimal_text(number)
