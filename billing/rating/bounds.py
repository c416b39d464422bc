"""How much work a pricing document asks for, told from its size before anything is worked out.

Owns the bound for documents from strangers. Counts places of the document, never what is in them,
so it takes any JSON and leaves what is wrong with it to the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from billing.rating.reading import pointer_of
from core.errors import FieldError, TooLarge

WORK_MAX = 100_000
"""Steps of one document, each some ten microseconds: a second or two of one processor."""

# A discount makes a line of its own, with its own explanation.
_DISCOUNT_STEPS = 10
_LISTS = {"tiers": 1_000, "discounts": 100, "taxes": 100, "grants": 100, "credits": 100}


class DocumentTooLarge(TooLarge):
    """Working the document out would take too long for one request."""

    code = "document_too_large"
    title = "The pricing document asks for too much work"


def require_bounded(document: Mapping[str, Any]) -> None:
    """Raises: DocumentTooLarge, naming a list that is too long, or the whole document."""
    _require_short_lists(document)
    work = work_of(document)
    if work > WORK_MAX:
        raise DocumentTooLarge(
            f"The document asks for {work:,} steps; the limit is {WORK_MAX:,}. Every charge counts "
            "the size of its price, and every account term the number of charges."
        )


def work_of(document: Mapping[str, Any]) -> int:
    """An upper bound of the steps a document takes: the size of the price for every charge, and
    the size of the account's terms for every charge again.
    """
    prices = _mapping(document.get("prices"))
    given = document.get("charges", [document])
    charges = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    groups = [_count(charge) for charge in charges]
    weights = {name: _weight(price) for name, price in prices.items()}
    rated = sum(
        (count + _counted_over_all(charge, prices))
        * (1 + _price_weight(charge.get("price"), weights))
        for charge, count in zip(charges, groups, strict=True)
    )
    shared = _size(document.get("account")) * (1 + sum(groups))
    return _size(document) + sum(weights.values()) + rated + shared


def _count(charge: Mapping[str, Any]) -> int:
    """How often the price of a charge is applied: to each group, and to units one by one."""
    groups = [each for each in _inside(charge.get("groups")) if isinstance(each, dict)]
    units = sum(len(_inside(each.get("units"))) for each in [charge, *groups])
    return max(len(groups), 1) + units


def _counted_over_all(charge: Mapping[str, Any], prices: Mapping[str, Any]) -> int:
    """How many events go through the tiers one after the other."""
    named = charge.get("price")
    price = _mapping(prices.get(named) if isinstance(named, str) else named)
    return len(_inside(charge.get("events"))) if "tiers_count" in price else 0


def _price_weight(price: Any, weights: Mapping[str, int]) -> int:
    return weights.get(price, 0) if isinstance(price, str) else _weight(price)


def _weight(price: Any) -> int:
    """The size of a price, its discounts again, and the combinations of a matrix."""
    given = _mapping(price)
    combinations = prod(
        max(len(_inside(values)), 1) for values in _mapping(given.get("dimensions")).values()
    )
    return _size(price) + _DISCOUNT_STEPS * len(_inside(given.get("discounts"))) + combinations


def _size(value: Any) -> int:
    """How many values there are in a value, itself included."""
    count, level = 0, [value]
    while level:
        count += len(level)
        level = [inner for found in level for inner in _inside(found)]
    return count


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _require_short_lists(document: Mapping[str, Any]) -> None:
    level: list[tuple[str, Any]] = [("", document)]
    while level:
        for pointer, value in level:
            _require_short(pointer, _mapping(value))
        level = [
            (pointer + pointer_of(step), inner)
            for pointer, value in level
            for step, inner in _steps(value)
        ]


def _steps(value: Any) -> Iterable[tuple[str | int, Any]]:
    return value.items() if isinstance(value, dict) else enumerate(_inside(value))


def _require_short(pointer: str, value: Mapping[str, Any]) -> None:
    for name, longest in _LISTS.items():
        count = len(_inside(value.get(name)))
        if count > longest:
            detail = f"{name} has {count:,} entries; the limit is {longest:,}."
            place = FieldError(f"{pointer}/{name}", "too_many", detail)
            raise DocumentTooLarge(detail, errors=[place])
