"""What each price model costs, from nothing up to a quantity.

Slow and obvious on purpose: each function works out the whole price of a cumulative quantity, as a
pair of what the units cost and what the fees cost. What a split costs is the difference of two.
"""

from __future__ import annotations

import re
from fractions import Fraction

from billing.verifier.days import Document

UnitsAndFees = tuple[Fraction, Fraction]
NOTHING = Fraction(0)

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+|/[0-9]*[1-9][0-9]*)?", re.ASCII)
_LONGEST = 1_000


def number(fields: Document | None, name: str, default: str = "0") -> Fraction:
    """Return a number of a document, exactly."""
    value = None if fields is None else fields.get(name)
    return exact(default if value is None else value)


def exact(value: object) -> Fraction:
    """Read a plain decimal or a fraction; refuse exponents, which can exhaust memory.

    Raises: ValueError.
    """
    text = str(value)
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a plain number")
    return Fraction(text)


def model_of(price: Document, dimensions: dict[str, str]) -> Document:
    """Return the price itself, or for a matrix what its most specific matching cell holds."""
    if price["model"] != "matrix" or price.get("tiers_count") == "all":
        return price
    return cell_of(price, dimensions)


def cell_of(price: Document, dimensions: dict[str, str]) -> Document:
    """Return what the most specific matching cell of a matrix holds."""
    matching = [
        cell
        for cell in price["cells"]
        if all(dimensions.get(k) == v for k, v in (cell.get("match") or {}).items())
    ]
    best = max(matching, key=lambda cell: len(cell.get("match") or {}))
    if best.get("price") is not None:
        inner: Document = best["price"]
        return inner
    return {"model": "per_unit", "unit_price": best["unit_price"]}


def looks_at_events(model: Document) -> bool:
    """Say whether every event is looked at by itself; of a matrix, one that counts over all."""
    names = ("percentage", "dynamic", "cost_plus", "matrix", "capacity")
    return model["model"] in names


def waits_for_the_end(model: Document) -> bool:
    """Say whether a split that is not the last bills nothing."""
    return model["model"] in ("volume", "stairstep", "capacity") or model.get("billed") == "arrears"


def cost(model: Document, before: Fraction, after: Fraction, *, owes_fees: bool) -> UnitsAndFees:
    """Return what is due between two cumulative quantities: units, fees.

    Where no fee was billed before, those of all tiers entered so far are due.
    """
    name = model["model"]
    if name == "flat":
        return NOTHING, number(model, "amount")
    if name in ("volume", "stairstep"):
        return up_to(model, after)
    now, earlier = up_to(model, after), up_to(model, before)
    return now[0] - earlier[0], now[1] - (NOTHING if owes_fees else earlier[1])


def up_to(model: Document, quantity: Fraction) -> UnitsAndFees:
    """Return what everything up to a cumulative quantity costs: units, fees."""
    name = model["model"]
    if name == "per_unit":
        return quantity * number(model, "unit_price"), NOTHING
    if name == "package":
        packages = (quantity / number(model, "size")).__ceil__()
        return packages * number(model, "price"), NOTHING
    if name in ("graduated", "graduated_percentage"):
        return graduated(model, quantity)
    return whole_tier(model, quantity)


def graduated(model: Document, quantity: Fraction) -> UnitsAndFees:
    """Each unit costs what its own tier says; a tier's fee is due once it is entered."""
    units, fees, start = NOTHING, NOTHING, NOTHING
    percent = model["model"] == "graduated_percentage"
    for index, tier in enumerate(model["tiers"]):
        end = quantity if tier.get("up_to") is None else min(number(tier, "up_to"), quantity)
        within = max(end - start, NOTHING)
        units += within * number(tier, "percent") / 100 if percent else of_tier(tier, within)
        is_first_at_zero = index == 0 and model.get("due_at_zero") is not False
        if quantity > start or is_first_at_zero:
            fees += number(tier, "fee")
        if tier.get("up_to") is None or quantity <= number(tier, "up_to"):
            break
        start = number(tier, "up_to")
    return units, fees


def of_tier(tier: Document, units: Fraction) -> Fraction:
    """Return what units cost in a tier: each by itself, or every package begun."""
    if tier.get("size") is None:
        return units * number(tier, "unit_price")
    return (units / number(tier, "size")).__ceil__() * number(tier, "price")


def whole_tier(model: Document, quantity: Fraction) -> UnitsAndFees:
    """All units cost what the one tier says that the whole quantity falls in."""
    if quantity == 0 and model.get("due_at_zero") is False:
        return NOTHING, NOTHING
    for tier in model["tiers"]:
        if tier.get("up_to") is None or quantity <= number(tier, "up_to"):
            if model["model"] == "stairstep":
                return NOTHING, number(tier, "price")
            return of_tier(tier, quantity), number(tier, "fee")
    raise ValueError("the last tier is open")


VerifiedEvent = tuple[Fraction, Fraction | None]


def cost_of_events(
    model: Document, events: list[VerifiedEvent], already: Document | None
) -> Fraction:
    """Return what single events cost, one after the other."""
    if model["model"] == "dynamic":
        return sum((amount or NOTHING for _, amount in events), NOTHING)
    if model["model"] == "cost_plus":
        markup = 1 + number(model, "markup_percent") / 100
        return sum(((amount or NOTHING) * markup for _, amount in events), NOTHING)
    total, count, due = number(already, "quantity"), int(number(already, "events")), NOTHING
    for amount, _ in events:
        count += 1
        due += fee_of_transaction(model, count, total, amount)
        total += amount
    return due


def cost_over_all(
    model: Document, events: list[tuple[Fraction, dict[str, str]]], start: Fraction
) -> Fraction:
    """Return what events cost that count together, each at the price of its own cell."""
    reached, due = start, NOTHING
    for quantity, dimensions in events:
        cell = cell_of(model, dimensions)
        due += up_to(cell, reached + quantity)[0] - up_to(cell, reached)[0]
        reached += quantity
    return due


def highest_tier(
    model: Document, events: list[tuple[Fraction, dict[str, str]]]
) -> tuple[Fraction, Fraction]:
    """Return how often the price of the tier is due that every meter stays within, and the price.

    The first tier that holds all of them is the highest one that any of them reaches.
    """
    used: dict[str, Fraction] = {}
    for quantity, dimensions in events:
        name = dimensions["meter"]
        used[name] = used.get(name, NOTHING) + quantity
    is_due = model.get("due_at_zero") is not False or any(used.values())
    for tier in model["tiers"]:
        bounds = tier.get("up_to")
        if bounds is None or all(q <= number(bounds, name) for name, q in used.items()):
            return Fraction(int(is_due)), number(tier, "price")
    raise ValueError("the last tier is open")


def fee_of_transaction(model: Document, count: int, total: Fraction, amount: Fraction) -> Fraction:
    """Return the fee of transaction number `count`, after others that came to `total`."""
    free_events, free_amount = model.get("free_events"), model.get("free_amount")
    has_allowance = free_events is not None or free_amount is not None
    free = NOTHING
    if has_allowance and (free_events is None or count <= free_events):
        if free_amount is None or total + amount <= number(model, "free_amount"):
            return NOTHING
        free = max(number(model, "free_amount") - total, NOTHING)
    fee = (amount - free) * number(model, "percent") / 100 + number(model, "fee_per_event")
    if model.get("min_per_event") is not None:
        fee = max(fee, number(model, "min_per_event"))
    if model.get("max_per_event") is not None:
        fee = min(fee, number(model, "max_per_event"))
    return fee
