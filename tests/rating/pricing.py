"""Plain builders for price documents, so that a test reads like a price list.

`tiers("10:10+2", "inf:5")`: up to 10 units at 10 each plus a fee of 2, everything above at 5 each.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from billing.rating import quote
from billing.verifier.arithmetic import recompute

JUNE = {"from": "2026-06-01", "until": "2026-07-01"}
"""A month of 30 days: 2,592,000 seconds."""


def tiers(*rows: str, price: str = "unit_price") -> list[dict[str, str]]:
    """Write tiers as the documents do."""
    return [_tier(row, price) for row in rows]


def _tier(row: str, price: str) -> dict[str, str]:
    up_to, _, rest = row.partition(":")
    unit_price, _, fee = rest.partition("+")
    tier = {price: unit_price}
    if fee:
        tier["fee"] = fee
    if up_to != "inf":
        tier["up_to"] = up_to
    return tier


def per_unit(unit_price: str, **modifiers: Any) -> dict[str, Any]:
    """Write a price per unit."""
    return {"model": "per_unit", "unit_price": unit_price, **modifiers}


def graduated(*rows: str, **modifiers: Any) -> dict[str, Any]:
    """Write a graduated price."""
    return {"model": "graduated", "tiers": tiers(*rows), **modifiers}


def volume(*rows: str, **modifiers: Any) -> dict[str, Any]:
    """Write a volume price."""
    return {"model": "volume", "tiers": tiers(*rows), **modifiers}


def stairstep(*rows: str, **modifiers: Any) -> dict[str, Any]:
    """Write a stairstep price."""
    return {"model": "stairstep", "tiers": tiers(*rows, price="price"), **modifiers}


def package(size: str, price: str, **modifiers: Any) -> dict[str, Any]:
    """Write a price per package."""
    return {"model": "package", "size": size, "price": price, **modifiers}


def flat(amount: str, **modifiers: Any) -> dict[str, Any]:
    """Write a flat fee."""
    return {"model": "flat", "amount": amount, **modifiers}


def bill(price: dict[str, Any], quantity: str | None = None, **fields: Any) -> dict[str, Any]:
    """Quote one charge; the currency is USD unless given."""
    document = {"currency": "USD", "price": price, **fields}
    if quantity is not None:
        document["quantity"] = quantity
    return worked_out(document)


def bill_all(*charges: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Quote several charges; the currency is USD unless given."""
    return worked_out({"currency": "USD", "charges": list(charges), **fields})


def worked_out(document: dict[str, Any]) -> dict[str, Any]:
    """Quote a document, and hold the answer against the second, independent rater."""
    answer = quote(document)
    shadow = recompute(document)
    ours = [(line["key"], line["kind"], Fraction(line["exact_amount"])) for line in answer["lines"]]
    theirs = [(line["key"], line["kind"], line["exact_amount"]) for line in shadow["lines"]]
    assert ours == theirs
    assert Fraction(answer["total"]) == shadow["total"]
    return answer


def total(price: dict[str, Any], quantity: str | None = None, **fields: Any) -> str:
    """Return what one charge comes to."""
    return str(bill(price, quantity, **fields)["total"])


def amounts(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return kind and amount of each line."""
    return [(line["kind"], line["amount"]) for line in answer["lines"]]


def events(*values: str) -> list[dict[str, str]]:
    """Write transactions of these amounts."""
    return [{"amount": value} for value in values]
