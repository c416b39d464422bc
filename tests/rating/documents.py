"""Strategies: pricing documents of every model and modifier, as a caller would write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

REGIONS = ("eu", "us")
SIZES = ("s", "l")


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[str]:
    """Draw decimals as text, most often with few places."""
    whole = st.integers(least, most).map(str)
    fine = st.decimals(least, most, places=places).map(lambda value: format(value, "f"))
    return whole | fine


UNIT_PRICES = decimals(0, 50, 6)
AMOUNTS = decimals(0, 500, 3)
QUANTITIES = decimals(0, 400, 4)
PERCENTS = decimals(0, 100, 2)
PRORATIONS = st.sampled_from(["none", "second", "day", "thirty_day_month"])


@st.composite
def tier_tables(draw: st.DrawFn, price: str = "unit_price") -> list[Document]:
    """Draw one to five tiers, some with fees."""
    bounds = sorted(draw(st.sets(st.integers(1, 3_000), max_size=4)))
    places = draw(st.sampled_from([1, 10]))
    table: list[Document] = []
    for bound in [*bounds, None]:
        tier: Document = {price: draw(UNIT_PRICES if price == "unit_price" else AMOUNTS)}
        if price != "price" and draw(st.booleans()):
            tier["fee"] = draw(AMOUNTS)
        if bound is not None:
            tier["up_to"] = format(Decimal(bound) / places, "f")
        table.append(tier)
    return table


@st.composite
def tiered(draw: st.DrawFn, model: str, price: str = "unit_price") -> Document:
    """Draw a price with a tier table."""
    found: Document = {"model": model, "tiers": draw(tier_tables(price))}
    if draw(st.booleans()):
        found["due_at_zero"] = draw(st.booleans())
    return found


GRADUATED = tiered("graduated")
VOLUME = tiered("volume")


@st.composite
def in_packages(draw: st.DrawFn, model: str) -> Document:
    """Draw a price with a tier table, some of whose tiers sell packages."""
    found = draw(tiered(model))
    for tier in found["tiers"]:
        if draw(st.booleans()):
            tier["price"] = tier.pop("unit_price")
            tier["size"] = draw(decimals(1, 40, 2))
    return found


PACKAGED = in_packages("graduated")
STAIRSTEP = tiered("stairstep", "price")
PER_UNIT = st.fixed_dictionaries({"model": st.just("per_unit"), "unit_price": UNIT_PRICES})
PACKAGE = st.fixed_dictionaries(
    {"model": st.just("package"), "size": decimals(1, 40, 2), "price": AMOUNTS}
)
FLAT = st.fixed_dictionaries(
    {"model": st.just("flat"), "amount": decimals(-200, 500, 2)},
    optional={"billed": st.sampled_from(["advance", "arrears"]), "proration": PRORATIONS},
)
METERED = PER_UNIT | GRADUATED | VOLUME | STAIRSTEP | PACKAGE | PACKAGED | in_packages("volume")


@st.composite
def matrices(draw: st.DrawFn) -> Document:
    """Draw a price by region and size; the last cell takes what the others leave."""
    cells: list[Document] = []
    for region in REGIONS:
        for size in SIZES:
            if draw(st.booleans()):
                match = {"region": region, "size": size}
                inner = draw(UNIT_PRICES | METERED)
                name = "unit_price" if isinstance(inner, str) else "price"
                cells.append({"match": match, name: inner})
    cells.append({"match": {}, "unit_price": draw(UNIT_PRICES)})
    values = {"region": list(REGIONS), "size": list(SIZES)}
    return {"model": "matrix", "dimensions": values, "cells": cells}


@st.composite
def percentages(draw: st.DrawFn) -> Document:
    """Draw a percentage of transactions."""
    found: Document = {"model": "percentage", "percent": draw(PERCENTS)}
    optional = {
        "fee_per_event": decimals(0, 2, 2),
        "free_events": st.integers(0, 4),
        "free_amount": AMOUNTS,
    }
    for name, values in optional.items():
        if draw(st.booleans()):
            found[name] = draw(values)
    if draw(st.booleans()):
        low, high = sorted(draw(st.tuples(st.integers(0, 50), st.integers(0, 50))))
        found |= {"min_per_event": str(low), "max_per_event": str(high)}
    return found


GRADUATED_PERCENTAGE = tiered("graduated_percentage", "percent")
DYNAMIC = st.just({"model": "dynamic"})
COST_PLUS = st.fixed_dictionaries(
    {"model": st.just("cost_plus"), "markup_percent": decimals(-100, 80, 2)}
)


def limits(amounts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Draw a maximum or minimum, short or long."""
    scope = st.sampled_from(["charge", "resource", "account"])
    return amounts | st.fixed_dictionaries(
        {"amount": amounts}, optional={"per": scope, "proration": PRORATIONS}
    )


CONVERSIONS = st.fixed_dictionaries(
    {},
    optional={
        "multiply_by": decimals(1, 20, 2),
        "round": st.sampled_from(["none", "up", "down", "half_up"]),
        "decimals": st.integers(-1, 2),
    },
).flatmap(
    lambda rule: st.sampled_from(["3600", "7", "0.5", "period_seconds", "period_hours"]).map(
        lambda divisor: {**rule, "divide_by": divisor}
    )
)
INCLUDED = QUANTITIES | st.fixed_dictionaries({"quantity": QUANTITIES, "proration": PRORATIONS})
COMMITMENTS = st.fixed_dictionaries(
    {"amount": AMOUNTS},
    optional={"overage_factor": decimals(0, 3, 2), "true_up": st.booleans()},
)
UNIT_COMMITMENTS = st.fixed_dictionaries(
    {"quantity": QUANTITIES},
    optional={"true_up": st.booleans(), "proration": PRORATIONS},
).flatmap(
    lambda rule: (
        st.fixed_dictionaries(
            {},
            optional={"overage_factor": decimals(0, 3, 2)},
        ).map(lambda more: rule | more)
        | UNIT_PRICES.map(lambda price: rule | {"overage_unit_price": price})
    )
)
DISCOUNTS = st.lists(
    PERCENTS.map(lambda percent: {"percent": percent})
    | AMOUNTS.map(lambda amount: {"amount": amount}),
    max_size=3,
)


@st.composite
def metered_prices(draw: st.DrawFn) -> Document:
    """Draw a metered price with any modifiers that go with it."""
    price: Document = dict(draw(METERED | matrices()))
    waits = price["model"] in ("volume", "stairstep", "matrix")
    optional: dict[str, st.SearchStrategy[Any]] = {
        "convert": CONVERSIONS,
        "included": INCLUDED,
        "proration": PRORATIONS,
        "commitment": COMMITMENTS if waits else COMMITMENTS | UNIT_COMMITMENTS,
        "discounts": DISCOUNTS,
        "maximum": limits(AMOUNTS),
        "minimum": limits(AMOUNTS),
        "priced_in": st.fixed_dictionaries({"unit": st.just("credit"), "value": decimals(1, 3, 4)}),
    }
    for name in draw(st.sets(st.sampled_from(sorted(optional)), max_size=3)):
        price[name] = draw(optional[name])
    return price


@st.composite
def metered_charges(draw: st.DrawFn, price: Any) -> Document:
    """Draw usage of a metered price, often a split of a period."""
    charge: Document = {"price": price, "quantity": draw(QUANTITIES)}
    charge["dimensions"] = {
        "region": draw(st.sampled_from(REGIONS)),
        "size": draw(st.sampled_from(SIZES)),
    }
    if draw(st.booleans()):
        charge["resource"] = draw(st.sampled_from(["app-1", "app-2"]))
    if draw(st.booleans()):
        charge["already_billed"] = draw(
            st.fixed_dictionaries({"quantity": QUANTITIES}, optional={"amount": AMOUNTS})
        )
    if draw(st.booleans()):
        charge["final"] = draw(st.booleans())
    if draw(st.booleans()):
        charge["active"] = draw(ACTIVE)
    if draw(st.integers(0, 9)) == 0:
        charge["prorated_quantity"] = draw(QUANTITIES)
    return charge


ACTIVE = st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(0, 23)).map(
    lambda drawn: {
        "from": f"2026-10-{min(drawn[:2]):02}",
        "until": f"2026-10-{max(drawn[:2]):02}T{drawn[2]:02}:30:00Z",
    }
)
TRANSACTIONS = st.lists(AMOUNTS.map(lambda amount: {"amount": amount}), max_size=6)
COSTED = st.lists(st.fixed_dictionaries({"quantity": QUANTITIES, "amount": AMOUNTS}), max_size=6)


@st.composite
def event_charges(draw: st.DrawFn) -> Document:
    """Draw a price that looks at events singly, and events for it."""
    price: Document = dict(draw(percentages() | GRADUATED_PERCENTAGE | DYNAMIC | COST_PLUS))
    is_costed = price["model"] in ("dynamic", "cost_plus")
    charge: Document = {"price": price, "events": draw(COSTED if is_costed else TRANSACTIONS)}
    if draw(st.booleans()):
        charge["already_billed"] = {"quantity": draw(QUANTITIES), "amount": draw(AMOUNTS)}
        charge["already_billed"]["events"] = draw(st.integers(0, 5))
    if draw(st.booleans()):
        price["maximum"] = draw(limits(AMOUNTS))
    if draw(st.booleans()):
        price["discounts"] = draw(DISCOUNTS)
    return charge


@st.composite
def flat_charges(draw: st.DrawFn) -> Document:
    """Draw a fee for part of the period."""
    price: Document = dict(draw(FLAT))
    if draw(st.booleans()):
        price["maximum"] = draw(limits(AMOUNTS))
    charge: Document = {"price": price}
    if draw(st.booleans()):
        charge["active"] = draw(ACTIVE)
    return charge


ACCOUNT_LIMITS = AMOUNTS | st.fixed_dictionaries({"amount": AMOUNTS, "proration": PRORATIONS})
TERMS = st.fixed_dictionaries(
    {},
    optional={
        "discounts": DISCOUNTS,
        "maximum": ACCOUNT_LIMITS,
        "minimum": ACCOUNT_LIMITS,
        "active": ACTIVE,
        "already_billed": AMOUNTS,
        "final": st.booleans(),
        "grants": st.lists(st.fixed_dictionaries({"amount": AMOUNTS}), max_size=2),
        "credits": st.lists(st.fixed_dictionaries({"amount": AMOUNTS}), max_size=2),
        "taxes": st.lists(
            st.fixed_dictionaries(
                {"percent": decimals(0, 30, 2)},
                optional={"groups": st.just(["standard"]) | st.just(["reduced"])},
            ),
            max_size=2,
        ),
    },
)


@st.composite
def pricing_documents(draw: st.DrawFn) -> Document:
    """Draw a document of up to four charges, some sharing a named price."""
    shared = draw(metered_prices())
    kinds = (
        metered_prices().flatmap(metered_charges)
        | metered_charges("shared")
        | event_charges()
        | flat_charges()
    )
    charges = draw(st.lists(kinds, min_size=1, max_size=4))
    for number, charge in enumerate(charges):
        charge["key"] = f"c{number}"
        if not _has_one_price(shared if charge["price"] == "shared" else charge["price"]):
            charge.pop("prorated_quantity", None)
        if draw(st.booleans()):
            charge["tax_group"] = "reduced"
    return {
        "currency": draw(st.sampled_from(["USD", "JPY", "KWD"])),
        "period": {"from": "2026-10-01", "until": "2026-11-01", "zone": "Europe/Amsterdam"},
        "prices": {"shared": shared},
        "charges": charges,
        "account": draw(TERMS),
    }


def _has_one_price(price: Document) -> bool:
    """Say whether all units of a price cost the same, so that those used can be told as a sum."""
    has_several = price["model"] in ("graduated", "matrix") or "included" in price
    in_packages = any("size" in tier for tier in price.get("tiers", ()))
    return not (has_several or in_packages or "quantity" in price.get("commitment", {}))
